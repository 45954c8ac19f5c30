// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What exact layers do before and after their products: inputs to 16 bits, and sums to values; for several
// instruction sets with one result. Private to this folder and its tests.
#pragma once

#include <cstddef>
#include <cstdint>

#include "entropy/fixed.h"

namespace mpq::entropy {

enum class Activation {
  none,
  relu,
  leaky_relu,  ///< slope 0.01 (42949673 / 2^32)
};

/// Values of some rows of a layer at one position: sums * 2^(shift - exponents) + bias, activated.
struct FinishTask {
  const std::int32_t* sums;
  const std::int32_t* exponents;
  const Fixed* bias;
  int rows;  ///< up to 16
  int shift;
  Activation activation;
  Fixed* values;  ///< [rows], written
};

constexpr int block_inputs = 32;  ///< values in a block of products

/// Values shifted right, half upwards, within +-32767: to blocks that begin `step` values apart, the last one
/// filled up with zeros.
struct NarrowTask {
  const Fixed* values;
  int count;
  int shift;  ///< 0 to 16
  std::int16_t* to;
  std::ptrdiff_t step;
};

struct Steps {
  /// A number whose highest bit is that of the largest magnitude (of a negative value, of its complement).
  std::uint32_t (*magnitude)(const Fixed* values, int count);
  void (*narrow)(const NarrowTask& task);
  void (*finish)(const FinishTask& task);
  /// How many of the bounds are below each value.
  void (*count_below)(const Fixed* values, int count, const Fixed* bounds, int bound_count,
                      std::int32_t* counts);
};

extern const Steps portable_steps;
#if defined(__x86_64__)
extern const Steps avx2_steps;
extern const Steps avx512_steps;  ///< F, BW, DQ and VL
#endif

}  // namespace mpq::entropy
