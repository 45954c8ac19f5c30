// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The network itself: pre-norm transformer over patches, class token in front, exact GELU.
#pragma once

#include <vector>

#include "nn/weights.h"
#include "tasks/vit/vit.h"

namespace mpq::vit {

struct Block {
  nn::LayerNorm norm1, norm2;
  nn::Linear qkv;  ///< [3 * width, width]: query, key, value, each head after head
  nn::Linear projection, expand, contract;
};

struct Model::Network {
  Shape shape;
  nn::Placement placement;
  nn::Linear patch;     ///< [width, 3 * patch * patch]; its bias is in `position`
  at::Tensor token;     ///< [1, 1, width], float32, with its position added
  at::Tensor position;  ///< [1, patches, width], float32
  std::vector<Block> blocks;
  nn::LayerNorm norm;
  nn::Linear head;  ///< float32: one token, and the last thing that could blur the answer

  /// [pictures, 3, image_size, image_size], float32, to logits [pictures, classes], float32.
  at::Tensor forward(const at::Tensor& pixels) const;
  /// [pictures, 1 + patches, width], float32: what enters block 0.
  at::Tensor embed(const at::Tensor& pixels) const;
  /// What leaves block `i`; only its first `tokens` tokens, where the rest is not needed.
  at::Tensor block(std::size_t i, const at::Tensor& x, std::int64_t tokens) const;
};

}  // namespace mpq::vit
