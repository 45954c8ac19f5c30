// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The headers of an Opus stream in a container (RFC 7845): OpusHead with layout and pre-skip, and OpusTags.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace mpq::opus {

/// What OpusHead says. The default is a mono stream without pre-skip.
struct Head {
  int channels = 1;        ///< 1 to 255, in Vorbis's order (left, center, right, ...)
  int pre_skip = 0;        ///< samples at 48 kHz to drop from the start; 0 to 65535
  int input_rate = 48000;  ///< Hz of what was encoded; informative, 0: unknown
  int gain_q8 = 0;         ///< output gain in 1/256 dB; -32768 to 32767
  int mapping_family = 0;  ///< 0: mono or stereo; 1: 1 to 8 channels in Vorbis order; 255: no meaning
  int stream_count = 1;    ///< of which the first `coupled_count` are stereo
  int coupled_count = 0;   ///< 0 to stream_count
  std::array<std::uint8_t, 255> mapping{};  ///< decoded channel of each output channel; 255: silence

  /// `samples` of pre-skip at another decoding rate.
  int pre_skip_at(int rate) const {
    return static_cast<int>(static_cast<std::int64_t>(pre_skip) * rate / 48000);
  }

  /// A mono or stereo stream that has no header, such as in RTP.
  static Head plain(int channels);
};

/// Throws Error(invalid_argument) that names the field where `head` is not a layout that Opus has.
void check(const Head& head);

/// Reads an OpusHead packet, hostile ones included. Throws Error(corrupt_data) where it is not one or
/// contradicts itself, Error(unsupported) for another major version, or a mapping family other than 0, 1 and
/// 255.
Head parse_head(std::span<const std::uint8_t> data);

/// An OpusHead packet: 19 bytes in family 0, 21 and one a channel otherwise. Throws as check() does.
std::vector<std::uint8_t> write_head(const Head& head);

/// An OpusTags packet with libopus's version as vendor and ENCODER=mpq.
std::vector<std::uint8_t> write_tags();

}  // namespace mpq::opus
