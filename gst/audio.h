// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Raw audio between GStreamer and libmpq: 16-bit or float samples of this machine's byte order, interleaved.
#pragma once

#include <gst/audio/audio.h>

#include <string>

#include "core/audio.h"

namespace mpq::gst {

/// Caps for pad templates; `fields` is what follows, such as "rate=[ 8000, 48000 ], channels=[ 1, 2 ]".
inline std::string raw_audio_caps(const std::string& fields) {
  const std::string formats = "{ " GST_AUDIO_NE(S16) ", " GST_AUDIO_NE(F32) " }";
  return "audio/x-raw, format=" + formats + ", layout=interleaved, " + fields;
}

/// libmpq's sample format for an interleaved GStreamer format. Throws Error(unsupported).
SampleFormat to_sample_format(const GstAudioInfo& info);

}  // namespace mpq::gst
