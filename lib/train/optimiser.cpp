// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/optimiser.h"

#include <algorithm>
#include <cmath>

namespace mpq::train {

namespace {
constexpr double decay1 = 0.9, decay2 = 0.999, epsilon = 1e-8, longest_average = 0.999;
}

Optimiser::Optimiser(const Parameters& parameters)
    : moment1(at::zeros_like(parameters.values())),
      moment2(at::zeros_like(parameters.values())),
      average(parameters.values().clone()) {}

double Optimiser::step(const Parameters& parameters, std::uint64_t step, double rate, double most_norm) {
  at::Tensor gradients = parameters.gradients();
  const double norm = gradients.norm().item<double>();
  if (std::isfinite(norm)) {
    if (norm > most_norm) gradients.mul_(most_norm / norm);
    const double count = static_cast<double>(step) + 1;
    const double correction = std::sqrt(1 - std::pow(decay2, count));
    moment1.lerp_(gradients, 1 - decay1);
    moment2.mul_(decay2).addcmul_(gradients, gradients, 1 - decay2);
    const at::Tensor divisor = moment2.sqrt().div_(correction).add_(epsilon);
    at::Tensor values = parameters.values();
    values.addcdiv_(moment1, divisor, -rate / (1 - std::pow(decay1, count)));
    average.lerp_(values, 1 - std::min(longest_average, count / (10 + count)));
  }
  gradients.zero_();
  return norm;
}

}  // namespace mpq::train
