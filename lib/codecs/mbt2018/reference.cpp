// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Tensors are [1, channels, height, width] unless something else is said.
#include "codecs/mbt2018/reference.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "codecs/mbt2018/layers.h"
#include "core/error.h"
#include "core/text.h"
#include "nn/convolution.h"

namespace mpq::mbt2018 {

struct Reference::Layers {
  Architecture architecture;
  nn::Placement placement;
  std::array<at::Tensor, 5> matrices, biases, factors;  ///< of the bottleneck; matrices after softplus
  at::Tensor medians;                                   ///< [N, 1, 1]
  std::array<Convolution, 3> h_s;                       ///< the first two are transposed
  Convolution context;                                  ///< masked
  std::array<Convolution, 3> parameters;
};

namespace {

using Layers = Reference::Layers;

constexpr double least_scale = 0.11, least_likelihood = 1e-9;

Layers read_layers(const checkpoint::Binding& weights, const Architecture& architecture,
                   const nn::Placement& placement) {
  Layers layers;
  layers.architecture = architecture;
  layers.placement = placement;
  const LayerReader reader(weights, layers.placement);
  const std::string bottleneck = "entropy_bottleneck.";
  for (std::size_t i = 0; i < 5; ++i) {
    layers.matrices[i] = at::softplus(reader.tensor(text(bottleneck, "matrices.", i)));
    layers.biases[i] = reader.tensor(text(bottleneck, "biases.", i));
    if (i < 4) layers.factors[i] = reader.tensor(text(bottleneck, "factors.", i)).tanh();
  }
  layers.medians = reader.tensor(bottleneck + "quantiles").narrow(2, 1, 1);
  for (std::size_t i = 0; i < 3; ++i) layers.h_s[i] = reader.convolution(text("h_s.", 2 * i), i < 2 ? 2 : 1);
  if (architecture.variant != Variant::mbt2018) return layers;
  layers.context = reader.convolution("context_prediction", 1);
  layers.context.weight.narrow(2, 3, 2).zero_();
  layers.context.weight.narrow(2, 2, 1).narrow(3, 2, 3).zero_();
  for (std::size_t i = 0; i < 3; ++i)
    layers.parameters[i] = reader.convolution(text("entropy_parameters.", 2 * i), 1);
  return layers;
}

at::Tensor hyper_synthesis(const Layers& layers, const at::Tensor& z_hat) {
  const bool scales_only = layers.architecture.variant == Variant::hyperprior;
  at::Tensor x = z_hat;
  for (std::size_t i = 0; i < 3; ++i) {
    const Convolution& layer = layers.h_s[i];
    x = i < 2 ? nn::conv_transpose2d(x, layer.weight, layer.bias, 2, 2, 1) : layer(x);
    if (scales_only)
      x = x.relu();
    else if (i < 2)
      x = at::leaky_relu(x);
  }
  return x;
}

/// Scales and means of [1, 4M, height, width].
at::Tensor entropy_parameters(const Layers& layers, const at::Tensor& hyper, const at::Tensor& context) {
  at::Tensor x = at::cat({hyper, context}, 1);
  for (std::size_t i = 0; i < 3; ++i) {
    x = layers.parameters[i](x);
    if (i < 2) x = at::leaky_relu(x);
  }
  return x;
}

/// Of values [N, 1, count].
at::Tensor logits(const Layers& layers, const at::Tensor& values) {
  at::Tensor x = values;
  for (std::size_t i = 0; i < 5; ++i) {
    x = at::matmul(layers.matrices[i], x) + layers.biases[i];
    if (i < 4) x = x + layers.factors[i] * x.tanh();
  }
  return x;
}

double bits(const at::Tensor& likelihoods) {
  return -likelihoods.to(at::kDouble).log2().sum().item<double>();
}

double bottleneck_bits(const Layers& layers, const at::Tensor& z_hat) {
  const at::Tensor values = z_hat.reshape({z_hat.size(1), 1, -1});
  const at::Tensor mass =
      at::sigmoid(logits(layers, values + 0.5)) - at::sigmoid(logits(layers, values - 0.5));
  return bits(mass.clamp_min(least_likelihood));
}

at::Tensor gaussian_likelihoods(const at::Tensor& residual, const at::Tensor& scales) {
  const at::Tensor distance = residual.abs(), scale = scales.clamp_min(least_scale) * std::sqrt(2.0);
  const auto below = [&](double edge) { return at::erfc((distance - edge) / scale) * 0.5; };
  return (below(0.5) - below(-0.5)).clamp_min(least_likelihood);
}

at::Tensor tensor_of(std::span<const float> values, const LatentSize& size, int divisor, int channels) {
  const std::int64_t height = size.height / divisor, width = size.width / divisor;
  if (static_cast<std::int64_t>(values.size()) != height * width * channels)
    throw Error(ErrorCode::invalid_argument,
                text(values.size(), " latents instead of ", height, " x ", width, " x ", channels));
  return at::from_blob(const_cast<float*>(values.data()), {1, height, width, channels}, at::kFloat)
      .permute({0, 3, 1, 2});
}

/// Scales and means, and what is made of them.
struct Parameters {
  at::Tensor scales, means;  ///< no means: zeros
  at::Tensor y_hat;          ///< where it is not the rounded difference to the means, and the means
  at::Tensor context;
};

Parameters split(const Layers& layers, const at::Tensor& both) {
  const std::int64_t m = layers.architecture.m;
  if (layers.architecture.variant == Variant::hyperprior) return {both, at::zeros_like(both), {}, {}};
  return {both.narrow(1, 0, m), both.narrow(1, m, m), {}, {}};
}

/// Latent by latent, each with the context of those before it.
class Sequence {
 public:
  Sequence(const Layers& layers, const at::Tensor& y, const at::Tensor& hyper)
      : layers_(layers),
        y_(y),
        hyper_(hyper),
        coded_(at::zeros({1, y.size(1), y.size(2) + 4, y.size(3) + 4})),
        both_(at::empty_like(hyper)) {}

