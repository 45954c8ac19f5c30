// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A block of sums stays in the registers: so many pixels times so many vectors of 16 outputs. For each pair
// of inputs a vector of weights is read once a block and a pixel's pair once a vector, so that the
// multipliers and not the loads are the limit.
#include "codecs/mbt2018/fast_kernels.h"

#include <algorithm>
#include <array>

#include "nn/avx512.h"

namespace mpq::mbt2018::fast {

using namespace nn::avx512;

namespace {

constexpr int group = 64;  // outputs whose weights are together, so that they stay in the first cache

/// Where a weight is among [outputs / 64][pairs][64][2].
std::size_t panel_index(std::size_t pairs, std::size_t in, std::size_t out) {
  return ((out / group * pairs + in / 2) * group + out % group) * 2 + in % 2;
}

}  // namespace
Normalisation::Normalisation(std::span<const float> g, std::span<const float> b, bool is_inverse)
    : channels(static_cast<int>(b.size())), inverse(is_inverse), gamma(g.size()), beta(b.begin(), b.end()) {
  const std::size_t n = b.size();
  for (std::size_t out = 0; out < n; ++out)
    for (std::size_t in = 0; in < n; ++in) gamma[panel_index(n / 2, in, out)] = to_bfloat16(g[out * n + in]);
}

FirstLayer::FirstLayer(std::span<const float> w, std::span<const float> b, Normalisation norm)
    : channels(static_cast<int>(b.size())),
      weight(b.size() * 80),
      bias(b.begin(), b.end()),
      normalisation(std::move(norm)) {
  const std::size_t n = b.size();
  for (std::size_t out = 0; out < n; ++out)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t y = 0; y < 5; ++y)
        for (std::size_t x = 0; x < 5; ++x) {
          const std::size_t in = 16 * y + 3 * x + c;
          weight[panel_index(40, in, out)] = to_bfloat16(w[((out * 3 + c) * 5 + y) * 5 + x]);
        }
}

LastLayer::LastLayer(std::span<const float> w, std::span<const float> b)
    : channels(static_cast<int>(w.size() / 75)), weight(w.size() / 75 * 80) {
  for (std::size_t in = 0; in < w.size() / 75; ++in)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t y = 0; y < 5; ++y)
        for (std::size_t x = 0; x < 5; ++x)
          weight[((in / 2 * 5 + y) * 16 + 3 * x + c) * 2 + in % 2] =
              to_bfloat16(255 * w[((in * 3 + c) * 5 + y) * 5 + x]);
  for (const float value : b) bias.push_back(255 * value);
}

void convert_row(const std::uint8_t* bytes, std::ptrdiff_t count, Value* values) {
  static const auto table = [] {
    std::array<Value, 256> entries{};
    for (std::size_t i = 0; i < 256; ++i) entries[i] = to_bfloat16(static_cast<float>(i));
    return entries;
  }();
  for (std::ptrdiff_t i = 0; i < count; ++i) values[i] = table[bytes[i]];
}

void begin_sums(const LastLayer& layer, int width, float* sums) {
  const std::ptrdiff_t count = sum_values(width);
  for (std::ptrdiff_t i = 0; i < count; ++i) sums[i] = layer.bias[static_cast<std::size_t>(i % 3)];
}

#ifdef MPQ_AVX512

