// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Cutting a stream into frames: the same cuts, whatever pieces the bytes arrive in. Input: the size of a
// piece less one (one byte), then frames, tags, and anything between them.
#include <algorithm>
#include <utility>
#include <vector>

#include "codecs/mp3/frame.h"
#include "tests/support/fuzz.h"

namespace {

using mpq::test::Bytes;
using mpq::test::require;
using Places = std::vector<std::pair<std::size_t, std::size_t>>;  // position and length of each frame

void look_at(Bytes frame) {
  const auto header = mpq::mp3::parse_frame_header(frame);
  require(header && header->length == frame.size(), "a frame has the length that its header says");
  const int reservoir = mpq::mp3::main_data_begin(*header, frame);
  require(reservoir >= 0 && reservoir <= 511, "main data begin within the bit reservoir");
  if (const auto tag = mpq::mp3::parse_info_tag(frame))
    require(tag->delay >= 0 && tag->delay <= 4095 && tag->padding >= 0 && tag->padding <= 4095,
            "delays have 12 bits");
}

Places cut(Bytes bytes, std::size_t piece) {
  Places places;
  std::optional<mpq::mp3::FrameHeader> previous;
  std::size_t at = 0, there = 0;
  while (at < bytes.size()) {
    const bool at_end = there == bytes.size();
    const Bytes left = at < there ? bytes.subspan(at, there - at) : Bytes{};
    const auto next = mpq::mp3::find_frame(left, at_end, previous ? &*previous : nullptr);
    at += next.skip;
    if (next.length == 0 && at_end) break;
    if (next.length == 0) {
      there = std::min(there + piece, bytes.size());
      continue;
    }
    require(at + next.length <= there, "a frame lies within the bytes");
    look_at(bytes.subspan(at, next.length));
    previous = mpq::mp3::parse_frame_header(bytes.subspan(at));
    places.emplace_back(at, next.length);
    at += next.length;
  }
  return places;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mpq::test::InputReader input({data, size});
  const std::size_t piece = input.byte() + std::size_t{1};
  const Bytes bytes = input.rest();
  mpq::mp3::parse_info_tag(bytes);
  if (!bytes.empty()) require(cut(bytes, bytes.size()) == cut(bytes, piece), "pieces do not move frames");
  return 0;
}
