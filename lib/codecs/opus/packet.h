// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The framing of Opus packets (RFC 6716, section 3 and appendix B): how long they play, and which bytes are
// coded audio.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace mpq::opus {

/// Samples a channel at `rate` (one of libopus's five) that the packet decodes to, at most 120 ms. Nothing
/// for an empty packet or one that contradicts the format.
std::optional<int> packet_samples(std::span<const std::uint8_t> packet, int rate);

/// Bytes of compressed frames in a packet of `streams` streams: all but the table-of-contents byte of each
/// stream, frame counts, frame lengths, and padding. A packet of one stream and one frame has one byte less
/// than the packet; so does a constant-rate packet, whose unused bits inside a frame cannot be told apart. 0
/// where the framing is broken.
std::size_t compressed_bytes(std::span<const std::uint8_t> packet, int streams);

}  // namespace mpq::opus
