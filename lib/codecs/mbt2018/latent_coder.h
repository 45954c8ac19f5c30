// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Latents to bytes and back, exactly: what decode() returns is, to the bit, what encode() computed with,
// whatever machine either runs on. No LibTorch.
//
// One string of the native coder holds the symbols of z, row by row, all channels of a position together;
// then those of y. With a context model y comes in wavefronts: positions of one x + 3 y depend on earlier
// ones alone, and are computed together; within a wavefront by growing y. Without, row by row.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "codecs/mbt2018/entropy_model.h"
#include "codecs/mbt2018/rounding.h"
#include "entropy/rans.h"

namespace mpq::mbt2018 {

/// Symbols further from 0 are not coded.
constexpr std::int32_t largest_symbol = 4095;

/// Sizes of z; y is four times as high and wide.
struct Grid {
  int height = 0, width = 0;
};

struct CodedLatents {
  std::vector<std::uint8_t> bytes;
  std::uint32_t crc = 0;  ///< CRC-32 of all quantised latents, z and y, as little-endian words
};

/// Keeps memory between calls; not thread-safe.
class LatentCoder {
 public:
  explicit LatentCoder(std::shared_ptr<const EntropyModel> model);

  /// `y` is [4 height][4 width][m], `z` [height][width][n]; values beyond +-4095 are clipped. Throws
  /// Error(invalid_argument) for other sizes.
  CodedLatents encode(std::span<const float> y, std::span<const float> z, Grid grid);

  /// Throws Error(corrupt_data) for damaged bytes, and where the CRC is another.
  void decode(std::span<const std::uint8_t> bytes, Grid grid, std::uint32_t crc);

  /// The quantised y of the last call, [4 height][4 width][m].
  const entropy::Map& latents() const noexcept { return latents_; }
  std::vector<float> latents_as_floats() const;

 private:
  using Encoder = entropy::RansEncoder<entropy::native_states>;
  using Decoder = entropy::RansDecoder<entropy::native_states>;

  template <class Coder>
  void code_hyper(Coder& coder, Grid grid);
  template <class Coder>
  void code_latents(Coder& coder);
  template <class Coder>
  void code_position(Coder& coder, entropy::Tap position, const entropy::Fixed* parameters);
  std::uint32_t crc() const;

  std::shared_ptr<const EntropyModel> model_;
  EntropyModel::Context context_;
  Rounding rounding_;
  entropy::Map z_, latents_;
  std::vector<std::int32_t> rows_;  // of a position's scales
};

}  // namespace mpq::mbt2018
