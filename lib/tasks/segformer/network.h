// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The network itself: four stages of transformer layers, each on fewer and wider tokens, and a decode head
// that looks at all of them.
#pragma once

#include <memory>
#include <vector>

#include "nn/convolution.h"
#include "nn/weights.h"
#include "tasks/segformer/segformer.h"

namespace mpq::segformer {

/// Layer norms have this everywhere: Hugging Face's code does not read the layer_norm_eps of its config.json.
constexpr double eps = 1e-5;

struct Convolution {
  at::Tensor weight, bias;
  std::int64_t stride = 1, padding = 0, groups = 1;

  at::Tensor operator()(const at::Tensor& x) const {
    return nn::conv2d(x, weight, bias, stride, padding, groups);
  }
};

struct Layer {
  nn::LayerNorm norm1, norm2, reduced_norm;  ///< the last without weights where the ratio is 1
  nn::Linear query, key_value;               ///< [2 * width, width]: keys, then values
  Convolution reduce;                        ///< without weights where the ratio is 1
  nn::Linear projection, expand, contract;
  Convolution mix;  ///< 3x3, each channel alone
};

struct Stage {
  Convolution embed;
  nn::LayerNorm embed_norm, norm;
  std::vector<Layer> layers;
  nn::Linear head;  ///< [decoder, width]; the first stage's has the bias of all
};

/// Tokens of a picture, row after row: [pictures, height * width, features].
struct Tokens {
  at::Tensor values;
  std::int64_t height, width;

  /// As a picture, [pictures, features, height, width], in the same memory.
  at::Tensor picture() const {
    return values.view({values.size(0), height, width, values.size(2)}).permute({0, 3, 1, 2});
  }
};

class FastNetwork;

/// Sums that run through layers stay in float32; products are of the placement's type.
///
/// The published head projects each stage to `decoder` features, enlarges these to the first stage's size,
/// and multiplies all 4 * decoder of them by a matrix, before a batch norm. All of that is linear, and
/// enlarging leaves constants as they are, so that the matrix and the norm go into each stage's projection,
/// before the enlarging: a sixteenth of the products, computed from the same weights.
struct Model::Network {
  Shape shape;
  nn::Placement placement;
  std::shared_ptr<const FastNetwork> fast;  ///< null where it does not suit; otherwise all that there is
  std::vector<Stage> stage;
  nn::Linear classifier;

  /// What enters the first layer of stage `i`, of what left the stage before; [pictures, 3, height, width],
  /// float32, for the first.
  Tokens embed(std::size_t i, const at::Tensor& picture) const;
  /// What leaves layer `j` of stage `i`.
  at::Tensor layer(std::size_t i, std::size_t j, const Tokens& x) const;
  /// What leaves stage `i`, of the placement's type.
  Tokens encode(std::size_t i, const at::Tensor& picture) const;
  /// Of all stages' outputs to logits [pictures, height, width, classes], float32.
  at::Tensor decode(const std::vector<Tokens>& encoded) const;
  /// [pictures, 3, height, width], float32, to logits.
  at::Tensor forward(const at::Tensor& pictures) const;
};

}  // namespace mpq::segformer
