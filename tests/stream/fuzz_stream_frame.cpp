// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The mpq stream. Input: a byte that says how, then frames with anything between them. How: bit 0 puts the
// CRC right of the first frame, as a faulty writer would; the rest is the size of the pieces that the stream
// comes in.
#include <algorithm>
#include <optional>
#include <vector>

#include "stream/frame.h"
#include "tests/support/fuzz.h"

namespace {

using namespace mpq::stream;
using mpq::test::Bytes;
using mpq::test::require;

void sign(std::vector<std::uint8_t>& bytes) {
  std::optional<std::size_t> length;
  if (!mpq::test::answers([&] { length = frame_length(bytes); }) || !length) return;
  const std::uint32_t crc = crc32(Bytes(bytes).first(*length - 4));
  for (std::size_t i = 0; i < 4; ++i) bytes[*length - 4 + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
}

// What was read is written again, and then is the same.
void write_again(const Frame& frame) {
  std::vector<std::uint8_t> bytes;
  write(frame.header, frame.sections, &bytes);
  require(bytes.size() <= frame.length, "a frame is not longer than another with the same contents");
  const Frame again = read(bytes);
  require(again.header.codec == frame.header.codec && again.header.mode == frame.header.mode &&
              again.header.shape == frame.header.shape && again.header.model == frame.header.model &&
              again.header.latents_crc == frame.header.latents_crc,
          "a header reads back as it was written");
  require(again.sections.size() == frame.sections.size() &&
              std::equal(again.sections.begin(), again.sections.end(), frame.sections.begin(),
                         [](Bytes a, Bytes b) { return std::ranges::equal(a, b); }),
          "sections read back as they were written");
}

bool is_frame(Bytes bytes) {
  return mpq::test::answers([&] {
    const Frame frame = read(bytes);
    require(frame.length >= min_frame_bytes && frame.length <= bytes.size(), "a frame lies within the bytes");
    require(frame.length == frame_length(bytes), "a frame has the length that it declares");
    write_again(frame);
  });
}

// How long the piece at the start is as it arrives step by step; all at the end.
std::size_t cut(Bytes all, std::size_t step) {
  FrameScanner scanner;
  for (std::size_t size = 0; size < all.size(); size += step)
    if (const auto length = scanner.length(all.first(size))) return *length;
  return scanner.length(all).value_or(all.size());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = 1 + data[0] / 2;
  std::vector<std::uint8_t> bytes(data + 1, data + size);
  if (data[0] % 2 == 1) sign(bytes);
  for (Bytes left(bytes); !left.empty();) {
    const std::size_t start = find_start(left);
    require(start <= left.size(), "a start lies within the bytes");
    left = left.subspan(start);
    if (left.empty()) break;
    const std::size_t length = cut(left, step);
    require(length > 0 && length <= left.size(), "a piece lies within the bytes");
    require(length == cut(left, left.size()), "a stream is cut alike whatever pieces it arrives in");
    if (is_frame(left)) require(length <= read(left).length, "a sound frame is not skipped");
    left = left.subspan(length);
  }
  return 0;
}
