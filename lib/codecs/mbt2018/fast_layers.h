// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The layers of fast_kernels.h on LibTorch's tensors and threads: bfloat16, on the CPU.
#pragma once

#include <array>
#include <memory>

#include "codecs/mbt2018/fast_kernels.h"
#include "codecs/mbt2018/layers.h"
#include "codecs/mbt2018/padding.h"
#include "core/image.h"

namespace mpq::mbt2018 {

struct FastLayers {
  explicit FastLayers(const LayerReader& reader);

  fast::FirstLayer first;
  fast::LastLayer last;
  std::array<fast::Normalisation, 2> g_a_norm;  ///< after the second and third convolution
  std::array<fast::Normalisation, 3> g_s_norm;
};

/// Null where this placement or processor has no use for them.
std::unique_ptr<const FastLayers> fast_layers(const LayerReader& reader, const nn::Placement& placement,
                                              int channels);

/// Of a picture, padded with zeros, the first convolution, normalised: [1, N, height / 2, width / 2].
at::Tensor first_layer(const fast::FirstLayer& layer, const ImageView& picture, const Padding& padding);

/// In place.
void normalise(const fast::Normalisation& layer, const at::Tensor& x);

/// The four outputs of an Upsampling, normalised and put together.
at::Tensor join(const fast::Normalisation& layer, const std::array<at::Tensor, 4>& parts);

/// The same and the last transposed convolution after it, clamped, rounded to 8 bits and cropped.
void last_layer(const fast::LastLayer& layer, const fast::Normalisation& normalisation,
                const std::array<at::Tensor, 4>& parts, const Padding& padding,
                const MutableImageView& picture);

}  // namespace mpq::mbt2018
