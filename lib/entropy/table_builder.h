// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Probability tables for models that were saved without them, built as CompressAI's update() does, in exact
// arithmetic: every machine builds the same.
#pragma once

#include <span>
#include <vector>

#include "entropy/cdf_tables.h"

namespace mpq::entropy {

/// Cumulative frequencies of 16 bits for probabilities that sum to about 1, the last one that of the escape;
/// none gets less than 1. Throws Error(corrupt_data) for negative or too many ones, or no positive one.
std::vector<std::int32_t> quantise_probabilities(std::span<const double> probabilities);

/// 64 scales, evenly spaced in their logarithms, from 0.11 to 256 (Minnen et al. 2018).
std::vector<float> default_scales();

/// A row for each scale: a normal distribution of whole numbers around 0, down to a tail of 1e-9.
/// Throws Error(corrupt_data) for scales that are not positive or too large.
CdfTables gaussian_tables(std::span<const float> scales);

/// One channel's learned density (Balle et al. 2018, appendix 6.1): filters of 3, 3, 3, 3.
struct FactorizedChannel {
  std::span<const float> matrices[5];  ///< [3][1], [3][3], [3][3], [3][3], [1][3]
  std::span<const float> biases[5];    ///< [3] four times, [1]
  std::span<const float> factors[4];   ///< [3]
  std::span<const float> quantiles;    ///< lower tail, median, upper tail
};

/// A row for each channel, of whole numbers around its median. Throws Error(corrupt_data) for values that
/// are no density.
CdfTables factorized_tables(std::span<const FactorizedChannel> channels);

}  // namespace mpq::entropy
