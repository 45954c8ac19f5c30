// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/rounding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "codecs/mbt2018/latent_coder.h"
#include "entropy/cdf_tables.h"

namespace mpq::test {
namespace {

using entropy::fraction_bits;
using mpq::mbt2018::Rounding;

constexpr double one = 1 << fraction_bits;

/// Frequencies of -3 to 3 and of an escape, falling from the middle by a factor, and by hardly any.
entropy::CdfTables tables() {
  const std::vector<std::int32_t> steep{0, 16, 320, 5000, 60000, 64680, 64984, 65000, 65536},
      flat{0, 9000, 18000, 27000, 37000, 46000, 55000, 64000, 65536};
  std::vector<std::int32_t> cdf = steep;
  cdf.insert(cdf.end(), flat.begin(), flat.end());
  const std::vector<std::int32_t> lengths{9, 9}, offsets{-3, -3};
  return {cdf, lengths, offsets};
}

std::int64_t fixed(double value) {
  return std::llround(value * one);
}

TEST(Mbt2018Rounding, GoesToTheNearestNumberWithoutAPrice) {
  const Rounding rounding;
  for (double value = -6; value <= 6; value += 0.125)
    EXPECT_EQ(rounding(0, fixed(value)), static_cast<std::int32_t>(std::nearbyint(value))) << value;
  EXPECT_EQ(rounding(0, fixed(7000)), mpq::mbt2018::largest_symbol);
  EXPECT_EQ(rounding(0, fixed(-7000)), -mpq::mbt2018::largest_symbol);
}

TEST(Mbt2018Rounding, TakesTheCheaperOfTwoNumbers) {
  const entropy::CdfTables all = tables();
  const auto cost = [&](int row, double value, std::int32_t symbol, double price) {
    double bits = 0;
    for (const std::int32_t either : {symbol, -symbol})
      bits += 8 - 0.5 * std::log2(all.interval(row, either + 3).size);
    return price * (value - symbol) * (value - symbol) + bits;
  };
  for (const double price : {3.0, 10.0, 100.0}) {
    const Rounding rounding(all, price);
    for (int row = 0; row < 2; ++row)
      for (double value = -2.9; value <= 2.9; value += 0.013) {
        const auto nearest = static_cast<std::int32_t>(std::lround(value));
        const std::int32_t lower = nearest - (nearest > 0) + (nearest < 0);
        const std::int32_t taken = rounding(row, fixed(value));
        ASSERT_TRUE(taken == nearest || taken == lower) << value;
        const double least = std::min(cost(row, value, nearest, price), cost(row, value, lower, price));
        EXPECT_NEAR(cost(row, value, taken, price), least, 1e-3) << row << ' ' << value << ' ' << price;
      }
  }
}

TEST(Mbt2018Rounding, WidensTheZoneAroundTheMeanWhereItIsLikely) {
  const Rounding rounding(tables(), 10);
  EXPECT_EQ(rounding(0, fixed(0.65)), 0);  // 55000 of 65536 are 0: 3.6 bits more for 1
  EXPECT_EQ(rounding(0, fixed(0.70)), 1);
  EXPECT_EQ(rounding(1, fixed(0.52)), 1);
  EXPECT_EQ(rounding(0, fixed(40.2)), 40);  // far from the mean no number is cheaper
}

}  // namespace
}  // namespace mpq::test
