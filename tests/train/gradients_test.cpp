// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Functions and the whole loss against LibTorch's own operators and against differences in float64.
#include <gtest/gtest.h>

#include <cmath>

#include "train/autograd.h"
#include "train/functions.h"
#include "train/mbt2018/loss.h"
#include "train/random.h"

namespace mpq::test {
namespace {

using namespace train;

at::Tensor random(at::IntArrayRef shape, at::ScalarType type = at::kFloat) {
  static Generator generator(1, Purpose::noise, 0);
  return normal(shape, 1, generator).to(type);
}

double relative_error(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kFloat) - b).norm() / b.norm()).item<double>();
}

TEST(TrainFunctions, LowerBoundLetsRaisingGradientsThrough) {
  const at::Tensor x = at::tensor({1.0F, 3.0F, 1.0F, 3.0F}).set_requires_grad(true);
  const at::Tensor y = lower_bound(x, 2);
  EXPECT_TRUE(at::equal(y, at::tensor({2.0F, 3.0F, 2.0F, 3.0F})));
  y.backward(at::tensor({-1.0F, -1.0F, 1.0F, 1.0F}));  // a negative gradient raises x
  EXPECT_TRUE(at::equal(x.grad(), at::tensor({-1.0F, -1.0F, 0.0F, 1.0F})));
}

TEST(TrainFunctions, RoundingHasTheGradientOfItsInput) {
  const at::Tensor x = at::tensor({0.4F, 0.5F, 1.5F, -2.6F}).set_requires_grad(true);
  const at::Tensor y = round_through(x);
  EXPECT_TRUE(at::equal(y, at::tensor({0.0F, 0.0F, 2.0F, -3.0F})));
  y.backward(at::tensor({1.0F, 2.0F, 3.0F, 4.0F}));
  EXPECT_TRUE(at::equal(x.grad(), at::tensor({1.0F, 2.0F, 3.0F, 4.0F})));
}

/// Outputs and gradients of an upsampling against LibTorch's transposed convolution in float32.
template <class Function>
void check_upsampling(const Function& function, at::ScalarType type, double tolerance) {
  const at::Tensor x = random({2, 8, 6, 7}), weight = random({8, 5, 5, 5}), bias = random({5});
  const auto leaf = [](const at::Tensor& t) { return t.detach().clone().set_requires_grad(true); };
  const at::Tensor a[] = {leaf(x), leaf(weight), leaf(bias)}, b[] = {leaf(x), leaf(weight), leaf(bias)};
  const at::Tensor expected = at::conv_transpose2d(a[0], a[1], a[2], 2, 2, 1);
  const at::Tensor actual = function(b[0].to(type), b[1], b[2]);
  EXPECT_LT(relative_error(actual, expected), tolerance);
  const at::Tensor gradient = random(expected.sizes());
  expected.backward(gradient);
  actual.backward(gradient.to(type));
  for (int i = 0; i < 3; ++i) EXPECT_LT(relative_error(b[i].grad(), a[i].grad()), tolerance) << i;
}

TEST(TrainFunctions, UpsamplingsAreTransposedConvolutions) {
  check_upsampling(upsampling, at::kFloat, 1e-5);
  check_upsampling(narrow_upsampling, at::kFloat, 1e-5);
  check_upsampling(upsampling, at::kBFloat16, 0.01);
  check_upsampling(narrow_upsampling, at::kBFloat16, 0.01);
}

TEST(TrainFunctions, ConvolutionInBfloat16HasTheGradientsOfFloat32) {
  const at::Tensor x = random({2, 8, 12, 12}), weight = random({6, 8, 5, 5}), bias = random({6});
  at::Tensor gradients[2];
  for (const int i : {0, 1}) {
    const at::Tensor w = weight.clone().set_requires_grad(true);
    const at::Tensor in = x.clone().set_requires_grad(true);
    const at::Tensor y = convolution(in.to(i == 0 ? at::kFloat : at::kBFloat16), w, bias, 2);
    y.backward(at::ones_like(y));
    gradients[i] = at::cat({w.grad().view({-1}), in.grad().view({-1})});
  }
  EXPECT_LT(relative_error(gradients[1], gradients[0]), 0.01);
}

TEST(TrainFunctions, NormalisationIsWhatItsFormulaSays) {
  for (const bool inverse : {false, true}) {
    const auto leaf = [](const at::Tensor& t) { return t.detach().clone().set_requires_grad(true); };
    const at::Tensor x = random({2, 4, 3, 5}, at::kDouble), beta = random({4}, at::kDouble).abs() + 0.5,
                     gamma = random({4, 4}, at::kDouble).abs();
    const at::Tensor a[] = {leaf(x), leaf(beta), leaf(gamma)}, b[] = {leaf(x), leaf(beta), leaf(gamma)};
    const at::Tensor norm = at::conv2d(a[0] * a[0], a[2].view({4, 4, 1, 1}), a[1]);
    const at::Tensor expected = inverse ? a[0] * norm.sqrt() : a[0] * norm.rsqrt();
    const at::Tensor actual = normalisation(b[0], b[1], b[2], inverse);
    EXPECT_TRUE(at::allclose(actual, expected, 1e-12, 1e-12));
    const at::Tensor gradient = random(expected.sizes(), at::kDouble);
    expected.backward(gradient);
    actual.backward(gradient);
    for (int i = 0; i < 3; ++i)
      EXPECT_TRUE(at::allclose(b[i].grad(), a[i].grad(), 1e-10, 1e-10)) << inverse << i;
  }
}

