// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The weights of the residual transforms (Nano in architecture.h) as matrices, in float32 on the CPU and
// contiguous.
#pragma once

#include <vector>

#include "codecs/mbt2018/architecture.h"
#include "codecs/mbt2018/layers.h"

namespace mpq::mbt2018 {

constexpr int patch_size = 8, block_size = 16;  ///< pixels along the squares that are transformed
constexpr float residual_slope = 0.1F;          ///< of the leaky ReLU

struct ResidualWeights {
  /// A matrix product of pixels. Squares of pixels are read row by row, channels last.
  struct Mix {
    at::Tensor weight;  ///< [out, in]
    at::Tensor bias;    ///< [out], or undefined
  };
  struct Block {
    at::Tensor gate;       ///< [2 channels, channels, 3, 3]
    at::Tensor gate_bias;  ///< [2 channels]
    Mix mix;
  };
  struct Side {
    Mix linear, patch;  ///< of blocks and patches; in the analysis for pixels of 0 to 255
    std::vector<Block> wide, deep;
  };

  ResidualWeights(const LayerReader& reader, const Nano& residual);

  Side analysis, synthesis;
  Mix down, out, in, up;
};

}  // namespace mpq::mbt2018
