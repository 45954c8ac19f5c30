// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Non-owning views of 8-bit images, as the image codecs read and write them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mpq {

/// Memory layouts. YUV formats are planar and 8 bit; chroma planes round odd luma sizes up.
enum class PixelFormat {
  gray8,   ///< one plane, luma only
  rgb24,   ///< one plane, R G B
  rgba32,  ///< one plane, R G B A, straight (not premultiplied) alpha
  i420,    ///< Y, U, V; chroma halved both ways
  y42b,    ///< Y, U, V; chroma halved horizontally
  y444,    ///< Y, U, V; chroma at full size
};

/// One plane: `stride` bytes from a row to the next, `stride` >= bytes of a row.
template <class Byte>
struct BasicPlane {
  Byte* data = nullptr;
  std::ptrdiff_t stride = 0;
};

/// A view does not own its pixels; they must outlive it. Copy freely; no thread rule of its own.
template <class Byte>
struct BasicImageView {
  PixelFormat format = PixelFormat::gray8;
  int width = 0;   ///< pixels, >= 1
  int height = 0;  ///< pixels, >= 1
  std::array<BasicPlane<Byte>, 3> planes{};
};

using ImageView = BasicImageView<const std::uint8_t>;
using MutableImageView = BasicImageView<std::uint8_t>;

constexpr bool is_yuv(PixelFormat f) {
  return f == PixelFormat::i420 || f == PixelFormat::y42b || f == PixelFormat::y444;
}
constexpr int plane_count(PixelFormat f) {
  return is_yuv(f) ? 3 : 1;
}
constexpr int bytes_per_pixel(PixelFormat f) {
  return f == PixelFormat::rgb24 ? 3 : f == PixelFormat::rgba32 ? 4 : 1;
}
/// Width or height of `plane` in samples, for a luma size of `width` or `height`.
constexpr int plane_width(PixelFormat f, int plane, int width) {
  return plane > 0 && (f == PixelFormat::i420 || f == PixelFormat::y42b) ? (width + 1) / 2 : width;
}
constexpr int plane_height(PixelFormat f, int plane, int height) {
  return plane > 0 && f == PixelFormat::i420 ? (height + 1) / 2 : height;
}

}  // namespace mpq
