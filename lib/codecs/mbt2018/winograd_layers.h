// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The transforms by winograd.h on LibTorch's tensors and threads: bfloat16, on the CPU. What each output is
// does not depend on the number of threads.
#pragma once

#include <array>
#include <memory>

#include "codecs/mbt2018/fast_layers.h"
#include "codecs/mbt2018/winograd.h"

namespace mpq::mbt2018 {

struct WinogradLayers {
  explicit WinogradLayers(const LayerReader& reader);

  std::array<fast::Winograd, 3> g_a;  ///< the second to the last
  std::array<fast::Winograd, 3> g_s;  ///< the first to the third
};

/// Null where the processor has something better, or where numbers of channels do not fit.
std::unique_ptr<const WinogradLayers> winograd_layers(const LayerReader& reader, int n, int m);

/// y of a picture, float32.
at::Tensor analyse(const FastLayers& fast, const WinogradLayers& layers, const ImageView& picture,
                   const Padding& padding);

void synthesise(const FastLayers& fast, const WinogradLayers& layers, const at::Tensor& y,
                const Padding& padding, const MutableImageView& picture);

/// A convolution and the normalisation after it.
at::Tensor convolve(const fast::Winograd& layer, const fast::Normalisation& normalisation,
                    const at::Tensor& x);
/// The same without normalisation, float32.
at::Tensor convolve(const fast::Winograd& layer, const at::Tensor& x);

/// g_a.0 to g_a.3.
at::Tensor first_layers(const FastLayers& fast, const fast::Winograd& layer, const ImageView& picture,
                        const Padding& padding);
/// g_s.4 to g_s.6, of what g_s.3 gives.
void last_layers(const FastLayers& fast, const fast::Winograd& layer, const at::Tensor& x,
                 const Padding& padding, const MutableImageView& picture);

}  // namespace mpq::mbt2018
