// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The backbones on LibTorch. Tensors are [pictures, channels, height, width], channels-last in memory, of the
// placement's type.
#pragma once

#include <functional>
#include <vector>

#include "metrics/lpips/architecture.h"
#include "nn/convolution3x3.h"
#include "nn/weights.h"

namespace mpq::lpips {

struct Convolution {
  at::Tensor weight;  ///< [out, in, kernel, kernel]
  at::Tensor bias;    ///< [out]
  std::int64_t stride = 1, padding = 0;
  std::shared_ptr<const nn::Winograd3x3> fast;  ///< or null

  /// With the ReLU after it.
  at::Tensor operator()(const at::Tensor& x) const;
};

/// One layer, or the three convolutions of a Fire module (squeeze, 1x1, 3x3); a pool has none.
struct Step {
  Layer layer;
  std::vector<Convolution> convolutions;

  at::Tensor operator()(const at::Tensor& x) const;

  /// Whether it can leave the largest of each 2x2 outputs, too.
  bool pools() const { return !convolutions.empty() && convolutions[0].fast != nullptr; }
};

/// What of one or more pictures is compared at one layer.
struct Tap {
  at::Tensor features;  ///< as they leave the layer
  at::Tensor scale;     ///< 1 / (norm over the channels + 1e-10), [pictures, height, width], float32
};

struct Model::Network {
  Backbone backbone{};
  nn::Placement placement;
  std::vector<Step> steps;
  std::vector<at::Tensor> linear;  ///< a weight for each channel of a tap, [channels], float32

  /// Bytes, [pictures, height, width, 3], as the network takes them.
  at::Tensor input(const at::Tensor& bytes) const;

  /// Calls `see` with the taps in their order; each goes when it returns, unless kept.
  void run(const at::Tensor& input, const std::function<void(Tap)>& see) const;
};

Tap make_tap(const at::Tensor& features);

/// Distance by place, [pictures, height, width], float32, of `pictures` from the one reference.
at::Tensor distances(const Tap& reference, const Tap& pictures, const at::Tensor& linear);

}  // namespace mpq::lpips
