// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The numbers that exact networks compute with: integers that stand for multiples of 2^-18. No operation here
// or in exact_layer.h depends on the order of a sum, the rounding mode, the processor or the number of
// threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace mpq::entropy {

constexpr int fraction_bits = 18;
using Fixed = std::int32_t;  ///< within +-8192

/// The nearest value, or the largest of its sign.
constexpr Fixed saturate(std::int64_t value) {
  constexpr std::int64_t largest = std::numeric_limits<Fixed>::max();
  return static_cast<Fixed>(std::clamp(value, -largest, largest));
}

/// Half upwards. 0 <= bits <= 62, and |value| < 2^62.
constexpr std::int64_t shift_right(std::int64_t value, int bits) {
  return bits == 0 ? value : (value + (std::int64_t{1} << (bits - 1))) >> bits;
}

/// Half upwards; no number: 0.
inline Fixed to_fixed(double value) {
  constexpr double one = 1 << fraction_bits, largest = std::numeric_limits<Fixed>::max();
  if (!(value == value)) return 0;
  const double moved = std::clamp(value * one, -largest, largest) + 0.5;
  const auto whole =
      static_cast<std::int64_t>(moved);  // towards 0: std::floor() is a call where there is no SSE4.1
  return static_cast<Fixed>(whole - (moved < static_cast<double>(whole)));
}

inline float to_float(Fixed value) {
  return static_cast<float>(value) * (1.0F / (1 << fraction_bits));
}

}  // namespace mpq::entropy
