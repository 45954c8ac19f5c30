// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// JPEG's marker syntax (ISO/IEC 10918-1 annex B) as far as finding ends and counting bytes need it. Private
// to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mpq::jpeg {

namespace marker {
inline constexpr std::uint8_t tem = 0x01, rst0 = 0xD0, rst7 = 0xD7, soi = 0xD8, eoi = 0xD9, sos = 0xDA;
}

/// Position of the FF of the first marker at or after `from` that ends entropy-coded data: none of stuffed
/// FF00, fill bytes and restart markers. Where there is none, the position from which to search again when
/// more bytes have come: the last byte if that is FF, otherwise the end (or `from` if that is beyond).
struct MarkerSearch {
  std::size_t position;
  bool found;
};
MarkerSearch find_marker(std::span<const std::uint8_t> bytes, std::size_t from);

/// Bytes of scan data in a complete picture that a conforming encoder wrote: all but headers, tables and
/// markers. With one scan (not `several_scans`) the data themselves are not looked at.
std::size_t scan_bytes(std::span<const std::uint8_t> picture, bool several_scans);

}  // namespace mpq::jpeg