namespace {

constexpr int vectors = group / lanes, most_channels = 1024;
constexpr int block = 6, last_block = 5;  // pixels that with their weights fill the 32 registers
constexpr int chunk = 24;                 // pixels that a panel of weights is used for

template <int pixels>
MPQ_INLINE void begin(Sums<pixels, vectors>& sums, const float* bias) {
#  pragma GCC unroll 8
  for (int i = 0; i < pixels; ++i)
#  pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sums[i][v] = _mm512_loadu_ps(bias + v * lanes);
}

struct ReadValues {
  const Value* x;
  std::ptrdiff_t step;
  MPQ_INLINE __m512 operator()(int i, int channel) const { return load16(x + i * step + channel); }
};

struct ReadFloats {
  const float* x;
  std::ptrdiff_t step;
  MPQ_INLINE __m512 operator()(int i, int channel) const { return _mm512_loadu_ps(x + i * step + channel); }
};

/// Outputs of a group from `first` on, of pixels from `at` on. Squares are [chunk][channels].
template <int pixels, bool inverse, class Read>
MPQ_INLINE void normalise_block(const Normalisation& layer, int first, int at, const Value* squares,
                                const Read& read, Value* y, std::ptrdiff_t y_step) {
  const int n = layer.channels;
  Sums<pixels, vectors> sums;
  begin<pixels>(sums, layer.beta.data() + first);
  multiply<pixels, vectors>(sums, squares + at * n, n, n / 2, layer.gamma.data() + std::ptrdiff_t{first} * n,
                            2 * group);
#  pragma GCC unroll 8
  for (int i = 0; i < pixels; ++i)
#  pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      const int channel = first + v * lanes;
      const __m512 root = inverse ? _mm512_sqrt_ps(sums[i][v]) : _mm512_rsqrt14_ps(sums[i][v]);
      store16(y + (at + i) * y_step + channel, _mm512_mul_ps(root, read(at + i, channel)));
    }
}

/// Up to `chunk` pixels.
template <bool inverse, class Read>
MPQ_TARGET void normalise_chunk(const Normalisation& layer, const Read& read, Value* y, std::ptrdiff_t y_step,
                                int count) {
  const int n = layer.channels;
  alignas(64) Value squares[chunk * most_channels];
  for (int i = 0; i < count; ++i)
    for (int c = 0; c < n; c += lanes) {
      const __m512 x = read(i, c);
      store16(squares + i * n + c, _mm512_mul_ps(x, x));
    }
  for (int first = 0; first < n; first += group) {
    int i = 0;
    for (; i + block <= count; i += block)
      normalise_block<block, inverse>(layer, first, i, squares, read, y, y_step);
    for (; i < count; ++i) normalise_block<1, inverse>(layer, first, i, squares, read, y, y_step);
  }
}

template <class Read>
void normalise_some(const Normalisation& layer, const Read& read, Value* y, std::ptrdiff_t y_step,
                    int count) {
  if (layer.inverse)
    normalise_chunk<true>(layer, read, y, y_step, count);
  else
    normalise_chunk<false>(layer, read, y, y_step, count);
}

/// Outputs of the first convolution alone, of a group from `first` on: `out` is [pixels][channels].
template <int pixels>
MPQ_INLINE void convolve_block(const FirstLayer& layer, int first, const Value* const rows[5],
                               std::ptrdiff_t at, float* out) {
  Sums<pixels, vectors> sums;
  begin<pixels>(sums, layer.bias.data() + first);
  for (int row = 0; row < 5; ++row)
    multiply<pixels, vectors>(sums, rows[row] + at, 2 * picture_channels, 8,
                              layer.weight.data() + (first / group * 40 + row * 8) * group * 2, 2 * group);
#  pragma GCC unroll 8
  for (int i = 0; i < pixels; ++i)
#  pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v)
      _mm512_storeu_ps(out + i * layer.channels + first + v * lanes, sums[i][v]);
}

/// Up to `chunk` pixels, from the value `at` of the rows on.
MPQ_TARGET void first_layer_chunk(const FirstLayer& layer, const Value* const rows[5], std::ptrdiff_t at,
                                  int count, Value* out) {
  const int n = layer.channels;
  alignas(64) float x[chunk * most_channels];
  for (int first = 0; first < n; first += group) {
    int i = 0;
    for (; i + block <= count; i += block)
      convolve_block<block>(layer, first, rows, at + i * 2 * picture_channels, x + i * n);
    for (; i < count; ++i) convolve_block<1>(layer, first, rows, at + i * 2 * picture_channels, x + i * n);
  }
  normalise_some(layer.normalisation, ReadFloats{x, n}, out, n, count);
}

