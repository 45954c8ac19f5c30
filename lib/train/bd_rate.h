// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Bjontegaard's delta rate: how many bits more or fewer a codec takes than another at the same quality. What
// benchmarks/curves/bd_rate.py computes. No LibTorch.
#pragma once

#include <optional>
#include <vector>

namespace mpq::train {

/// A point of a curve, or a codec's mean over pictures.
struct Score {
  double rate = 0;  ///< bits a pixel, above 0
  double psnr = 0;  ///< dB
};

/// In percent: -20 where `other` takes 20 % fewer bits than `anchor`, on the mean of the logarithm over the
/// qualities that both reach (G. Bjontegaard, VCEG-M33, 2001), the logarithm of the rate being a piecewise
/// cubic function of the quality that keeps the data's monotonicity (F. N. Fritsch and J. Butland, 1984).
/// None where the curves have no quality in common, or one of them has fewer than two finite points or two of
/// the same quality. The order of the points does not count.
std::optional<double> bd_rate(const std::vector<Score>& anchor, const std::vector<Score>& other);

}  // namespace mpq::train
