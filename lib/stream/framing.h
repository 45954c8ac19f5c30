// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What frames of every version have in common. Private to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mpq::stream {

using Bytes = std::span<const std::uint8_t>;

// The magic, a version that is not 0, the frame's whole length; at the end the CRC-32 of all before it.
inline constexpr std::uint8_t magic[] = {0x8D, 'M', 'P', 'Q'};
inline constexpr std::size_t version_at = 4, length_at = 5, prefix_bytes = 9, crc_bytes = 4;

inline std::uint64_t big_endian(Bytes bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

/// Whether a frame may start at the first byte: as far as the bytes go, they agree with it.
bool may_start(Bytes bytes);

}  // namespace mpq::stream
