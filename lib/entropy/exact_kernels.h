// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The loops of exact layers, above all that of their products of 16-bit integers, for several instruction
// sets with one result. Private to this folder and its tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "entropy/exact_steps.h"

namespace mpq::entropy {

constexpr int lanes = 16;                      ///< rows of weights that lie side by side
constexpr int block_pairs = block_inputs / 2;  ///< pairs of products in a block

/// Sums of `lanes` rows at `count` positions. Each row's products are summed in blocks of `block_pairs`
/// pairs, and each block's sum, which fits 32 bits, is shifted right by `shift`, half upwards, before the
/// blocks are summed.
struct KernelTask {
  const std::int16_t* weights;      ///< [blocks][block_pairs][lanes][2]
  const std::int16_t* activations;  ///< [blocks][stride][block_pairs][2]
  std::size_t stride;               ///< positions
  int blocks;
  int shift;           ///< at least 1
  std::int32_t* sums;  ///< [count][lanes], written
};

struct Kernel {
  const char* name;  ///< "portable", "avx2", "avx512", "avx512vnni"
  int most_positions;
  /// Any 1 <= count <= most_positions.
  void (*run)(const KernelTask& task, int count);
  const Steps* steps;
};

/// Those that this processor has, the fastest last.
std::span<const Kernel> kernels();

}  // namespace mpq::entropy
