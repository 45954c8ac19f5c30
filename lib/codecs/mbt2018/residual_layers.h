// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The residual transforms (Nano in architecture.h). Tensors of layers are [pixels, channels] or
// [1, channels, height, width] in channels-last memory, of the placement's type; y is float32.
#pragma once

#include <vector>

#include "codecs/mbt2018/padding.h"
#include "codecs/mbt2018/residual_weights.h"
#include "core/image.h"

namespace mpq::mbt2018 {

class ResidualLayers {
 public:
  ResidualLayers(const ResidualWeights& weights, const nn::Placement& placement);

  /// [1, M, height, width] of a picture (rgb24), whose padding is filled with its edges.
  at::Tensor analyse(const ImageView& picture, const Padding& padding) const;
  void synthesise(const at::Tensor& y, const Padding& padding, const MutableImageView& picture) const;

 private:
  struct Block {
    Convolution gate;
    ResidualWeights::Mix mix;
  };
  struct Side {
    ResidualWeights::Mix linear, patch;
    std::vector<Block> wide, deep;
  };

  static at::Tensor run(const std::vector<Block>& blocks, at::Tensor x);

  const nn::Placement& placement_;
  Side analysis_, synthesis_;
  ResidualWeights::Mix down_, out_, in_, up_;
};

}  // namespace mpq::mbt2018
