// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Convolutions of 3x3 with stride 1 and a zero around, and the ReLU after them, with 4 multiplications an
// output instead of 9, for processors with AVX-512 BF16. Winograd's minimal filtering F(2x2, 3x3) (Lavin and
// Gray, "Fast Algorithms for Convolutional Neural Networks", 2016): a tile of 2x2 outputs from 4x4 inputs by
// 16 products, at the points 0, 1, -1 and infinity. Values are bfloat16, a std::uint16_t each; products are
// summed in float32. All functions may be called from several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mpq::nn {

struct Winograd3x3 {
  using Value = std::uint16_t;

  /// Whether it is the fastest way on this processor, for so many channels.
  static bool pays(int inputs, int outputs);

  /// `weight` is [outputs][inputs][3][3].
  Winograd3x3(std::span<const float> weight, std::span<const float> biases);

  int inputs, outputs;         ///< channels; inputs divisible by 16, outputs by 64
  std::vector<Value> weights;  ///< transformed: [outputs / 64][16][inputs / 2][64][2]
  std::vector<float> bias;

  /// Tiles that are best computed together.
  int tiles_at_once() const;
};

/// A picture, channels last, and where its outputs go.
struct Winograd3x3Picture {
  const std::uint16_t* inputs;  ///< [height][width][inputs]
  std::uint16_t* outputs;       ///< [height][width][outputs]
  std::uint16_t* pooled;        ///< null, or [height / 2][width / 2][outputs]: the largest of 2x2 outputs
  int height, width;

  int tiles_across() const { return (width + 1) / 2; }
  int tiles() const { return (height + 1) / 2 * tiles_across(); }
};

/// Memory that one thread works in; kept from call to call.
struct Winograd3x3Scratch {
  std::vector<std::uint16_t> slices;
  std::vector<float> products;
};

/// Outputs of `count` tiles from `first` on, in reading order, after the ReLU.
void convolve(const Winograd3x3& layer, const Winograd3x3Picture& picture, int first, int count,
              Winograd3x3Scratch* scratch);

}  // namespace mpq::nn
