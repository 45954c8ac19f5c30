// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// PNG by libpng (ISO/IEC 15948): pictures as they look, and the stored numbers of label maps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/image.h"
#include "core/image_header.h"

namespace mpq::png {

/// The numbers that a file stores, neither scaled nor looked up in a palette.
struct Samples {
  int width = 0;                      ///< pixels
  int height = 0;                     ///< pixels
  int channels = 0;                   ///< 1 gray or palette index, 2 gray and alpha, 3 RGB, 4 RGB and alpha
  int depth = 0;                      ///< bits a sample: 1, 2, 4, 8 or 16
  std::vector<std::uint16_t> values;  ///< [height, width, channels], 0 to 2^depth - 1
};

/// Keeps nothing between calls. Not thread-safe: one for each thread.
class Decoder {
 public:
  /// `formats` is gray8, rgb24, rgba32 for gray; rgb24, rgba32 for colour; rgba32, rgb24 (alpha dropped)
  /// where has_alpha. Throws Error(corrupt_data).
  ImageHeader read_header(std::span<const std::uint8_t> bytes);

  /// Writes the whole picture into `image`, whose size must be the header's and whose format one of
  /// `formats`, otherwise Error(invalid_argument). Palettes are looked up, samples of other depths are scaled
  /// to 8 bits; colours are not managed: gamma and profiles do not count, as in Pillow. Throws
  /// Error(corrupt_data), for a file cut short too: it never gives a part of a picture.
  DecodedImageInfo decode(std::span<const std::uint8_t> bytes, const MutableImageView& image);

  /// The stored numbers. Throws Error(corrupt_data), and Error(limit_exceeded) beyond `max_pixels`.
  Samples read_samples(std::span<const std::uint8_t> bytes, std::uint64_t max_pixels);
};

/// Whether the bytes begin with PNG's signature.
bool is_png(std::span<const std::uint8_t> bytes);

}  // namespace mpq::png
