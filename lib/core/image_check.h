// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Checks that every function that takes an image view makes before it touches the pixels.
#pragma once

#include "core/error.h"
#include "core/image.h"
#include "core/text.h"

namespace mpq {

constexpr const char* format_name(PixelFormat format) {
  switch (format) {
    case PixelFormat::gray8:
      return "gray8";
    case PixelFormat::rgb24:
      return "rgb24";
    case PixelFormat::rgba32:
      return "rgba32";
    case PixelFormat::i420:
      return "i420";
    case PixelFormat::y42b:
      return "y42b";
    case PixelFormat::y444:
      return "y444";
  }
  return "unknown";
}

/// Throws Error(invalid_argument) for a size below 1, a missing plane, or a stride shorter than its row.
template <class Byte>
void check_view(const BasicImageView<Byte>& image) {
  if (image.width < 1 || image.height < 1)
    throw Error(ErrorCode::invalid_argument,
                text("an image of ", image.width, "x", image.height, " pixels has no pixels"));
  for (int p = 0; p < plane_count(image.format); ++p) {
    const auto& plane = image.planes[static_cast<std::size_t>(p)];
    const auto row =
        std::ptrdiff_t{plane_width(image.format, p, image.width)} * bytes_per_pixel(image.format);
    if (plane.data == nullptr || plane.stride < row)
      throw Error(ErrorCode::invalid_argument,
                  text("plane ", p, " of a ", format_name(image.format), " image of ", image.width, "x",
                       image.height, " pixels is missing or its stride is below ", row));
  }
}

}  // namespace mpq
