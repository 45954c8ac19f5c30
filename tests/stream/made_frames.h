// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Frames of the mpq stream with contents that only look like a codec's.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "stream/frame.h"

namespace mpq::test {

using Data = std::vector<std::uint8_t>;

inline Data join(const std::vector<Data>& parts) {
  Data all;
  for (const Data& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// The same for the same seed, on every machine.
inline Data noise(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  Data bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

inline stream::FrameHeader example_header() {
  return {.codec = stream::Codec::mbt2018_mean,
          .mode = 1,
          .shape = {240, 320},
          .model = 0x0123456789ABCDEF,
          .latents_crc = 0xCAFEF00D};
}

inline Data frame_of(const stream::FrameHeader& header, const std::vector<Data>& sections) {
  const std::vector<std::span<const std::uint8_t>> views(sections.begin(), sections.end());
  Data out;
  stream::write(header, views, &out);
  return out;
}

/// A picture's frame: two sections, the second of `size` bytes of noise.
inline Data picture_frame(std::size_t size, std::uint32_t seed, std::uint32_t width = 320,
                          std::uint32_t height = 240, stream::Codec codec = stream::Codec::mbt2018) {
  return frame_of({.codec = codec, .mode = 0, .shape = {height, width}, .model = 0xABCD, .latents_crc = seed},
                  {noise(20, seed + 1), noise(size, seed)});
}

/// Puts the CRC right that changes to `frame` made wrong.
inline void sign(Data* frame) {
  const std::uint32_t crc = stream::crc32(std::span(*frame).first(frame->size() - 4));
  for (std::size_t i = 0; i < 4; ++i)
    (*frame)[frame->size() - 4 + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
}

/// The length that `frame` declares.
inline void set_length(Data* frame, std::size_t length) {
  for (std::size_t i = 0; i < 4; ++i) (*frame)[5 + i] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
}

/// `frame` in a later version of the format.
inline Data of_version(Data frame, std::uint8_t version) {
  frame[4] = version;
  sign(&frame);
  return frame;
}

}  // namespace mpq::test
