// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "entropy/exact_layer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "core/error.h"
#include "entropy/exact_convolution.h"

namespace mpq::entropy {
namespace {

struct Case {
  int rows, inputs, positions;
};

std::vector<float> random_floats(std::size_t count, float scale, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = scale * (static_cast<float>(random() % 20001) / 10000.0F - 1);
  return values;
}

std::vector<Fixed> random_fixed(std::size_t count, double scale, std::uint32_t seed) {
  std::vector<Fixed> values;
  for (const float value : random_floats(count, static_cast<float>(scale), seed))
    values.push_back(to_fixed(static_cast<double>(value)));
  return values;
}

/// All results, [positions][rows].
std::vector<Fixed> run(const ExactLayer& layer, const std::vector<Fixed>& inputs, const Kernel& kernel) {
  const int positions = static_cast<int>(inputs.size()) / layer.inputs();
  std::vector<Fixed> results(static_cast<std::size_t>(positions) * static_cast<std::size_t>(layer.rows()));
  Panel panel;
  panel.fill(
      positions, 1, layer.inputs(),
      [&](int p, int) { return inputs.data() + std::ptrdiff_t{p} * layer.inputs(); }, kernel);
  std::vector<Fixed*> outputs;
  for (int p = 0; p < positions; ++p) outputs.push_back(results.data() + std::ptrdiff_t{p} * layer.rows());
  layer.run(panel, outputs, kernel);
  return results;
}

class ExactLayerOf : public testing::TestWithParam<Case> {};

TEST_P(ExactLayerOf, IsTheSameWithEveryKernel) {
  const auto [rows, inputs, positions] = GetParam();
  const auto count = static_cast<std::size_t>(rows) * static_cast<std::size_t>(inputs);
  for (const double scale : {0.01, 1.0, 300.0, 8000.0}) {
    const ExactLayer layer(random_floats(count, 0.2F, 1), random_floats(static_cast<std::size_t>(rows), 1, 2),
                           Activation::leaky_relu);
    const auto values =
        random_fixed(static_cast<std::size_t>(positions) * static_cast<std::size_t>(inputs), scale, 3);
    const auto expected = run(layer, values, kernels().front());
    for (const Kernel& kernel : kernels()) EXPECT_EQ(run(layer, values, kernel), expected) << kernel.name;
  }
}

TEST_P(ExactLayerOf, ComesCloseToTheRealSum) {
  const auto [rows, inputs, positions] = GetParam();
  const auto weights =
      random_floats(static_cast<std::size_t>(rows) * static_cast<std::size_t>(inputs), 0.2F, 4);
  const auto bias = random_floats(static_cast<std::size_t>(rows), 1, 5);
  const ExactLayer layer(weights, bias, Activation::none);
  const auto values =
      random_fixed(static_cast<std::size_t>(positions) * static_cast<std::size_t>(inputs), 4, 6);
  const auto results = run(layer, values, kernels().back());
  for (int p = 0; p < positions; ++p) {
    for (int r = 0; r < rows; ++r) {
      double sum = static_cast<double>(bias[static_cast<std::size_t>(r)]), norm = 0;
      for (int i = 0; i < inputs; ++i) {
        const double w = static_cast<double>(weights[static_cast<std::size_t>(r * inputs + i)]),
                     a = std::ldexp(values[static_cast<std::size_t>(p * inputs + i)], -fraction_bits);
        sum += w * a;
        norm += w * w * 16;
      }
      // Weights are rounded to 2^-10 of the largest or less, inputs to 2^-15: errors add as their squares do.
      EXPECT_NEAR(std::ldexp(results[static_cast<std::size_t>(p * rows + r)], -fraction_bits), sum,
                  std::sqrt(norm) * 8e-4 + 2e-5)
          << p << ' ' << r;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ExactLayerOf,
                         testing::Values(Case{1, 1, 1}, Case{16, 32, 1}, Case{17, 33, 2}, Case{5, 768, 3},
                                         Case{384, 2304, 5}, Case{20, 640, 13}, Case{33, 100, 49}));

TEST(ExactLayer, LargestSumsDoNotOverflow) {
  // One weight of 65535 / 32768, the rest as large as they may be together: the bounds are met with equality.
  for (const int inputs : {2, 32, 33, 64, 4096}) {
    const std::vector<float> weights(static_cast<std::size_t>(inputs), 1);
    const ExactLayer layer(weights, std::vector<float>{0}, Activation::none);
    for (const Fixed input : {std::numeric_limits<Fixed>::max(), -std::numeric_limits<Fixed>::max()}) {
      const std::vector<Fixed> values(static_cast<std::size_t>(inputs), input);
      for (const Kernel& kernel : kernels())
        EXPECT_EQ(run(layer, values, kernel), std::vector{saturate(std::int64_t{input} * inputs)})
            << kernel.name << ' ' << inputs;
    }
  }
}

TEST(ExactLayer, ActivatesByHand) {
  const std::vector<float> weight{1}, bias{0.5F};
  const std::vector<Fixed> inputs{to_fixed(1), to_fixed(-1.5)};
  const auto results = [&](Activation activation) {
    return run(ExactLayer(weight, bias, activation), inputs, kernels().front());
  };
  EXPECT_EQ(results(Activation::none), (std::vector{to_fixed(1.5), to_fixed(-1)}));
  EXPECT_EQ(results(Activation::relu), (std::vector{to_fixed(1.5), Fixed{0}}));
  EXPECT_EQ(results(Activation::leaky_relu), (std::vector{to_fixed(1.5), to_fixed(-0.01)}));
}

TEST(ExactLayer, RefusesWeightsThatItCannotHold) {
  const std::vector<float> bias{0};
  for (const float weight :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(), 1e6F})
    EXPECT_THROW(ExactLayer(std::vector{weight}, bias, Activation::none), Error) << weight;
  EXPECT_THROW(ExactLayer(std::vector<float>{}, bias, Activation::none), Error);
}

TEST(Finish, IsTheSameWithEveryKernel) {
  std::mt19937 random(6);
  const auto within = [&](std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
  };
  constexpr std::int64_t largest = std::numeric_limits<Fixed>::max();
  for (int i = 0; i < 3000; ++i) {
    const int rows = static_cast<int>(within(1, lanes)), shift = static_cast<int>(within(1, 33));
    const std::int64_t largest_bias = i % 2 == 0 ? 1 << 20 : largest;  // which 32 bits are enough for, or not
    const std::int64_t least_exponent = i % 3 == 0 ? 0 : std::min(shift + 1, 30);
    std::array<std::int32_t, lanes> sums{}, exponents{};
    std::array<Fixed, lanes> bias{};
    for (std::size_t row = 0; row < lanes; ++row) {
      sums[row] = static_cast<std::int32_t>(i % 5 == 0 ? within(-9, 9) : within(-largest - 1, largest));
      exponents[row] = static_cast<std::int32_t>(within(least_exponent, 30));
      bias[row] = static_cast<Fixed>(within(-largest_bias, largest_bias));
    }
    for (const Activation activation : {Activation::none, Activation::relu, Activation::leaky_relu}) {
      const auto run = [&](const Kernel& kernel) {
        std::vector<Fixed> values(static_cast<std::size_t>(rows));  // of their size: no more may be written
        kernel.steps->finish({.sums = sums.data(),
                              .exponents = exponents.data(),
                              .bias = bias.data(),
                              .rows = rows,
                              .shift = shift,
                              .activation = activation,
                              .values = values.data()});
        return values;
      };
      const auto expected = run(kernels().front());
      for (const Kernel& kernel : kernels()) ASSERT_EQ(run(kernel), expected) << kernel.name << ' ' << i;
    }
  }
}

TEST(Panel, TakesPiecesAsOneRow) {
  for (const int length : {1, 31, 32, 33, 192}) {
    constexpr int positions = 3, each = 3;
    const auto values = random_fixed(static_cast<std::size_t>(positions * each * length), 300,
                                     static_cast<std::uint32_t>(length));
    std::vector<Fixed> row = values;  // the second piece of all positions is zeros
    for (int p = 0; p < positions; ++p)
      std::fill_n(row.begin() + std::ptrdiff_t{p * each + 1} * length, length, 0);
    for (const Kernel& kernel : kernels()) {
      Panel pieces, whole;
      pieces.fill(
          positions, each, length,
          [&](int position, int piece) -> const Fixed* {
            return piece == 1 ? nullptr : values.data() + std::ptrdiff_t{position * each + piece} * length;
          },
          kernel);
      whole.fill(
          positions, 1, each * length,
          [&](int position, int) { return row.data() + std::ptrdiff_t{position * each} * length; }, kernel);
      const int blocks = (each * length + block_inputs - 1) / block_inputs;
      for (int i = 0; i < blocks * positions * block_inputs; ++i)
        ASSERT_EQ(pieces.data()[i], whole.data()[i]) << kernel.name << ' ' << length << ' ' << i;
      for (int p = 0; p < positions; ++p) EXPECT_EQ(pieces.shift(p), whole.shift(p));
    }
  }
}

TEST(CountBelow, IsTheSearchWithEveryKernel) {
  std::vector<Fixed> bounds(63), values(200);
  for (std::size_t i = 0; i < bounds.size(); ++i) bounds[i] = static_cast<Fixed>(i * i * 1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<Fixed>(i * 20000) - 50000;
  values.insert(values.end(), bounds.begin(), bounds.end());
  for (const Kernel& kernel : kernels()) {
    std::vector<std::int32_t> counts(values.size(), -1);
    kernel.steps->count_below(values.data(), static_cast<int>(values.size()), bounds.data(),
                              static_cast<int>(bounds.size()), counts.data());
    for (std::size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(counts[i], std::lower_bound(bounds.begin(), bounds.end(), values[i]) - bounds.begin())
          << kernel.name << ' ' << values[i];
  }
}

TEST(Fixed, RoundsHalfUpwardsAndSaturates) {
  EXPECT_EQ(to_fixed(1), 1 << fraction_bits);
  EXPECT_EQ(to_fixed(std::ldexp(0.5, -fraction_bits)), 1);
  EXPECT_EQ(to_fixed(std::ldexp(-0.5, -fraction_bits)), 0);
  EXPECT_EQ(to_fixed(1e9), std::numeric_limits<Fixed>::max());
  EXPECT_EQ(to_fixed(-1e9), -std::numeric_limits<Fixed>::max());
  EXPECT_EQ(shift_right(-3, 1), -1);
  EXPECT_EQ(shift_right(3, 1), 2);
}

/// A convolution by its definition.
double at(const Map& map, int y, int x, int channel) {
  const Fixed* found = map.find(y, x);
  return found == nullptr ? 0 : std::ldexp(found[channel], -fraction_bits);
}

TEST(ExactConvolution, SeesWhatItsDefinitionSays) {
  Map map(3, 5, 2);
  map.values = random_fixed(map.values.size(), 1, 7);
  const auto weights = random_floats(std::size_t{3} * 2 * 25, 0.3F, 8), bias = random_floats(3, 1, 9);
  for (const bool masked : {false, true}) {
    const Map result = run(convolution({weights, bias}, 5, Activation::none, masked), map);
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 5; ++x)
        for (int out = 0; out < 3; ++out) {
          double sum = static_cast<double>(bias[static_cast<std::size_t>(out)]);
          for (int in = 0; in < 2; ++in)
            for (int k = 0; k < (masked ? 12 : 25); ++k)
              sum += static_cast<double>(weights[static_cast<std::size_t>((out * 2 + in) * 25 + k)]) *
                     at(map, y + k / 5 - 2, x + k % 5 - 2, in);
          EXPECT_NEAR(at(result, y, x, out), sum, 5e-4);
        }
  }
}

TEST(ExactConvolution, DoublesAsItsDefinitionSays) {
  Map map(2, 3, 2);
  map.values = random_fixed(map.values.size(), 1, 10);
  const auto weights = random_floats(std::size_t{2} * 3 * 25, 0.3F, 11), bias = random_floats(3, 1, 12);
  const Map result = Doubling({weights, bias}, Activation::none).run(map);
  ASSERT_EQ(result.height, 4);
  ASSERT_EQ(result.width, 6);
  std::vector<double> expected(std::size_t{4} * 6 * 3);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = static_cast<double>(bias[i % 3]);
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 3; ++x)
      for (int k = 0; k < 25; ++k) {
        const int to_y = 2 * y - 2 + k / 5, to_x = 2 * x - 2 + k % 5;
        if (to_y < 0 || to_y > 3 || to_x < 0 || to_x > 5) continue;
        for (int in = 0; in < 2; ++in)
          for (int out = 0; out < 3; ++out)
            expected[static_cast<std::size_t>((to_y * 6 + to_x) * 3 + out)] +=
                at(map, y, x, in) *
                static_cast<double>(weights[static_cast<std::size_t>((in * 3 + out) * 25 + k)]);
      }
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(std::ldexp(result.values[i], -fraction_bits), expected[i], 5e-4) << i;
}

}  // namespace
}  // namespace mpq::entropy
