// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/resize.h"

#if defined(__x86_64__)
#  include <smmintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/image_check.h"
#include "core/text.h"

namespace mpq {
namespace {

constexpr int fraction_bits = 22;
constexpr std::int32_t half = 1 << (fraction_bits - 1);
constexpr int largest = 65535;

double triangle(double x) {
  return std::max(0.0, 1 - std::abs(x));
}

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> fraction_bits, 0, 255));
}

std::int32_t to_fixed(double weight) {
  const double scaled = weight * (1 << fraction_bits);
  return static_cast<std::int32_t>(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

/// One output row.
template <int channels>
void filter_row(const std::uint8_t* in, std::uint8_t* out, int width, const int* first, const int* count,
                const std::int32_t* weights, std::size_t taps) {
  for (int x = 0; x < width; ++x, weights += taps, out += channels) {
    std::int32_t sums[channels];
    std::fill_n(sums, channels, half);
    const std::uint8_t* pixel = in + std::ptrdiff_t{channels} * first[x];
    for (int i = 0; i < count[x]; ++i, pixel += channels)
      for (int c = 0; c < channels; ++c) sums[c] += pixel[c] * weights[i];
    for (int c = 0; c < channels; ++c) out[c] = to_byte(sums[c]);
  }
}

using FilterRow = decltype(filter_row<3>)*;

#if defined(__x86_64__)
/// filter_row<3>() with a vector for each pixel; reads one byte after the row.
[[gnu::target("sse4.1")]] void filter_row_sse4(const std::uint8_t* in, std::uint8_t* out, int width,
                                               const int* first, const int* count,
                                               const std::int32_t* weights, std::size_t taps) {
  for (int x = 0; x < width; ++x, weights += taps, out += 3) {
    __m128i sums = _mm_set1_epi32(half);
    const std::uint8_t* pixel = in + std::ptrdiff_t{3} * first[x];
    for (int i = 0; i < count[x]; ++i, pixel += 3)
      sums = _mm_add_epi32(
          sums, _mm_mullo_epi32(_mm_cvtepu8_epi32(_mm_loadu_si32(pixel)), _mm_set1_epi32(weights[i])));
    sums = _mm_srai_epi32(sums, fraction_bits);
    const int bytes = _mm_cvtsi128_si32(_mm_packus_epi16(_mm_packs_epi32(sums, sums), sums));
    std::memcpy(out, &bytes, 3);
  }
}

FilterRow fastest_filter_row() {
  return __builtin_cpu_supports("sse4.1") ? filter_row_sse4 : filter_row<3>;
}
#else
FilterRow fastest_filter_row() {
  return filter_row<3>;
}
#endif

}  // namespace

Resizer::Axis::Axis(int in_size, int out_size, ResizeFilter filter) : in(in_size), out(out_size), taps(0) {
  if (in < 1 || out < 1 || in > largest || out > largest)
    throw Error(ErrorCode::invalid_argument, text("cannot resize ", in, " pixels to ", out));
  const double scale = static_cast<double>(in) / out, spread = std::max(scale, 1.0);
  const double support = spread * (filter == ResizeFilter::bilinear ? 1 : 2);
  taps = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
  weights.resize(taps * static_cast<std::size_t>(out));
  std::vector<double> exact(taps);
  for (int i = 0; i < out; ++i) {
    const double center = (i + 0.5) * scale, from = center - support + 0.5, to = center + support + 0.5;
    const int begin = std::max(0, static_cast<int>(from));  // towards zero, as Pillow rounds
    const int end = std::min(in, static_cast<int>(to));
    double total = 0;
    for (int k = begin; k < end; ++k) {
      const double at = (k - center + 0.5) * (1 / spread);
      total += exact[static_cast<std::size_t>(k - begin)] =
          filter == ResizeFilter::bilinear ? triangle(at) : cubic(at);
    }
    std::int32_t* row = weights.data() + taps * static_cast<std::size_t>(i);
    for (int k = 0; k < end - begin; ++k)
      row[k] = to_fixed(total != 0 ? exact[static_cast<std::size_t>(k)] / total : 0);
    first.push_back(begin);
    count.push_back(end - begin);
  }
}

Resizer::Resizer(int in_width, int in_height, int out_width, int out_height, ResizeFilter filter)
    : x_(in_width, out_width, filter), y_(in_height, out_height, filter) {}

void Resizer::horizontal(const ImageView& in, std::uint8_t* rows, std::ptrdiff_t stride) {
  static const FilterRow filter_rgb = fastest_filter_row();
  const FilterRow filter = in.format == PixelFormat::rgb24 ? filter_rgb : filter_row<1>;
  const auto bytes =
      static_cast<std::size_t>(in.width) * static_cast<std::size_t>(bytes_per_pixel(in.format));
  row_.resize(bytes + 1);
  for (int y = 0; y < in.height; ++y, rows += stride) {
    std::copy_n(in.planes[0].data + in.planes[0].stride * y, bytes, row_.data());
    filter(row_.data(), rows, x_.out, x_.first.data(), x_.count.data(), x_.weights.data(), x_.taps);
  }
}

// Row by row, so that the compiler's vectors run along it.
void Resizer::vertical(const std::uint8_t* rows, std::ptrdiff_t stride, const MutableImageView& out) {
  const auto samples =
      static_cast<std::size_t>(out.width) * static_cast<std::size_t>(bytes_per_pixel(out.format));
  sums_.resize(samples);
  std::int32_t* const sums = sums_.data();
  for (int y = 0; y < out.height; ++y) {
    const auto at = static_cast<std::size_t>(y);
    std::fill_n(sums, samples, half);
    for (int k = 0; k < y_.count[at]; ++k) {
      const std::uint8_t* row = rows + stride * (y_.first[at] + k);
      const std::int32_t weight = y_.weights[y_.taps * at + static_cast<std::size_t>(k)];
      for (std::size_t i = 0; i < samples; ++i) sums[i] += row[i] * weight;
    }
    std::uint8_t* target = out.planes[0].data + out.planes[0].stride * y;
    for (std::size_t i = 0; i < samples; ++i) target[i] = to_byte(sums[i]);
  }
}

void Resizer::resize(const ImageView& in, const MutableImageView& out) {
  check_view(in);
  if (in.format != out.format || (in.format != PixelFormat::rgb24 && in.format != PixelFormat::gray8) ||
      in.width != x_.in || in.height != y_.in || out.width != x_.out || out.height != y_.out)
    throw Error(
        ErrorCode::invalid_argument,
        text("the resizer is made for gray or RGB pictures from ", x_.in, 'x', y_.in, " to ", x_.out, 'x',
             y_.out, ", not from ", in.width, 'x', in.height, " to ", out.width, 'x', out.height));
  const std::uint8_t* rows = in.planes[0].data;
  std::ptrdiff_t stride = in.planes[0].stride;
  if (x_.in != x_.out) {
    stride = std::ptrdiff_t{x_.out} * bytes_per_pixel(in.format);
    rows_.resize(static_cast<std::size_t>(stride) * static_cast<std::size_t>(in.height));
    horizontal(in, rows_.data(), stride);
    rows = rows_.data();
  }
  if (y_.in != y_.out) return vertical(rows, stride, out);
  const std::ptrdiff_t row = std::ptrdiff_t{out.width} * bytes_per_pixel(out.format);
  for (int y = 0; y < out.height; ++y)
    std::copy_n(rows + stride * y, row, out.planes[0].data + out.planes[0].stride * y);
}

}  // namespace mpq
