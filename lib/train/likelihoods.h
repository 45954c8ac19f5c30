// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Probabilities of rounded latents, differentiable: the learned density of each channel (Balle et al. 2018,
// appendix 6.1, filters of 3, 3, 3, 3) and normal distributions. As CompressAI computes them.
#pragma once

#include <string>
#include <vector>

#include "train/generator.h"
#include "train/parameters.h"

namespace mpq::train {

/// What a likelihood is at least, and a scale.
inline constexpr double least_likelihood = 1e-9, least_scale = 0.11;

/// Of values that lie `distances` from their means: the mass of a normal distribution within half a step of
/// them. All of one shape.
at::Tensor normal_likelihoods(const at::Tensor& distances, const at::Tensor& scales);

/// One learned density a channel. Its parameters are in `parameters`, which must outlive it, under `prefix`
/// ("entropy_bottleneck."): matrices.0 to 4, biases.0 to 4, factors.0 to 3.
class Density {
 public:
  /// Of a density's parameters.
  static std::vector<NamedShape> shapes(const std::string& prefix, std::int64_t channels);

  Density(const Parameters& parameters, std::string prefix);

  /// Sets the parameters to a wide density around 0.
  void initialise(Generator& generator);
  /// Of values [batch, channels, height, width]: the mass within half a step of them. Without `learns` the
  /// parameters get no gradients.
  at::Tensor likelihoods(const at::Tensor& x, bool learns = true) const;
  /// Where each channel's cumulative has the value 1 / (1 + exp(-logit)): [channels], float64, found by
  /// bisection, within 2^20 of zero. `weights` is like Parameters::values().
  at::Tensor quantiles(const at::Tensor& weights, double logit) const;

 private:
  template <class Part>
  at::Tensor logits(const at::Tensor& x, const Part& part) const;

  const Parameters& parameters_;
  std::string prefix_;
};

}  // namespace mpq::train
