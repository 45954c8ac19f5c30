// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Tensors of a checkpoint as LibTorch tensors.
#pragma once

#include <string>

#include "checkpoint/checkpoint.h"
#include "nn/runtime.h"

namespace mpq::nn {

/// A copy on the device, in `type`. Throws what Checkpoint::read throws, Error(unsupported) for types that no
/// weight has.
at::Tensor load(const checkpoint::Checkpoint& checkpoint, const checkpoint::Tensor& tensor,
                at::ScalarType type, at::Device device);

/// A matrix product's weights and bias.
struct Linear {
  at::Tensor weight;  ///< [out, in]
  at::Tensor bias;    ///< [out], or undefined

  at::Tensor operator()(const at::Tensor& input) const { return at::linear(input, weight, bias); }
};

struct LayerNorm {
  at::Tensor weight, bias;  ///< [features], float32
  double eps = 1e-5;

  /// Over the last dimension of a float32 tensor, as `type`.
  at::Tensor operator()(const at::Tensor& input, at::ScalarType type) const {
    return at::layer_norm(input, weight.sizes(), weight, bias, eps).to(type);
  }
};

}  // namespace mpq::nn
