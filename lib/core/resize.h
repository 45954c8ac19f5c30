// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Antialiased resizing as Pillow's Image.resize() does it, to the bit: published models were trained and are
// measured on its pixels. The filter's support grows with the reduction; two passes, horizontal first, each
// with 22-bit fixed-point weights and rounded to 8 bits (Pillow, src/libImaging/Resample.c).
#pragma once

#include <cstdint>
#include <vector>

#include "core/image.h"

namespace mpq {

enum class ResizeFilter {
  bilinear,  ///< triangle, support 1
  bicubic,   ///< Keys' cubic with a = -0.5, support 2
};

/// Resizes pictures of one size to another; keeps its weights and scratch between calls. Not thread-safe: one
/// for each thread.
class Resizer {
 public:
  /// Sizes in pixels, 1 to 65535 each. Throws Error(invalid_argument) for others.
  Resizer(int in_width, int in_height, int out_width, int out_height, ResizeFilter filter);

  /// gray8 or rgb24, both views of one format and of the sizes given above, otherwise
  /// Error(invalid_argument). The views must not overlap.
  void resize(const ImageView& in, const MutableImageView& out);

 private:
  /// The input samples and weights of each output sample along one axis.
  struct Axis {
    Axis(int in, int out, ResizeFilter filter);
    int in, out;
    std::size_t taps;  ///< weights stored an output sample
    std::vector<int> first, count;
    std::vector<std::int32_t> weights;  ///< [out, taps], 22 fraction bits
  };

  void horizontal(const ImageView& in, std::uint8_t* rows, std::ptrdiff_t stride);
  void vertical(const std::uint8_t* rows, std::ptrdiff_t stride, const MutableImageView& out);

  Axis x_, y_;
  std::vector<std::uint8_t> row_;   ///< of the input, and a byte more
  std::vector<std::uint8_t> rows_;  ///< between the passes
  std::vector<std::int32_t> sums_;  ///< of one output row
};

}  // namespace mpq
