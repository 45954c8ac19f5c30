// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// WebP pictures for the decoder's tests, some of kinds that our encoder does not write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codecs/webp/webp.h"
#include "tests/support/pictures.h"

namespace mpq::test {

/// Width and height of pictures that fill no whole blocks, and of some that do.
inline constexpr std::pair<int, int> odd_sizes[] = {{1, 1}, {1, 7}, {17, 33}, {2049, 3}, {64, 48}};

inline std::vector<std::uint8_t> webp_of(const Picture& picture, const webp::EncoderOptions& options) {
  webp::Encoder encoder;
  const auto bytes = encoder.encode(picture.view(), options).bytes;
  return {bytes.begin(), bytes.end()};
}

/// rgba32 whose alpha is a wave, or, where `opaque`, 255.
inline Picture with_alpha(int width, int height, bool opaque) {
  Picture picture = synthetic(PixelFormat::rgba32, width, height);
  for (std::size_t y = 0; opaque && y < picture.rows(0); ++y)
    for (std::size_t x = 3; x < picture.row_bytes(0); x += 4) picture.at(0, y, x) = 255;
  return picture;
}

inline std::string little_endian_32(std::size_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift & 255);
  return bytes;
}

inline std::string chunk(std::string_view tag, const std::string& payload) {
  return std::string(tag) + little_endian_32(payload.size()) + payload +
         std::string(payload.size() % 2, '\0');
}

inline std::vector<std::uint8_t> riff(const std::string& chunks) {
  const std::string file = chunk("RIFF", "WEBP" + chunks);
  return {file.begin(), file.end()};
}

/// A 16x16 animation of one empty frame, as its header declares it: RFC 9649 section 2.7.
inline std::vector<std::uint8_t> animation() {
  const std::string canvas = {15, 0, 0, 15, 0, 0};  // width and height less one, 24 bits each
  return riff(chunk("VP8X", std::string("\x02\0\0\0", 4) + canvas) + chunk("ANIM", std::string(6, '\0')) +
              chunk("ANMF", std::string(16, '\0')));
}

}  // namespace mpq::test
