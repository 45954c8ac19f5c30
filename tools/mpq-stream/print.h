// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A stream's frames as a table or as JSON lines.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "walk.h"

namespace mpq::stream {

/// What a whole stream comes to.
struct Totals {
  std::uint64_t frames = 0, frame_bytes = 0, damaged = 0, garbage_bytes = 0;
  double picture_bits = 0, pixels = 0;  ///< of frames that hold pictures

  void add(const Piece& piece);
  bool sound() const { return frames > 0 && damaged == 0 && garbage_bytes == 0; }
};

std::string describe(const Totals& totals);
/// "byte 17: 5 bytes that belong to no frame"; of damage and garbage.
std::string describe_fault(const Piece& piece);

void print_table_head(std::ostream& out);
/// `index` counts frames, damaged ones included.
void print_row(std::ostream& out, const Piece& piece, std::uint64_t index);
void print_json(std::ostream& out, const Piece& piece, std::uint64_t index, const std::string& file);

}  // namespace mpq::stream