template <int pixels>
MPQ_TARGET void add_pixels(const LastLayer& layer, const Value* x, float* const sums[5], std::ptrdiff_t at) {
  Sums<pixels, 5> products;
#  pragma GCC unroll 8
  for (int i = 0; i < pixels; ++i)
#  pragma GCC unroll 8
    for (int row = 0; row < 5; ++row) products[i][row] = _mm512_setzero_ps();
  multiply<pixels, 5>(products, x, layer.channels, layer.channels / 2, layer.weight.data(), 5 * 2 * lanes);
#  pragma GCC unroll 8
  for (int i = 0; i < pixels; ++i)
#  pragma GCC unroll 8
    for (int row = 0; row < 5; ++row) {
      float* const sum = sums[row] + at + i * 2 * picture_channels;
      _mm512_storeu_ps(sum, _mm512_add_ps(_mm512_loadu_ps(sum), products[i][row]));
    }
}

}  // namespace

bool available(int channels) {
  return nn::avx512::available() && channels % group == 0 && channels <= most_channels;
}

void normalise(const Normalisation& layer, const Value* x, std::ptrdiff_t x_step, Value* y,
               std::ptrdiff_t y_step, int count) {
  for (int i = 0; i < count; i += chunk)
    normalise_some(layer, ReadValues{x + i * x_step, x_step}, y + i * y_step, y_step,
                   std::min(chunk, count - i));
}

void normalise(const Normalisation& layer, const float* x, Value* y, std::ptrdiff_t y_step, int count) {
  const std::ptrdiff_t n = layer.channels;
  for (int i = 0; i < count; i += chunk)
    normalise_some(layer, ReadFloats{x + i * n, n}, y + i * y_step, y_step, std::min(chunk, count - i));
}

void first_layer_row(const FirstLayer& layer, const Value* const rows[5], int width, Value* out) {
  for (int i = 0; i < width / 2; i += chunk)
    first_layer_chunk(layer, rows, i * 2 * picture_channels, std::min(chunk, width / 2 - i),
                      out + std::ptrdiff_t{i} * layer.channels);
}

MPQ_TARGET void add_row(const LastLayer& layer, const Value* x, int width, float* const sums[5]) {
  int i = 0;
  for (; i + last_block <= width; i += last_block, x += last_block * layer.channels)
    add_pixels<last_block>(layer, x, sums, i * 2 * picture_channels);
  for (; i < width; ++i, x += layer.channels) add_pixels<1>(layer, x, sums, i * 2 * picture_channels);
}

MPQ_TARGET void finish_row(const float* sums, int left, std::ptrdiff_t count, std::uint8_t* bytes) {
  sums += picture_channels * (left + 2);
  for (std::ptrdiff_t i = 0; i < count; i += lanes) {
    const std::ptrdiff_t rest = count - i;
    const auto some = static_cast<__mmask16>(rest >= lanes ? 0xFFFFU : (1U << rest) - 1);
    const __m512 x = _mm512_max_ps(_mm512_maskz_loadu_ps(some, sums + i), _mm512_setzero_ps());
    _mm512_mask_cvtusepi32_storeu_epi8(bytes + i, some, _mm512_cvtps_epi32(x));
  }
}

#else

bool available(int) {
  return false;
}
void normalise(const Normalisation&, const Value*, std::ptrdiff_t, Value*, std::ptrdiff_t, int) {}
void normalise(const Normalisation&, const float*, Value*, std::ptrdiff_t, int) {}
void first_layer_row(const FirstLayer&, const Value* const*, int, Value*) {}
void add_row(const LastLayer&, const Value*, int, float* const*) {}
void finish_row(const float*, int, std::ptrdiff_t, std::uint8_t*) {}

#endif

}  // namespace mpq::mbt2018::fast
