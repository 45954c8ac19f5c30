// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/random.h"

#include <cmath>
#include <numbers>

namespace mpq::train {
namespace {

template <class Draw>
at::Tensor fill(at::IntArrayRef shape, const Draw& draw) {
  at::Tensor all = at::empty(shape, at::kFloat);
  float* values = all.data_ptr<float>();
  for (std::int64_t i = 0; i < all.numel(); ++i) values[i] = static_cast<float>(draw());
  return all;
}

}  // namespace

at::Tensor uniform(at::IntArrayRef shape, double low, double high, Generator& generator) {
  return fill(shape, [&] { return generator.uniform(low, high); });
}

at::Tensor normal(at::IntArrayRef shape, double deviation, Generator& generator) {
  return fill(shape, [&] {  // Box and Muller
    const double radius = std::sqrt(-2 * std::log(1 - generator.uniform()));
    return deviation * radius * std::cos(2 * std::numbers::pi * generator.uniform());
  });
}

}  // namespace mpq::train
