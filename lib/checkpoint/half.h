// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Floating-point numbers of 16 bits: IEEE 754 binary16 and bfloat16, in plain arithmetic for every processor.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace mpq::checkpoint {

inline float from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

/// Exact: subnormals, infinities and NaN payloads too.
inline float from_float16(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16;
  const std::uint32_t exponent = bits >> 10 & 31U, fraction = bits & 1023U;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000U | fraction << 13);
  if (exponent > 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
  return sign != 0 ? -magnitude : magnitude;
}

/// The nearest number of 16 bits with `fraction_bits` of fraction, of two the even one. What lies beyond the
/// range becomes infinite; NaN stay NaN. From double, as two roundings in a row could miss the nearest.
template <int fraction_bits>
std::uint16_t to_16_bits(double value) {
  constexpr int bias = (1 << (14 - fraction_bits)) - 1, lowest_exponent = 1 - bias;
  constexpr std::uint64_t infinity = ((std::uint64_t{1} << (15 - fraction_bits)) - 1) << fraction_bits;
  constexpr std::uint64_t one = 1, leading_bit = one << 52, double_infinity = 0x7FFULL << 52;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t sign = bits >> 48 & 0x8000U, magnitude = bits & ~(one << 63);
  if (magnitude > double_infinity) {
    constexpr std::uint64_t quiet = one << (fraction_bits - 1);
    const std::uint64_t payload = magnitude >> (52 - fraction_bits) & ((one << fraction_bits) - 1);
    return static_cast<std::uint16_t>(sign | infinity | quiet | payload);
  }
  const int exponent = static_cast<int>(magnitude >> 52) - 1023;
  const int dropped = 52 - fraction_bits + std::max(lowest_exponent - exponent, 0);
  if (dropped > 53) return static_cast<std::uint16_t>(sign);  // below half of the smallest number
  const std::uint64_t significand = leading_bit | (magnitude & (leading_bit - 1));
  const std::uint64_t kept = significand >> dropped, rest = significand & ((one << dropped) - 1);
  const std::uint64_t half = one << (dropped - 1);
  const std::uint64_t up = rest > half || (rest == half && kept % 2 == 1) ? 1 : 0;
  // The leading bit of `kept`, and a carry out of the fraction, count the exponent up.
  const auto base = static_cast<std::uint64_t>(std::max(exponent, lowest_exponent) + bias - 1);
  return static_cast<std::uint16_t>(sign | std::min((base << fraction_bits) + kept + up, infinity));
}

inline std::uint16_t to_float16(double value) {
  return to_16_bits<10>(value);
}

inline std::uint16_t to_bfloat16(double value) {
  return to_16_bits<7>(value);
}

}  // namespace mpq::checkpoint
