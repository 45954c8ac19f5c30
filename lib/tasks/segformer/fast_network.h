// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The network of network.h by the kernels of fast_kernels.h: bfloat16, on the CPU, one picture at a time.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "tasks/segformer/fast_kernels.h"
#include "tasks/segformer/network.h"

namespace mpq::segformer {

/// What a forward pass writes, kept between passes; used by one thread's pass at a time.
struct Workspace {
  using Values = std::vector<fast::Value>;

  Values pixels;                ///< [height, width, 3]
  std::vector<float> residual;  ///< [tokens, width]: what runs through a stage
  Values first, second;         ///< [tokens, width]: what leaves a layer norm, before and after attention
  Values reduced;               ///< [keys, 2 * width]: keys and values
  Values packed;                ///< the same as matrices: keys, then values
  std::array<Values, stages> encoded;           ///< [tokens, width]
  std::array<std::vector<float>, stages> head;  ///< [tokens, decoder], of the stages after the first
};

class FastNetwork {
 public:
  /// Whether this processor has the kernels, and they fit the shape and the placement.
  static bool suits(const Shape& shape, const nn::Placement& placement);

  /// Takes its weights from a network in float32.
  explicit FastNetwork(const Model::Network& network);

  /// With the placement's threads, which are set already.
  void forward(const Pixels& picture, Workspace* workspace, Logits* logits) const;

 private:
  /// A convolution as a product: of the values under its kernel, row after row.
  struct Convolution {
    fast::Linear linear;
    int channels, kernel, stride, padding;

    /// Outputs along an axis of so many inputs.
    int outputs(int inputs) const { return (inputs + 2 * padding - kernel) / stride + 1; }
  };
  struct Layer {
    fast::Norm norm1, norm2, reduced_norm;
    fast::Linear query;  ///< with the scale of attention, for powers of two
    fast::Linear key_value, projection, expand, contract;
    std::vector<Convolution> reduce;  ///< one, or none
    fast::Mix mix;
  };
  struct Stage {
    Convolution embed;
    fast::Norm embed_norm, norm;
    std::vector<Layer> layers;
    fast::Linear head;
    int heads;
  };
  /// Tokens of a stage.
  struct Grid {
    int height, width;
    std::int64_t tokens() const { return std::int64_t{height} * width; }
  };
  class Pass;

  static Convolution convolution(const segformer::Convolution& from);
  static Layer layer(const segformer::Layer& from, int heads);

  std::vector<Stage> stage_;
  fast::Linear classifier_;
  int classes_;
};

}  // namespace mpq::segformer
