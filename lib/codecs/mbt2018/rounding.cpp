// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/rounding.h"

#include <algorithm>
#include <cmath>

#include "codecs/mbt2018/latent_coder.h"

namespace mpq::mbt2018 {
namespace {

constexpr std::int64_t one = std::int64_t{1} << entropy::fraction_bits;

/// Bits of a value and of its negative, on average; of an escape what its symbol and some bits of it take.
double bits(const entropy::CdfTables& tables, int row, std::int32_t value) {
  constexpr double escape_bits = 4;
  double sum = 0;
  for (const std::int32_t signed_value : {value, -value}) {
    const std::int32_t symbol = signed_value - tables.offset(row), escape = tables.escape(row);
    const bool inside = symbol >= 0 && symbol < escape;
    sum += entropy::probability_bits - std::log2(tables.interval(row, inside ? symbol : escape).size) +
           (inside ? 0 : escape_bits);
  }
  return sum / 2;
}

}  // namespace

Rounding::Rounding(const entropy::CdfTables& tables, double price) {
  for (int row = 0; row < tables.rows(); ++row) {
    std::array<std::int64_t, levels>& least = least_.emplace_back();
    for (std::size_t i = 0; i < levels; ++i) {
      const auto value = static_cast<std::int32_t>(i) + 1;
      const double more = std::max(0.0, bits(tables, row, value) - bits(tables, row, value - 1));
      // price (d - value)^2 + more = price (d - value + 1)^2; never further down than by one.
      const double distance = value - 0.5 + std::min(more / (2 * price), 1.0);
      least[i] = static_cast<std::int64_t>(distance * static_cast<double>(one));
    }
  }
}

std::int32_t Rounding::operator()(int row, std::int64_t distance) const {
  constexpr std::int64_t half = one / 2;
  std::int64_t symbol = (distance + half) >> entropy::fraction_bits;
  if (symbol * one - distance == half && symbol % 2 != 0) --symbol;
  if (!least_.empty()) {
    const auto& least = least_[static_cast<std::size_t>(row)];
    const std::int64_t sign = symbol < 0 ? -1 : 1;
    if (symbol != 0 && symbol * sign <= static_cast<std::int64_t>(levels) &&
        distance * sign < least[static_cast<std::size_t>(symbol * sign - 1)])
      symbol -= sign;
  }
  return static_cast<std::int32_t>(
      std::clamp(symbol, std::int64_t{-largest_symbol}, std::int64_t{largest_symbol}));
}

}  // namespace mpq::mbt2018
