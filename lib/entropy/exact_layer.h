// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Matrix products whose result is the same on every machine, for the networks that an entropy decoder must
// repeat. Convolutions are matrix products over the inputs that their kernel sees.
//
// Arithmetic. Weights: 16 bits, each row times its own power of two, as large as two bounds allow: no weight
// is above 2^15 - 1, and in no block of 32 the absolute values sum to more than 2^16 - 1. Inputs: the 32-bit
// values of one output position (fixed.h), divided by their own power of two so that they fit +-(2^15 - 1). A
// block's sum is therefore at most (2^16 - 1)(2^15 - 1) < 2^31 - 2^16 and is exact in 32 bits, in any order;
// shifted right by s >= 1 with up to 2^s blocks in a row, so is the sum of all. The powers of two are then
// undone, and the bias added, in 64 bits; the result saturates at +-8192.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/aligned.h"
#include "entropy/exact_kernels.h"
#include "entropy/fixed.h"

namespace mpq::entropy {

/// The inputs of several positions as kernels take them. Reused, it does not allocate. Not thread-safe.
class Panel {
 public:
  /// Of `pieces` equally long pieces a position, one after the other: find(position, piece) is where the
  /// `length` values of one lie, null for zeros. `kernel` gives the same as every other. Runs on OpenMP's
  /// threads.
  template <class Find>
  void fill(int positions, int pieces, int length, const Find& find,
            const Kernel& kernel = kernels().back()) {
    pieces_.clear();
    for (int position = 0; position < positions; ++position)
      for (int piece = 0; piece < pieces; ++piece) pieces_.push_back(find(position, piece));
    fill(positions, length, kernel);
  }

  int positions() const noexcept { return positions_; }
  const std::int16_t* data() const noexcept { return values_.data(); }
  /// How many bits a position's inputs were shifted right.
  int shift(int position) const noexcept { return shifts_[static_cast<std::size_t>(position)]; }

 private:
  void fill(int positions, int length, const Kernel& kernel);
  void fill_position(int position, std::span<const Fixed* const> pieces, int length, const Kernel& kernel);

  int positions_ = 0;
  std::vector<const Fixed*> pieces_;    ///< [positions][pieces]
  AlignedVector<std::int16_t> values_;  ///< [blocks][positions][block_pairs][2]
  std::vector<int> shifts_;
};

/// Immutable; all functions may be called from several threads at once.
class ExactLayer {
 public:
  ExactLayer() = default;

  /// `weights` is [rows][inputs], `bias` [rows]. Throws Error(unsupported) for weights that are no numbers or
  /// too large for the arithmetic (a block of 32 that sums to more than 65535).
  ExactLayer(std::span<const float> weights, std::span<const float> bias, Activation activation);

  int rows() const noexcept { return rows_; }
  int inputs() const noexcept { return inputs_; }

  /// outputs[p] gets the rows() results of position p of the panel, whose inputs must be as many as the
  /// layer's. `kernel` gives the same as every other. Runs on OpenMP's threads.
  void run(const Panel& panel, std::span<Fixed* const> outputs,
           const Kernel& kernel = kernels().back()) const;

  /// Adds all that the result depends on to a list, for a hash.
  void append_contents(std::vector<std::int32_t>* list) const;

 private:
  void quantise(std::span<const float> weights, int row);
  void run_rows(int first_row, const Panel& panel, std::span<Fixed* const> outputs,
                const Kernel& kernel) const;

  int rows_ = 0, inputs_ = 0, blocks_ = 0, block_shift_ = 1;
  Activation activation_ = Activation::none;
  AlignedVector<std::int16_t> weights_;  ///< [rows / lanes][blocks][block_pairs][lanes][2]
  std::vector<std::int32_t> exponents_;  ///< of each row: weights are integers times 2^-exponent
  std::vector<Fixed> bias_;
};

/// How many of the bounds are below each value.
void count_below(std::span<const Fixed> values, std::span<const Fixed> bounds,
                 std::span<std::int32_t> counts);

}  // namespace mpq::entropy
