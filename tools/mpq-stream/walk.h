// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A stream from its first byte to its last: frames, damage, and what lies between.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <string>

#include "stream/frame.h"

namespace mpq::stream {

/// One piece of the stream; the pieces follow each other without a gap.
struct Piece {
  enum class Kind { frame, damage, garbage };
  Kind kind = Kind::garbage;
  std::uint64_t offset = 0;  ///< of its first byte in the stream
  std::uint64_t length = 0;
  Frame frame;        ///< of a frame; its sections are valid during the call that receives it
  std::string cause;  ///< of damage: what is wrong
};

/// Hands every piece to `use`, in order. Throws Error(io) where `input` fails before its end.
void walk(std::istream& input, const std::function<void(const Piece&)>& use);

}  // namespace mpq::stream
