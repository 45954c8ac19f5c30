// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The residual transforms in float32 on the CPU, by our kernels (nn/float_kernels.h): row by row, with no
// copy of a whole picture between them. They compute what ResidualLayers do, but for rounding.
#pragma once

#include "codecs/mbt2018/padding.h"
#include "codecs/mbt2018/residual_weights.h"
#include "nn/float_kernels.h"

namespace mpq::mbt2018 {

class FloatResidual {
 public:
  /// Whether it is the fastest way here, for these channels.
  static bool pays(const Architecture& architecture, const nn::Placement& placement);

  explicit FloatResidual(const ResidualWeights& weights);

  /// [1, M, height, width] in channels-last memory, of a picture (rgb24), whose padding is filled with its
  /// edges.
  at::Tensor analyse(const ImageView& picture, const Padding& padding) const;
  void synthesise(const at::Tensor& y, const Padding& padding, const MutableImageView& picture) const;

 private:
  /// Outputs of rows of pixels, with bias, and through the leaky ReLU where it is `activated`.
  struct Mix {
    nn::FloatMatrix matrix;
    AlignedVector<float> bias;
    bool activated = false;

    int outputs() const { return matrix.outputs; }
    void operator()(const float* pixels, int count, float* out) const;
  };
  struct Side {
    Mix linear, patch;
    std::vector<nn::GatedBlock> wide, deep;
  };
  /// Pixels of [height][width][channels].
  struct Map {
    AlignedVector<float> values;
    int height = 0, width = 0, channels = 0;

    void resize(int rows, int columns, int depth);
    float* row(int y) { return values.data() + std::ptrdiff_t{y} * width * channels; }
  };
  /// Memory of one picture's maps; kept by a thread from picture to picture.
  struct Maps {
    Map wide, deep, other;
  };

  static Maps& maps();
  /// `other` is room for the outputs of every other block.
  static void run(const std::vector<nn::GatedBlock>& blocks, Map& x, Map& other);
  void analyse_row(const ImageView& picture, const Padding& padding, int y, float* latents, Map& wide) const;
  void synthesise_row(const float* latents, int y, Map& wide, const Padding& padding,
                      const MutableImageView& picture) const;

  Side analysis_, synthesis_;
  Mix down_, out_, in_, up_;
};

}  // namespace mpq::mbt2018