  /// Whose latents are coded instead of rounded.
  Sequence(const Layers& layers, const at::Tensor& y, const at::Tensor& hyper, const Reference::Code& code)
      : Sequence(layers, y, hyper) {
    code_ = &code;
  }

  Parameters run() {
    for (std::int64_t row = 0; row < y_.size(2); ++row)
      for (std::int64_t column = 0; column < y_.size(3); ++column) code(row, column);
    Parameters parameters = split(layers_, both_);
    parameters.y_hat = at::constant_pad_nd(coded_, {-2, -2, -2, -2});
    return parameters;
  }

 private:
  static at::Tensor at(const at::Tensor& x, std::int64_t row, std::int64_t column, std::int64_t size = 1) {
    return x.narrow(2, row, size).narrow(3, column, size);
  }

  void code(std::int64_t row, std::int64_t column) {
    const at::Tensor context =
        nn::conv2d(at(coded_, row, column, 5), layers_.context.weight, layers_.context.bias, 1, 0);
    const at::Tensor both = entropy_parameters(layers_, at(hyper_, row, column), context);
    at(both_, row, column).copy_(both);
    const Parameters p = split(layers_, both);
    if (code_ != nullptr) return hand_out(row, column, p);
    at(coded_, row + 2, column + 2).copy_((at(y_, row, column) - p.means).round() + p.means);
  }

  void hand_out(std::int64_t row, std::int64_t column, const Parameters& p) {
    const std::vector<float> scales = in_order(p.scales), means = in_order(p.means);
    std::vector<float> latents = in_order(at(y_, row, column));
    (*code_)(scales, means, latents);
    const auto m = static_cast<std::int64_t>(latents.size());
    at(coded_, row + 2, column + 2).copy_(at::from_blob(latents.data(), {1, m, 1, 1}, at::kFloat));
  }

