// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "entropy/exact_math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>

#include "core/error.h"
#include "entropy/table_builder.h"

namespace mpq::entropy {
namespace {

TEST(ExactMath, AgreesWithTheCLibrary) {
  for (int i = -7000; i <= 7000; ++i) {
    const double x = i / 10.0;
    EXPECT_NEAR(exact_exp(x) / std::exp(x), 1, 1e-14) << x;
    EXPECT_NEAR(exact_tanh(x / 100), std::tanh(x / 100), 1e-15) << x;
    EXPECT_NEAR(exact_sigmoid(x / 20), 1 / (1 + std::exp(-x / 20)), 1e-15) << x;
    EXPECT_NEAR(exact_softplus(x / 20) / std::log1p(std::exp(x / 20)), 1, 1e-13) << x;
    const double tail = std::erfc(x / 100 / std::sqrt(2)) / 2;
    EXPECT_NEAR(exact_normal_tail(x / 100) / tail, 1, 2e-12) << x / 100;
  }
  EXPECT_EQ(exact_exp(0), 1);
  EXPECT_EQ(exact_exp(-1000), 0);
  EXPECT_TRUE(std::isinf(exact_exp(1000)));
  EXPECT_TRUE(std::isnan(exact_exp(std::nan(""))));
}

// Known to the bit: what another processor or compiler gives must be these.
TEST(ExactMath, BitsNeverChange) {
  std::uint64_t hash = 0xCBF29CE484222325;
  const auto add = [&](double value) { hash = (hash ^ std::bit_cast<std::uint64_t>(value)) * 0x100000001B3; };
  for (int i = -400; i <= 400; ++i) {
    const double x = i / 32.0;
    add(exact_exp(x));
    add(exact_tanh(x));
    add(exact_sigmoid(x));
    add(exact_softplus(x));
    add(exact_normal_tail(x));
  }
  EXPECT_EQ(hash, 18394846525350215490U);
}

TEST(QuantiseProbabilities, GivesEachSymbolItsShare) {
  // By hand: 0.5, 0.25, 0.25 of 65536.
  EXPECT_EQ(quantise_probabilities(std::vector{0.5, 0.25, 0.25}),
            (std::vector<std::int32_t>{0, 32768, 49152, 65536}));
  // The two that would get nothing take 1 each from the rarest that has more than 1.
  EXPECT_EQ(quantise_probabilities(std::vector{0.75, 0.0, 0.25, 0.0}),
            (std::vector<std::int32_t>{0, 49152, 49153, 65535, 65536}));
  EXPECT_THROW(quantise_probabilities(std::vector<double>{}), Error);
  EXPECT_THROW(quantise_probabilities(std::vector{0.0, 0.0}), Error);
  EXPECT_THROW(quantise_probabilities(std::vector{-0.5, 1.0}), Error);
  EXPECT_THROW(quantise_probabilities(std::vector{std::nan("")}), Error);
}

TEST(DefaultScales, RunFrom011To256) {
  const auto scales = default_scales();
  ASSERT_EQ(scales.size(), 64U);
  EXPECT_EQ(scales.front(), 0.11F);
  EXPECT_EQ(scales.back(), 256.0F);
  for (std::size_t i = 1; i < scales.size(); ++i)
    EXPECT_NEAR(scales[i] / scales[i - 1], std::pow(256 / 0.11, 1.0 / 63), 1e-6);
}

}  // namespace
}  // namespace mpq::entropy