struct SmallNetwork {
  const char* name;
  train::mbt2018::Architecture architecture;
  const char* last;  ///< the layer that gives scales and means
};

class LossGradient : public testing::TestWithParam<SmallNetwork> {
 protected:
  LossGradient() {
    network_.initialise(3, lambdas_);
    // Away from the bounds, below which gradients are not those of the function.
    for (const auto& [name, shape] : parameters_.shapes())
      if (name.ends_with(".gamma")) part(name).add_(0.2);
    part(GetParam().last).narrow(0, 0, GetParam().architecture.m).fill_(4);
    for (at::Tensor* tensor : {&draw_.level, &draw_.y_noise, &draw_.z_noise})
      *tensor = tensor->to(at::kDouble);
  }
  at::Tensor part(const std::string& name) const { return parameters_.part(parameters_.values(), name); }
  at::Tensor loss(train::mbt2018::Latents latents) const {
    return rate_distortion(network_, x_, draw_, lambdas_, latents).loss;
  }
  /// The gradient along a direction against a central difference.
  void check(const std::string& name, const at::Tensor& direction, train::mbt2018::Latents latents) const {
    const c10::NoGradGuard guard;
    constexpr double step = 1e-6;
    part(name).add_(direction, step);
    const double above = loss(latents).item<double>();
    part(name).add_(direction, -2 * step);
    const double below = loss(latents).item<double>();
    part(name).add_(direction, step);
    const double expected = (above - below) / (2 * step);
    const double actual = (parameters_.part(parameters_.gradients(), name) * direction).sum().item<double>();
    EXPECT_NEAR(actual, expected, 1e-5 * std::max(1.0, std::abs(expected))) << name;
  }
  at::Tensor direction_of(const std::string& name) {
    return normal(part(name).sizes(), 1, generator_).to(at::kDouble);
  }

  const std::vector<double> lambdas_{0.001, 0.004, 0.016};
  train::mbt2018::Network network_{GetParam().architecture, 3, at::kDouble, at::kDouble};
  const Parameters& parameters_ = network_.parameters();
  Generator generator_{4, Purpose::noise, 0};
  train::mbt2018::Draw draw_ = draw_for(network_, 2, 64, generator_);
  const at::Tensor x_ = uniform({2, 3, 64, 64}, 0, 1, generator_).to(at::kDouble);
};

TEST_P(LossGradient, IsTheDifferenceOfLosses) {
  loss(train::mbt2018::Latents::noise).backward();
  for (const auto& [name, shape] : parameters_.shapes())
    if (name != "entropy_bottleneck.medians")  // not trained
      check(name, direction_of(name), train::mbt2018::Latents::noise);
}

/// Of what changes no written number, rate and error are differentiable: the synthesis, and the scales.
TEST_P(LossGradient, OfADecoderIsTheDifferenceOfFiles) {
  loss(train::mbt2018::Latents::written).backward();
  for (const auto& [name, shape] : parameters_.shapes())
    if (name.starts_with("g_s.")) check(name, direction_of(name), train::mbt2018::Latents::written);
  const at::Tensor scales = direction_of(GetParam().last);
  const std::int64_t m = GetParam().architecture.m;
  scales.narrow(0, m, m).zero_();
  check(GetParam().last, scales, train::mbt2018::Latents::written);
}

using train::mbt2018::Variant;

INSTANTIATE_TEST_SUITE_P(
    All, LossGradient,
    testing::Values(SmallNetwork{"mbt2018", {Variant::mbt2018, 3, 6}, "entropy_parameters.4.bias"},
                    SmallNetwork{"mean", {Variant::mean, 3, 6}, "h_s.4.bias"},
                    SmallNetwork{"nano",
                                 {.variant = Variant::mbt2018,
                                  .n = 3,
                                  .m = 6,
                                  .nano = mpq::mbt2018::Nano{.wide = 4,
                                                             .wide_blocks = 1,
                                                             .deep = 5,
                                                             .deep_blocks = 2,
                                                             .hyper = 4,
                                                             .context = 3,
                                                             .parameters = 7}},
                                 "entropy_parameters.4.bias"}),
    [](const auto& network) { return std::string(network.param.name); });

}  // namespace
}  // namespace mpq::test