  const Layers& layers_;
  const Reference::Code* code_ = nullptr;
  at::Tensor y_, hyper_;
  at::Tensor coded_;  ///< with two zeros around, what was coded so far
  at::Tensor both_;
};

}  // namespace

Reference::Reference(std::unique_ptr<const Layers> layers) : layers_(std::move(layers)) {}
Reference::~Reference() = default;

std::shared_ptr<const Reference> Reference::load(const checkpoint::Binding& weights,
                                                 const Architecture& architecture, int threads) {
  return nn::apart([&] {
    const nn::Placement placement = nn::place({.precision = nn::Precision::float32, .threads = threads});
    return nn::run(placement, "loading an entropy model", [&] {
      return std::make_shared<const Reference>(
          std::make_unique<const Layers>(read_layers(weights, architecture, placement)));
    });
  });
}

template <class Function>
Reference::Estimate Reference::estimate(std::span<const float> y, std::span<const float> z,
                                        const LatentSize& size, const Function& parameters) const {
  return nn::run(layers_->placement, "estimating a picture's bits", [&] {
    const at::Tensor latents = tensor_of(y, size, 1, layers_->architecture.m);
    const at::Tensor medians = layers_->medians.view({1, -1, 1, 1});
    const at::Tensor z_hat = (tensor_of(z, size, 4, layers_->architecture.n) - medians).round() + medians;
    const at::Tensor hyper = hyper_synthesis(*layers_, z_hat);
    const Parameters p = parameters(latents, hyper);
    const at::Tensor coded = (latents - p.means).round() + p.means;
    const at::Tensor likelihoods = gaussian_likelihoods(coded - p.means, p.scales);
    return Estimate{.z_hat = in_order(z_hat),
                    .hyper = in_order(hyper),
                    .context = in_order(p.context),
                    .scales = in_order(p.scales),
                    .means = in_order(p.means),
                    .y_hat = in_order(p.y_hat.defined() ? p.y_hat : coded),
                    .y_likelihoods = in_order(likelihoods),
                    .y_bits = bits(likelihoods),
                    .z_bits = bottleneck_bits(*layers_, z_hat)};
  });
}

Reference::Estimate Reference::forward(std::span<const float> y, std::span<const float> z,
                                       const LatentSize& size) const {
  return estimate(y, z, size, [&](const at::Tensor& latents, const at::Tensor& hyper) {
    if (layers_->architecture.variant != Variant::mbt2018) return split(*layers_, hyper);
    const at::Tensor rounded = latents.round(), context = layers_->context(rounded);
    Parameters parameters = split(*layers_, entropy_parameters(*layers_, hyper, context));
    parameters.y_hat = rounded;
    parameters.context = context;
    return parameters;
  });
}

Reference::Estimate Reference::compress(std::span<const float> y, std::span<const float> z,
                                        const LatentSize& size) const {
  return estimate(y, z, size, [&](const at::Tensor& latents, const at::Tensor& hyper) {
    if (layers_->architecture.variant != Variant::mbt2018) return split(*layers_, hyper);
    return Sequence(*layers_, latents, hyper).run();
  });
}

std::vector<float> Reference::code(std::span<const float> y, std::span<const float> z_symbols,
                                   const LatentSize& size, const Code& code) const {
  return nn::run(layers_->placement, "coding latents", [&] {
    const Architecture& architecture = layers_->architecture;
    const at::Tensor latents = tensor_of(y, size, 1, architecture.m);
    const at::Tensor medians = layers_->medians.view({1, -1, 1, 1});
    const at::Tensor hyper =
        hyper_synthesis(*layers_, tensor_of(z_symbols, size, 4, architecture.n) + medians);
    if (architecture.variant == Variant::mbt2018)
      return in_order(Sequence(*layers_, latents, hyper, code).run().y_hat);
    const Parameters p = split(*layers_, hyper);
    std::vector<float> result(y.begin(), y.end());
    code(in_order(p.scales), in_order(p.means), result);
    return result;
  });
}

std::vector<float> Reference::medians() const {
  const at::Tensor medians = layers_->medians.contiguous();
  return {medians.data_ptr<float>(), medians.data_ptr<float>() + medians.numel()};
}

}  // namespace mpq::mbt2018
