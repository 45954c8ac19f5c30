// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Cutting a stream into pictures. Input: pictures with anything between them.
#include <algorithm>

#include "codecs/webp/webp.h"
#include "tests/support/fuzz.h"

namespace {

using mpq::test::Bytes;
using mpq::test::require;

// How many bytes the picture at the start is cut to; 0 where it is none, or not whole.
std::size_t cut(Bytes left) {
  std::optional<std::size_t> declared, length;
  if (!mpq::test::answers([&] { declared = mpq::webp::declared_length(left); })) return 0;
  require(declared.has_value() == (left.size() >= 12), "a whole RIFF header declares a length");
  length = mpq::webp::frame_length(left);  // no Error: the header is sound
  require(!length || (*length >= 20 && *length <= left.size()), "a length lies within the bytes");
  require(!length || length == declared, "a whole picture has the length that it declares");
  return length.value_or(0);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (Bytes left(data, size); !left.empty();) {
    const std::size_t start = mpq::webp::find_start(left);
    require(start <= left.size(), "a start lies within the bytes");
    left = left.subspan(start);
    if (left.empty()) break;
    left = left.subspan(std::max<std::size_t>(cut(left), 1));
  }
  return 0;
}
