// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/gains.h"

#include <cmath>

#include "core/error.h"
#include "core/text.h"

namespace mpq::mbt2018 {
namespace {

constexpr float largest = 1e6F;  // and the inverse of the smallest

}  // namespace

Gains::Gains(const Model& model, const std::string& tensor)
    : channels_(static_cast<std::size_t>(model.architecture.m)), logarithms_(model.weights.floats(tensor)) {
  for (float& value : logarithms_) {
    if (!(value >= 1 / largest && value <= largest))
      throw Error(ErrorCode::mismatch,
                  text("the model's tensor ", tensor, " holds ", value, ", which is no factor of latents"));
    value = std::log(value);
  }
}

std::vector<float> Gains::at(int quality) const {
  if (logarithms_.empty()) return {};
  const std::size_t low = static_cast<std::size_t>(quality) / level_steps * channels_;
  const float share = static_cast<float>(quality % level_steps) / level_steps;
  const std::size_t high = share > 0 ? low + channels_ : low;
  std::vector<float> factors(channels_);
  for (std::size_t i = 0; i < channels_; ++i)
    factors[i] = std::exp((1 - share) * logarithms_[low + i] + share * logarithms_[high + i]);
  return factors;
}

}  // namespace mpq::mbt2018
