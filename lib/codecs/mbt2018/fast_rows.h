// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Rows that the fast layers work on, for their sources alone.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "codecs/mbt2018/fast_kernels.h"
#include "codecs/mbt2018/layers.h"
#include "codecs/mbt2018/padding.h"

namespace mpq::mbt2018 {

inline std::span<const float> floats(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

inline fast::Normalisation read_normalisation(const LayerReader& reader, const std::string& name,
                                              bool inverse) {
  const at::Tensor gamma = reader.non_negative(name + ".gamma"), beta = reader.non_negative(name + ".beta");
  return {floats(gamma), floats(beta), inverse};
}

inline fast::Value* values(const at::Tensor& x) {
  return reinterpret_cast<fast::Value*>(x.data_ptr<at::BFloat16>());
}

inline at::Tensor empty(std::int64_t channels, std::int64_t height, std::int64_t width,
                        at::ScalarType type = at::kBFloat16) {
  return at::empty({1, channels, height, width},
                   at::dtype(type).memory_format(at::MemoryFormat::ChannelsLast));
}

/// `count` rows of a padded picture as values, from `first` on.
class PixelRows {
 public:
  PixelRows(const ImageView& picture, const Padding& padding, int first, int count)
      : first_(first),
        step_(fast::row_values(padding.width)),
        values_(static_cast<std::size_t>(step_) * static_cast<std::size_t>(count)) {
    const std::ptrdiff_t left = fast::picture_channels * (std::ptrdiff_t{padding.left} + 2);
    for (int row = first; row < first + count; ++row) {
      const int y = row - padding.top;
      if (y < 0 || y >= picture.height) continue;
      fast::convert_row(picture.planes[0].data + picture.planes[0].stride * y,
                        std::ptrdiff_t{fast::picture_channels} * picture.width,
                        values_.data() + step_ * (row - first) + left);
    }
  }

  /// Outputs of row `y` of the first layer.
  void first_layer(const fast::FirstLayer& layer, int y, int width, fast::Value* out) const {
    const fast::Value* const five[] = {row(2 * y - 2), row(2 * y - 1), row(2 * y), row(2 * y + 1),
                                       row(2 * y + 2)};
    fast::first_layer_row(layer, five, width, out);
  }

 private:
  const fast::Value* row(int y) const { return values_.data() + step_ * (y - first_); }

  int first_;
  std::ptrdiff_t step_;
  std::vector<fast::Value> values_;
};

/// Sums of the rows of outputs that some rows of inputs of the last layer give.
class SumRows {
 public:
  /// Rows from `first` to `last` of the inputs; of the outputs twice as many, and those beside that other
  /// inputs give their part to, too.
  SumRows(const fast::LastLayer& layer, int width, std::int64_t first, std::int64_t last)
      : first_(2 * first - 4),
        step_(fast::sum_values(width)),
        sums_(static_cast<std::size_t>(step_) * static_cast<std::size_t>(2 * (last - first) + 8)) {
    for (std::int64_t row = 2 * first; row < 2 * last; ++row) fast::begin_sums(layer, width, at(row));
  }

  float* at(std::int64_t row) { return sums_.data() + step_ * (row - first_); }

  /// `x` is row `row` of the inputs.
  void add(const fast::LastLayer& layer, const fast::Value* x, int width, std::int64_t row) {
    float* const five[] = {at(2 * row - 2), at(2 * row - 1), at(2 * row), at(2 * row + 1), at(2 * row + 2)};
    fast::add_row(layer, x, width, five);
  }

  /// What another one has for a row of this one.
  void take(SumRows& other, std::int64_t row) {
    const float* from = other.at(row);
    float* to = at(row);
    for (std::ptrdiff_t i = 0; i < step_; ++i) to[i] += from[i];
  }

  /// Rows `first` to `last` of the outputs, as far as they are in the picture.
  void finish(std::int64_t first, std::int64_t last, const Padding& padding,
              const MutableImageView& picture) {
    for (auto y = static_cast<int>(first); y < last; ++y) {
      if (y < padding.top || y >= padding.top + picture.height) continue;
      fast::finish_row(at(y), padding.left, std::ptrdiff_t{fast::picture_channels} * picture.width,
                       picture.planes[0].data + picture.planes[0].stride * (y - padding.top));
    }
  }

 private:
  std::int64_t first_;
  std::ptrdiff_t step_;
  std::vector<float> sums_;
};

}  // namespace mpq::mbt2018
