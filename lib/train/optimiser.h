// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Adam with gradient clipping, and a moving average of the weights.
#pragma once

#include "train/parameters.h"

namespace mpq::train {

/// Kingma, Ba, "Adam: A Method for Stochastic Optimization" (2015), with its defaults 0.9, 0.999, 1e-8. Its
/// tensors are like Parameters::values(). Not thread-safe.
class Optimiser {
 public:
  explicit Optimiser(const Parameters& parameters);

  /// Takes one step along the gradients, scaled down to a norm of at most `most_norm`, sets them to zero and
  /// returns their norm. Where that is not finite, the weights stay as they are. `step` counts from 0.
  double step(const Parameters& parameters, std::uint64_t step, double rate, double most_norm);

  at::Tensor moment1, moment2;
  at::Tensor average;  ///< of the weights, exponential: of the last thousand steps or a tenth of the steps
};

}  // namespace mpq::train
