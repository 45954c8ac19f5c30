// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nn/convolution.h"

#include <gtest/gtest.h>

#include <barrier>
#include <thread>

namespace {

namespace nn = mpq::nn;

double largest(const at::Tensor& x) {
  return x.to(at::kFloat).abs().max().item<double>();
}

// Sizes that no one had before, so that oneDNN plans them, in both threads at once.
TEST(Convolution, PlannedForTwoTypesAtOnceIsRightInBoth) {
  constexpr int sizes = 400;
  const at::Tensor weight = at::rand({64, 3, 3, 3}), bias = at::rand({64});
  std::barrier start(2);
  const auto run = [&](at::ScalarType type, double tolerance) {
    const c10::InferenceMode guard;
    at::set_num_threads(1);
    const at::Tensor w = weight.to(type), b = bias.to(type);
    for (int i = 0; i < sizes; ++i) {
      const at::Tensor x =
          at::ones({1, 3, 100 + i % 20, 100 + i / 20}, type).contiguous(at::MemoryFormat::ChannelsLast);
      start.arrive_and_wait();
      const at::Tensor y = nn::conv2d(x, w, b, 2, 0);
      // Everywhere the same, as the picture is.
      const at::Tensor expected = weight.sum({1, 2, 3}) + bias;
      EXPECT_LT(largest(y - expected.view({1, 64, 1, 1})), tolerance * largest(expected))
          << x.sizes() << ' ' << type;
    }
  };
  std::thread other(run, at::kBFloat16, 0.02);
  run(at::kFloat, 1e-5);
  other.join();
}

TEST(Convolution, IsLibTorchs) {
  const c10::InferenceMode guard;
  const at::Tensor x = at::rand({2, 8, 13, 9}), weight = at::rand({8, 4, 3, 5}), bias = at::rand({8});
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(nn::conv2d(x, weight, bias, {2, 1}, {1, 2}, 2)
                    .allclose(at::conv2d(x, weight, bias, {2, 1}, {1, 2}, 1, 2)));
  const at::Tensor up = at::rand({8, 4, 5, 5});
  EXPECT_TRUE(nn::conv_transpose2d(x, up, at::Tensor(), 2, 2, 1)
                  .allclose(at::conv_transpose2d(x, up, at::Tensor(), 2, 2, 1)));
}

}  // namespace
