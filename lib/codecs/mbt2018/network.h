// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The layers of g_a, h_a and g_s. Tensors are [1, channels, height, width], channels-last in memory, of the
// placement's type.
#pragma once

#include "codecs/mbt2018/fast_layers.h"
#include "codecs/mbt2018/gains.h"
#include "codecs/mbt2018/layers.h"
#include "codecs/mbt2018/residual_float.h"
#include "codecs/mbt2018/residual_layers.h"
#include "codecs/mbt2018/transforms.h"
#include "codecs/mbt2018/winograd_layers.h"

namespace mpq::mbt2018 {

struct Network {
  Network(const Model& model, const nn::Placement& p);

  Architecture architecture;
  nn::Placement placement;
  Gains gain, inverse_gain;
  std::array<Convolution, 3> h_a;
  std::unique_ptr<const ResidualLayers> residual;       ///< or null, and the rest is empty where it is not,
  std::unique_ptr<const FloatResidual> float_residual;  ///< or this
  std::array<Convolution, 4> g_a;                       ///< the first for pixels of 0 to 255
  std::array<Upsampling, 4> g_s;
  std::array<Normalisation, 3> g_a_norm, g_s_norm;
  std::unique_ptr<const FastLayers> fast;          ///< or null
  std::unique_ptr<const WinogradLayers> winograd;  ///< or null, and where `fast` is

  /// g_a.2i and the normalisation after it, if there is one.
  at::Tensor analysis(std::size_t i, const at::Tensor& x) const;
  /// Of y of either type.
  at::Tensor hyper_analysis(const at::Tensor& y) const;
  /// g_s.2i and the normalisation after it, if there is one.
  at::Tensor synthesis(std::size_t i, const at::Tensor& x) const;

  /// y of a picture, of the placement's type or float32.
  at::Tensor analyse(const ImageView& picture, const Padding& padding) const;
  /// Of y in float32.
  void synthesise(const at::Tensor& y, const Padding& padding, const MutableImageView& picture) const;
};

}  // namespace mpq::mbt2018
