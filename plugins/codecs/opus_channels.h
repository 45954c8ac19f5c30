// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Vorbis's channel order, which Opus streams have (RFC 7845, section 5.1.1.2), in GStreamer's terms.
#pragma once

#include <gst/audio/audio.h>

#include <array>
#include <cstddef>

namespace mpq::gst {

using ChannelPositions = std::array<GstAudioChannelPosition, 8>;

/// The positions of an Opus stream of 1 to 8 channels.
inline ChannelPositions vorbis_positions(int channels) {
  constexpr auto fl = GST_AUDIO_CHANNEL_POSITION_FRONT_LEFT;
  constexpr auto fr = GST_AUDIO_CHANNEL_POSITION_FRONT_RIGHT;
  constexpr auto fc = GST_AUDIO_CHANNEL_POSITION_FRONT_CENTER;
  constexpr auto rl = GST_AUDIO_CHANNEL_POSITION_REAR_LEFT;
  constexpr auto rr = GST_AUDIO_CHANNEL_POSITION_REAR_RIGHT;
  constexpr auto rc = GST_AUDIO_CHANNEL_POSITION_REAR_CENTER;
  constexpr auto sl = GST_AUDIO_CHANNEL_POSITION_SIDE_LEFT;
  constexpr auto sr = GST_AUDIO_CHANNEL_POSITION_SIDE_RIGHT;
  constexpr auto lfe = GST_AUDIO_CHANNEL_POSITION_LFE1;
  constexpr std::array<ChannelPositions, 8> layouts{{{GST_AUDIO_CHANNEL_POSITION_MONO},
                                                     {fl, fr},
                                                     {fl, fc, fr},
                                                     {fl, fr, rl, rr},
                                                     {fl, fc, fr, rl, rr},
                                                     {fl, fc, fr, rl, rr, lfe},
                                                     {fl, fc, fr, sl, sr, rc, lfe},
                                                     {fl, fc, fr, sl, sr, rl, rr, lfe}}};
  return layouts[static_cast<std::size_t>(channels) - 1];
}

/// The same positions in the order that raw audio has in GStreamer.
inline ChannelPositions gstreamer_positions(int channels) {
  ChannelPositions positions = vorbis_positions(channels);
  gst_audio_channel_positions_to_valid_order(positions.data(), channels);
  return positions;
}

}  // namespace mpq::gst
