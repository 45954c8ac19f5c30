// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Weights for Winograd's minimal filtering of 3x3 at the points 0, 1, -1 and infinity (winograd3x3.h).
#pragma once

#include <array>
#include <cstddef>

namespace mpq::nn {

constexpr int winograd3x3_points = 4;

/// `w` is [3][3]; the result is [4][4].
inline std::array<float, 16> at_winograd3x3_points(const float* w) {
  constexpr std::size_t points = winograd3x3_points;
  constexpr float matrix[points][3] = {{1, 0, 0}, {0.5F, 0.5F, 0.5F}, {0.5F, -0.5F, 0.5F}, {0, 0, 1}};
  float half[points][3] = {};
  for (std::size_t i = 0; i < points; ++i)
    for (std::size_t x = 0; x < 3; ++x)
      for (std::size_t y = 0; y < 3; ++y) half[i][x] += matrix[i][y] * w[3 * y + x];
  std::array<float, points * points> all{};
  for (std::size_t i = 0; i < points; ++i)
    for (std::size_t j = 0; j < points; ++j)
      for (std::size_t x = 0; x < 3; ++x) all[i * points + j] += matrix[j][x] * half[i][x];
  return all;
}

}  // namespace mpq::nn
