// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Layers of the transforms. Tensors are [1, channels, height, width], channels-last in memory.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "checkpoint/binding.h"
#include "nn/runtime.h"

namespace mpq::mbt2018 {

/// The values, channels last, as float32; none of an undefined tensor.
std::vector<float> in_order(const at::Tensor& x);

struct Convolution {
  at::Tensor weight;  ///< [out, in, kernel height, kernel width]
  at::Tensor bias;    ///< [out]
  std::int64_t stride = 1;

  /// With as many zeros around as half the kernel, rounded down.
  at::Tensor operator()(const at::Tensor& x) const;
};

/// A transposed convolution, 5x5, stride 2, to twice the height and width, as four ordinary ones: an even row
/// or column of the output sees three of the input (weights 4, 2, 0), an odd one two (weights 3, 1). As many
/// operations as the transposed one has, no need for its own kernel: LibTorch 1.13's for bfloat16 computes
/// something else.
struct Upsampling {
  std::array<Convolution, 4> phases;  ///< of even and odd rows times even and odd columns

  /// Outputs of even rows and columns, of even rows and odd columns, and so on; each has the input's size.
  at::Tensor part(std::size_t i, const at::Tensor& x) const;
  std::array<at::Tensor, 4> parts(const at::Tensor& x) const;
  at::Tensor operator()(const at::Tensor& x) const;
};

/// Generalised divisive normalisation (Balle et al. 2016) and its approximate inverse:
/// y[i] = x[i] / sqrt(beta[i] + sum over j of gamma[i][j] x[j]^2), or times the root.
struct Normalisation {
  at::Tensor gamma;  ///< [channels, channels]
  at::Tensor beta;   ///< [channels]
  bool inverse = false;

  /// In place.
  void apply(const at::Tensor& x) const;
};

/// Layers from a checkpoint, in a placement's type.
class LayerReader {
 public:
  LayerReader(const checkpoint::Binding& weights, const nn::Placement& placement)
      : weights_(weights), placement_(placement) {}

  at::Tensor tensor(const std::string& name) const;  ///< float32
  /// The input is `scale` times what the weights were trained for.
  Convolution convolution(const std::string& name, std::int64_t stride, double scale = 1) const;
  Upsampling upsampling(const std::string& name) const;
  Normalisation normalisation(const std::string& name, bool inverse) const;
  /// A parameter of a normalisation as it is used, float32: CompressAI trains its root, bounded and shifted.
  at::Tensor non_negative(const std::string& name) const;

 private:
  at::Tensor placed(const at::Tensor& tensor) const;
  float constant(const std::string& name) const { return weights_.floats(name).at(0); }

  const checkpoint::Binding& weights_;
  const nn::Placement& placement_;
};

}  // namespace mpq::mbt2018
