// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Bilinear interpolation as PyTorch has it with align_corners=false: half-pixel centres, edges repeated.
#pragma once

#include <algorithm>
#include <vector>

namespace mpq::segformer {

/// Where a pixel lies between two samples along an axis.
struct Position {
  int first, second;
  float weight;  ///< of the second
};

/// Of each of `to` pixels among `from` samples.
inline std::vector<Position> positions(int from, int to) {
  const float step = static_cast<float>(from) / static_cast<float>(to);
  std::vector<Position> all;
  for (int i = 0; i < to; ++i) {
    const float at = std::max(0.0F, step * (static_cast<float>(i) + 0.5F) - 0.5F);
    const int first = std::min(static_cast<int>(at), from - 1);
    all.push_back({first, std::min(first + 1, from - 1), at - static_cast<float>(first)});
  }
  return all;
}

}  // namespace mpq::segformer
