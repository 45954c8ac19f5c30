// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Factors of the latents' channels that make one network a codec of many rates: Cui et al., "Asymmetric
// Gained Deep Image Compression with Continuous Rate Adaptation" (2021).
#pragma once

#include <string>
#include <vector>

#include "codecs/mbt2018/architecture.h"

namespace mpq::mbt2018 {

/// Steps between two trained levels. A quality is a number of them: 0 is the smallest rate.
constexpr int level_steps = 256;

class Gains {
 public:
  /// None: a model of one rate.
  Gains() = default;
  /// The model's tensor `gain` or `inverse_gain`, [levels][M]. Throws Error(mismatch) for values that are not
  /// positive.
  Gains(const Model& model, const std::string& tensor);

  /// Factors of the M channels, geometrically between the levels; empty for a model of one rate. `quality` is
  /// from 0 to highest_quality().
  std::vector<float> at(int quality) const;

 private:
  std::size_t channels_ = 0;
  std::vector<float> logarithms_;
};

/// 0 for a model of one rate.
constexpr int highest_quality(const Architecture& architecture) {
  return architecture.levels == 0 ? 0 : (architecture.levels - 1) * level_steps;
}

}  // namespace mpq::mbt2018
