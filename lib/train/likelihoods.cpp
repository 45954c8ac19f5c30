// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/likelihoods.h"

#include <array>
#include <cmath>

#include "core/text.h"
#include "train/functions.h"
#include "train/random.h"

namespace mpq::train {

namespace {
constexpr std::array<std::int64_t, 6> filters{1, 3, 3, 3, 3, 1};
constexpr double initial_width = 10;
}  // namespace

at::Tensor normal_likelihoods(const at::Tensor& distances, const at::Tensor& scales) {
  const at::Tensor distance = distances.abs(), width = lower_bound(scales, least_scale) * std::sqrt(2.0);
  const at::Tensor mass = (at::erfc((distance - 0.5) / width) - at::erfc((distance + 0.5) / width)) * 0.5;
  return lower_bound(mass, least_likelihood);
}

std::vector<NamedShape> Density::shapes(const std::string& prefix, std::int64_t channels) {
  std::vector<NamedShape> all;
  for (std::size_t i = 0; i < 5; ++i) {
    all.push_back({text(prefix, "matrices.", i), {channels, filters[i + 1], filters[i]}});
    all.push_back({text(prefix, "biases.", i), {channels, filters[i + 1], 1}});
    if (i < 4) all.push_back({text(prefix, "factors.", i), {channels, filters[i + 1], 1}});
  }
  return all;
}

Density::Density(const Parameters& parameters, std::string prefix)
    : parameters_(parameters), prefix_(std::move(prefix)) {}

void Density::initialise(Generator& generator) {
  const double scale = std::pow(initial_width, 1.0 / 5);
  for (std::size_t i = 0; i < 5; ++i) {
    const double weight = std::log(std::expm1(1 / scale / static_cast<double>(filters[i + 1])));
    parameters_.part(parameters_.values(), text(prefix_, "matrices.", i)).fill_(weight);
    const at::Tensor biases = parameters_.part(parameters_.values(), text(prefix_, "biases.", i));
    biases.copy_(uniform(biases.sizes(), -0.5, 0.5, generator));
    if (i < 4) parameters_.part(parameters_.values(), text(prefix_, "factors.", i)).zero_();
  }
}

template <class Part>
at::Tensor Density::logits(const at::Tensor& values, const Part& part) const {
  at::Tensor x = values;
  for (std::size_t i = 0; i < 5; ++i) {
    x = at::matmul(at::softplus(part(text(prefix_, "matrices.", i))), x) + part(text(prefix_, "biases.", i));
    if (i < 4) x = x + part(text(prefix_, "factors.", i)).tanh() * x.tanh();
  }
  return x;
}

at::Tensor Density::likelihoods(const at::Tensor& x, bool learns) const {
  const at::Tensor channels = x.transpose(0, 1);
  const at::Tensor values = channels.reshape({x.size(1), 1, -1});
  const auto part = [&](const std::string& name) {
    return learns ? parameters_[name] : parameters_[name].detach();
  };
  const at::Tensor lower = logits(values - 0.5, part), upper = logits(values + 0.5, part);
  // Where both are near 1 their difference would be lost: the same is taken from the other side.
  const at::Tensor sign = 1 - 2 * (lower + upper).gt(0).to(x.scalar_type());  // never 0
  const at::Tensor mass = (at::sigmoid(sign * upper) - at::sigmoid(sign * lower)).abs();
  return lower_bound(mass, least_likelihood).view(channels.sizes()).transpose(0, 1);
}

at::Tensor Density::quantiles(const at::Tensor& weights, double logit) const {
  const c10::NoGradGuard guard;
  const auto part = [&](const std::string& name) {
    return parameters_.part(weights, name).to(at::kCPU, at::kDouble);
  };
  at::Tensor low = at::full({part(prefix_ + "biases.0").size(0), 1, 1}, -0x1p20, at::kDouble), high = -low;
  for (int i = 0; i < 60; ++i) {
    const at::Tensor middle = (low + high) * 0.5;
    const at::Tensor above = logits(middle, part).ge(logit);
    high = at::where(above, middle, high);
    low = at::where(above, low, middle);
  }
  return high.view({-1});
}

}  // namespace mpq::train
