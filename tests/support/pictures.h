// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pictures for the tests: owned pixels with the library's views of them, and synthetic content.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "core/image.h"

namespace mpq::test {

/// Owns its planes. Each row is followed by `padding` bytes of a known value, to prove that nobody writes
/// there.
class Picture {
 public:
  Picture(PixelFormat format, int width, int height, int padding = 0)
      : format_(format), width_(width), height_(height) {
    for (int p = 0; p < plane_count(format); ++p) {
      auto& plane = planes_[static_cast<std::size_t>(p)];
      plane.row = static_cast<std::size_t>(plane_width(format, p, width) * bytes_per_pixel(format));
      plane.rows = static_cast<std::size_t>(plane_height(format, p, height));
      plane.stride = plane.row + static_cast<std::size_t>(padding);
      plane.bytes.assign(plane.stride * plane.rows, padding_value);
    }
  }

  PixelFormat format() const { return format_; }
  int width() const { return width_; }
  int height() const { return height_; }

  ImageView view() const { return make<ImageView>(planes_); }
  MutableImageView mutable_view() { return make<MutableImageView>(planes_); }

  std::uint8_t& at(std::size_t plane, std::size_t row, std::size_t byte) {
    return planes_[plane].bytes[row * planes_[plane].stride + byte];
  }
  std::size_t rows(std::size_t plane) const { return planes_[plane].rows; }
  std::size_t row_bytes(std::size_t plane) const { return planes_[plane].row; }

  /// All planes, one after the other, without padding.
  std::vector<std::uint8_t> pixels() const { return collect(true); }

  bool padding_is_untouched() const {
    const auto padding = collect(false);
    return std::all_of(padding.begin(), padding.end(), [](std::uint8_t b) { return b == padding_value; });
  }

 private:
  static constexpr std::uint8_t padding_value = 0xA5;
  struct Plane {
    std::vector<std::uint8_t> bytes;
    std::size_t row = 0, rows = 0, stride = 0;
  };

  template <class View, class Planes>
  View make(Planes& planes) const {
    View view;
    view.format = format_;
    view.width = width_;
    view.height = height_;
    for (std::size_t p = 0; p < 3; ++p)
      view.planes[p] = {planes[p].bytes.data(), static_cast<std::ptrdiff_t>(planes[p].stride)};
    return view;
  }

  std::vector<std::uint8_t> collect(bool inside) const {
    std::vector<std::uint8_t> out;
    for (const auto& plane : planes_)
      for (std::size_t i = 0; i < plane.bytes.size(); ++i)
        if ((i % plane.stride < plane.row) == inside) out.push_back(plane.bytes[i]);
    return out;
  }

  PixelFormat format_;
  int width_, height_;
  std::array<Plane, 3> planes_;
};

/// Waves that differ from channel to channel, plus uniform noise of +-`noise`. The same on every machine.
inline Picture synthetic(PixelFormat format, int width, int height, int padding = 0, int noise = 12) {
  Picture picture(format, width, height, padding);
  std::mt19937 random(static_cast<unsigned>(width * 7919 + height));
  const auto channels = static_cast<std::size_t>(bytes_per_pixel(format));
  for (std::size_t p = 0; p < static_cast<std::size_t>(plane_count(format)); ++p)
    for (std::size_t y = 0; y < picture.rows(p); ++y)
      for (std::size_t x = 0; x < picture.row_bytes(p); ++x) {
        const double channel = static_cast<double>(p + x % channels),
                     column = static_cast<double>(x / channels);
        const double wave =
            std::sin(column * (0.05 + 0.02 * channel) + static_cast<double>(y) * 0.07 + channel);
        const int dither = static_cast<int>(random() % static_cast<unsigned>(2 * noise + 1)) - noise;
        const int value = 128 + static_cast<int>(std::lround(90 * wave)) + dither;
        picture.at(p, y, x) = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
      }
  return picture;
}

/// Largest difference between bytes of equally long vectors; 256 for different lengths.
inline int largest_difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  if (a.size() != b.size()) return 256;
  int largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

/// In dB, peak 255, over all bytes together; +infinity for equal vectors, NaN for different lengths.
inline double psnr(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.size()) / sum);
}

}  // namespace mpq::test
