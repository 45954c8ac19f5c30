// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/audio.h"

#include "core/error.h"

namespace mpq::gst {

SampleFormat to_sample_format(const GstAudioInfo& info) {
  switch (GST_AUDIO_INFO_FORMAT(&info)) {
    case GST_AUDIO_FORMAT_S16:
      return SampleFormat::s16;
    case GST_AUDIO_FORMAT_F32:
      return SampleFormat::f32;
    default:
      break;
  }
  throw Error(ErrorCode::unsupported, "This audio sample format is not supported", "Insert audioconvert");
}

}  // namespace mpq::gst
