// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The order that a context model of 5x5 latents lets latents be computed in: those of one x + 3 y depend on
// earlier ones alone.
#pragma once

#include <vector>

#include "entropy/exact_convolution.h"

namespace mpq::mbt2018 {

inline int wavefronts(int height, int width) {
  return width + 3 * (height - 1);
}

/// The positions of one, by growing y; there may be none. `positions` keeps its memory.
inline void set_wavefront(int step, int height, int width, std::vector<entropy::Tap>* positions) {
  positions->clear();
  for (int y = 0; y < height && 3 * y <= step; ++y)
    if (step - 3 * y < width) positions->push_back({y, step - 3 * y});
}

}  // namespace mpq::mbt2018
