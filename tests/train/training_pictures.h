// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pictures to train on: waves and noise.
#pragma once

#include <cmath>

#include "train/generator.h"
#include "train/pictures.h"

namespace mpq::test {

inline std::vector<train::Picture> training_pictures(int count, int width, int height) {
  std::vector<train::Picture> all;
  train::Generator random(9, train::Purpose::crops, 0);
  for (int i = 0; i < count; ++i) {
    train::Picture picture{width, height, {}};
    const double a = random.uniform(0.02, 0.1), b = random.uniform(0.02, 0.1);
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < 3 * width; ++x)
        picture.rgb.push_back(static_cast<std::uint8_t>(128 + 50 * std::sin(a * x / 3 + x % 3) +
                                                        40 * std::cos(b * y) + random.uniform(-8, 8)));
    all.push_back(std::move(picture));
  }
  return all;
}

}  // namespace mpq::test
