// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nn/float_kernels.h"

#include <gtest/gtest.h>

#include <array>

#include "nn/torch.h"

namespace {

using mpq::nn::FloatKernels;
using mpq::nn::FloatMatrix;
using mpq::nn::GatedBlock;
using mpq::nn::GatedPicture;

at::Tensor random(at::IntArrayRef shape, std::uint64_t seed) {
  at::manual_seed(seed);
  return at::randn(shape);
}

std::span<const float> values(const at::Tensor& x) {
  return {x.data_ptr<float>(), static_cast<std::size_t>(x.numel())};
}

double relative_error(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

TEST(FloatKernels, MultiplyMatrices) {
  for (const FloatKernels& kernels : mpq::nn::all_float_kernels())
    for (const auto& [inputs, outputs, rows] :
         {std::array{1, 16, 1}, std::array{5, 96, 7}, std::array{768, 192, 13}, std::array{64, 48, 48}}) {
      const at::Tensor weight = random({outputs, inputs}, 1), x = random({rows, inputs}, 2);
      const FloatMatrix matrix(kernels, values(weight), outputs);
      const at::Tensor out = at::empty({rows, outputs});
      kernels.multiply(matrix, x.data_ptr<float>(), inputs, rows, out.data_ptr<float>(), outputs);
      EXPECT_LT(relative_error(out, at::linear(x, weight)), 1e-6)
          << kernels.name << ' ' << inputs << ' ' << outputs << ' ' << rows;
    }
}

struct Weights {
  explicit Weights(int channels)
      : gate(random({2 * channels, channels, 3, 3}, 1) * 0.1),
        gate_bias(random({2 * channels}, 2)),
        mix(random({channels, channels}, 3) * 0.1),
        mix_bias(random({channels}, 4)) {}

  GatedBlock block(const FloatKernels& kernels) const {
    return {kernels, values(gate), values(gate_bias), values(mix), values(mix_bias)};
  }
  /// Of x [height, width, channels], as LibTorch computes it.
  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor both =
        at::conv2d(x.permute({2, 0, 1}).unsqueeze(0), gate, gate_bias, 1, 1).squeeze(0).permute({1, 2, 0});
    const auto parts = both.chunk(2, 2);
    return x + at::linear(parts[0] * at::sigmoid(parts[1]), mix, mix_bias);
  }

  at::Tensor gate, gate_bias, mix, mix_bias;
};

at::Tensor run(const GatedBlock& block, const at::Tensor& x, int tiles_at_once) {
  at::Tensor y = at::full_like(x, 1e30);
  const GatedPicture picture{x.data_ptr<float>(), y.data_ptr<float>(), static_cast<int>(x.size(0)),
                             static_cast<int>(x.size(1))};
  mpq::nn::FloatScratch scratch;
  for (int first = 0; first < picture.tiles(); first += tiles_at_once)
    block.kernels->run(block, picture, first, std::min(tiles_at_once, picture.tiles() - first), &scratch);
  return y;
}

TEST(FloatKernels, RunGatedBlocksOfAllSizes) {
  for (const FloatKernels& kernels : mpq::nn::all_float_kernels())
    for (const auto& [channels, height, width] :
         {std::array{32, 1, 1}, std::array{64, 7, 5}, std::array{96, 12, 16}, std::array{64, 2, 9}}) {
      const Weights weights(channels);
      const at::Tensor x = random({height, width, channels}, 5);
      const at::Tensor expected = weights(x);
      EXPECT_LT(relative_error(run(weights.block(kernels), x, 48), expected), 1e-6)
          << kernels.name << ' ' << channels << ' ' << height << 'x' << width;
    }
}

TEST(FloatKernels, OpenAndCloseGatesOfAnySize) {
  Weights weights(32);
  weights.gate.zero_();
  const at::Tensor x = random({2, 2, 32}, 5);
  for (const FloatKernels& kernels : mpq::nn::all_float_kernels())
    for (const float size : {-1e30F, -100.0F, -88.0F, -1e-9F, 0.0F, 3.0F, 100.0F, 1e30F}) {
      weights.gate_bias.narrow(0, 32, 32).fill_(size);
      const at::Tensor y = run(weights.block(kernels), x, 48);
      EXPECT_LT(relative_error(y, weights(x)), 1e-6) << kernels.name << ' ' << size;
    }
}

TEST(FloatKernels, DoNotDependOnHowManyTilesAreComputedAtOnce) {
  const Weights weights(64);
  const at::Tensor x = random({24, 31, 64}, 5);
  for (const FloatKernels& kernels : mpq::nn::all_float_kernels()) {
    const GatedBlock block = weights.block(kernels);
    const at::Tensor whole = run(block, x, 1000);
    for (const int tiles : {1, 7, 48}) EXPECT_TRUE(at::equal(run(block, x, tiles), whole)) << kernels.name;
  }
}

}  // namespace
