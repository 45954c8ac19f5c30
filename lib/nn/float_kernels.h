// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Products of float32 and gated residual blocks made of them, for processors whose vectors hold 16 values
// (AVX-512) or 8 (AVX2). All matrices are row by row, pictures channels last. What a pixel's values are does
// not depend on how many are computed at once. All functions may be called from several threads at once.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/aligned.h"

namespace mpq::nn {

struct FloatKernels;

/// A matrix that others are multiplied by, in the order in which the kernels read it.
struct FloatMatrix {
  FloatMatrix() = default;
  /// `weight` is [outputs][inputs], outputs divisible by 16.
  FloatMatrix(const FloatKernels& with, std::span<const float> weight, int output_count);

  const FloatKernels* kernels = nullptr;
  int inputs = 0, outputs = 0;
  AlignedVector<float> panels;  ///< of as many outputs as the kernel has sums side by side: [inputs][outputs]
};

/// y = x + M(a * sigmoid(b)) + m, where (a, b) = G(x) + g, with G a convolution of 3x3 with a zero around
/// and M a matrix. The convolution takes 4 multiplications an output instead of 9, by Winograd's minimal
/// filtering as in winograd3x3.h.
struct GatedBlock {
  GatedBlock() = default;
  /// `gate` is [2 channels][channels][3][3], first all of a, `mixing` [channels][channels]; channels
  /// divisible by 32.
  GatedBlock(const FloatKernels& with, std::span<const float> gate, std::span<const float> gate_biases,
             std::span<const float> mixing, std::span<const float> mixing_biases);

  const FloatKernels* kernels = nullptr;
  int channels = 0;
  AlignedVector<float> gate_weights;  ///< transformed: [groups][16][channels][group of a and b]
  std::vector<float> gate_bias;       ///< [2 channels]
  FloatMatrix mix;
  std::vector<float> mix_bias;
};

struct GatedPicture {
  const float* inputs;  ///< [height][width][channels]
  float* outputs;       ///< the same, elsewhere
  int height, width;

  /// Of 2x2 pixels.
  int tiles_across() const { return (width + 1) / 2; }
  int tiles() const { return (height + 1) / 2 * tiles_across(); }
};

/// Memory that one thread works in; kept from call to call.
using FloatScratch = AlignedVector<float>;

struct FloatKernels {
  const char* name;  ///< "avx2", "avx512"
  int group;         ///< sums side by side
  /// out[row] = the matrix times in[row], for `rows` rows; steps are values from a row to the next.
  void (*multiply)(const FloatMatrix& matrix, const float* in, std::ptrdiff_t in_step, int rows, float* out,
                   std::ptrdiff_t out_step);
  /// Outputs of `count` tiles from `first` on, in reading order.
  void (*run)(const GatedBlock& block, const GatedPicture& picture, int first, int count,
              FloatScratch* scratch);
};

/// Tiles of a gated block that are best computed together.
constexpr int gated_tiles_at_once = 48;

/// The fastest that this processor has, or null: LibTorch's are the fastest then.
const FloatKernels* float_kernels();

/// All that this processor has, for tests.
std::span<const FloatKernels> all_float_kernels();

}  // namespace mpq::nn
