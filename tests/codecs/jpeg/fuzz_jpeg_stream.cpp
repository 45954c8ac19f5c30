// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Cutting a stream into pictures: the same cuts, whatever pieces the bytes arrive in. Input: the size of a
// piece less one (one byte), then pictures with anything between them.
#include <algorithm>

#include "codecs/jpeg/jpeg.h"
#include "tests/support/fuzz.h"

namespace {

using mpq::test::Bytes;
using mpq::test::require;

std::optional<std::size_t> length_by_pieces(Bytes bytes, std::size_t piece) {
  mpq::jpeg::FrameScanner scanner;
  std::size_t there = 0;
  while (there < bytes.size()) {
    there = std::min(there + piece, bytes.size());
    if (const auto length = scanner.length(bytes.first(there))) return length;
  }
  return {};
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mpq::test::InputReader input({data, size});
  const std::size_t piece = input.byte() + std::size_t{1};
  for (Bytes left = input.rest(); !left.empty();) {
    const std::size_t start = mpq::jpeg::find_start(left);
    require(start <= left.size(), "a start lies within the bytes");
    left = left.subspan(start);
    if (left.size() < 2) break;
    const auto length = mpq::jpeg::frame_length(left);  // no Error: a picture starts here
    require(length == length_by_pieces(left, piece), "pieces do not change a picture's length");
    if (!length) break;
    require(*length >= 2 && *length <= left.size(), "a length lies within the bytes");
    left = left.subspan(*length);
  }
  return 0;
}
