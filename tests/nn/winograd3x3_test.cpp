// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>

#include <array>

#include "nn/convolution3x3.h"

namespace {

constexpr auto channels_last = at::MemoryFormat::ChannelsLast;
const char* const not_here = "for processors with AVX-512 BF16 and without AMX alone";
const mpq::nn::Placement bfloat16{at::kCPU, at::kBFloat16, 2};

at::Tensor random(at::IntArrayRef shape, std::uint64_t seed) {
  at::manual_seed(seed);
  return at::randn(shape);
}

at::Tensor rounded(const at::Tensor& x) {
  return x.to(at::kBFloat16).to(at::kFloat);
}

double relative_error(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kFloat) - b).norm() / b.norm()).item<double>();
}

TEST(Winograd3x3, IsTheConvolutionAndItsReluForAllSizes) {
  if (!mpq::nn::Winograd3x3::pays(64, 64)) GTEST_SKIP() << not_here;
  for (const auto& [pictures, inputs, outputs, height, width] :
       {std::array{1, 64, 64, 8, 10}, std::array{2, 16, 128, 7, 5}, std::array{1, 512, 64, 1, 1},
        std::array{1, 320, 64, 3, 2}, std::array{3, 64, 64, 33, 47}}) {
    const at::Tensor weight = random({outputs, inputs, 3, 3}, 1), bias = random({outputs}, 2);
    const at::Tensor x = rounded(random({pictures, inputs, height, width}, 3));
    const auto layer = mpq::nn::fast_convolution3x3(weight, bias, bfloat16);
    ASSERT_NE(layer, nullptr);
    at::Tensor pooled;
    const at::Tensor out = mpq::nn::run(bfloat16, "testing", [&] {
      return mpq::nn::convolve_relu(*layer, x.to(at::kBFloat16).contiguous(channels_last), &pooled);
    });
    const at::Tensor expected = at::conv2d(x, weight, bias, 1, 1).relu();
    ASSERT_EQ(out.sizes(), expected.sizes());
    EXPECT_LT(relative_error(out, expected), 0.01) << inputs << ' ' << height << 'x' << width;
    if (height < 2 || width < 2) continue;
    EXPECT_TRUE(at::equal(pooled.to(at::kFloat), at::max_pool2d(out.to(at::kFloat), 2, 2)));
  }
}

TEST(Winograd3x3, DoesNotDependOnTheNumberOfThreads) {
  if (!mpq::nn::Winograd3x3::pays(64, 64)) GTEST_SKIP() << not_here;
  const auto layer = mpq::nn::fast_convolution3x3(random({64, 64, 3, 3}, 1), random({64}, 2), bfloat16);
  const at::Tensor x = random({1, 64, 60, 50}, 3).to(at::kBFloat16).contiguous(channels_last);
  const auto with = [&](int threads) {
    return mpq::nn::run({at::kCPU, at::kBFloat16, threads}, "testing",
                        [&] { return mpq::nn::convolve_relu(*layer, x).to(at::kFloat); });
  };
  EXPECT_TRUE(at::equal(with(1), with(3)));
}

TEST(Winograd3x3, IsForBfloat16OnTheCpuAndFittingChannelsAlone) {
  const at::Tensor weight = random({64, 64, 3, 3}, 1), bias = random({64}, 2);
  EXPECT_EQ(mpq::nn::fast_convolution3x3(weight, bias, {at::kCPU, at::kFloat, 1}), nullptr);
  EXPECT_EQ(mpq::nn::fast_convolution3x3(random({64, 3, 3, 3}, 1), bias, bfloat16), nullptr);
  EXPECT_EQ(mpq::nn::fast_convolution3x3(random({48, 64, 3, 3}, 1), random({48}, 1), bfloat16), nullptr);
}

}  // namespace
