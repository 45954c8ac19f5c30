// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A block of sums stays in the registers: so many pixels times so many vectors of 16 outputs. For each pair
// of inputs a vector of weights is read once a block and a pixel's pair once a vector, so that the
// multipliers and not the loads are the limit.
#include "codecs/mbt2018/fast_kernels.h"

#include <array>
#include <cmath>

#include "codecs/mbt2018/avx512.h"

namespace mpq::mbt2018::fast {
Normalisation::Normalisation(std::span<const float> g, std::span<const float> b, bool is_inverse)
    : channels(static_cast<int>(b.size())), inverse(is_inverse), gamma(g.size()), beta(b.begin(), b.end()) {
  const std::size_t n = b.size();
  for (std::size_t out = 0; out < n; ++out)
    for (std::size_t in = 0; in < n; ++in)
      gamma[(in / 2 * n + out) * 2 + in % 2] = to_bfloat16(g[out * n + in]);
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
          weight[(in / 2 * n + out) * 2 + in % 2] = to_bfloat16(w[((out * 3 + c) * 5 + y) * 5 + x]);
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

constexpr int vectors = 4, most_channels = 1024;

template <int pixels>
MPQ_INLINE void begin(Sums<pixels, vectors>& sums, const float* bias) {
#  pragma GCC unroll 8
  for (int i = 0; i < pixels; ++i)
#  pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sums[i][v] = _mm512_loadu_ps(bias + v * lanes);
}

/// Squares of `pixels` pixels are in `squares`, [pixels][channels]; read(i, channel) gives 16 values of one.
template <int pixels, bool inverse, class Read>
MPQ_INLINE void normalise_block(const Normalisation& layer, const Value* squares, const Read& read, Value* y,
                                std::ptrdiff_t y_step) {
  const int n = layer.channels;
  for (int first = 0; first < n; first += vectors * lanes) {
    Sums<pixels, vectors> sums;
    begin<pixels>(sums, layer.beta.data() + first);
    multiply<pixels, vectors>(sums, squares, n, n / 2, layer.gamma.data() + 2 * first, 2 * n);
#  pragma GCC unroll 8
    for (int i = 0; i < pixels; ++i)
#  pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) {
        const __m512 root = inverse ? _mm512_sqrt_ps(sums[i][v]) : _mm512_rsqrt14_ps(sums[i][v]);
        store16(y + i * y_step + first + v * lanes, _mm512_mul_ps(root, read(i, first + v * lanes)));
      }
  }
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

template <int pixels, class Read>
MPQ_INLINE void square(const Read& read, int channels, Value* squares) {
  for (int i = 0; i < pixels; ++i)
    for (int c = 0; c < channels; c += lanes) {
      const __m512 x = read(i, c);
      store16(squares + i * channels + c, _mm512_mul_ps(x, x));
    }
}

template <int pixels, class Read>
MPQ_INLINE void normalise_pixels(const Normalisation& layer, const Read& read, Value* y,
                                 std::ptrdiff_t y_step) {
  alignas(64) Value squares[pixels * most_channels];
  square<pixels>(read, layer.channels, squares);
  if (layer.inverse)
    normalise_block<pixels, true>(layer, squares, read, y, y_step);
  else
    normalise_block<pixels, false>(layer, squares, read, y, y_step);
}

template <int pixels>
MPQ_TARGET void normalise_values(const Normalisation& layer, const Value* x, std::ptrdiff_t x_step, Value* y,
                                 std::ptrdiff_t y_step) {
  normalise_pixels<pixels>(layer, ReadValues{x, x_step}, y, y_step);
}

template <int pixels>
MPQ_TARGET void normalise_floats(const Normalisation& layer, const float* x, Value* y,
                                 std::ptrdiff_t y_step) {
  normalise_pixels<pixels>(layer, ReadFloats{x, layer.channels}, y, y_step);
}

template <int pixels>
MPQ_TARGET void first_layer_pixels(const FirstLayer& layer, const Value* const rows[5], std::ptrdiff_t at,
                                   Value* out) {
  const int n = layer.channels;
  alignas(64) float x[pixels * most_channels];
  for (int first = 0; first < n; first += vectors * lanes) {
    Sums<pixels, vectors> sums;
    begin<pixels>(sums, layer.bias.data() + first);
    for (int row = 0; row < 5; ++row)
      multiply<pixels, vectors>(sums, rows[row] + at, 2 * picture_channels, 8,
                                layer.weight.data() + (row * 8 * n + first) * 2, 2 * n);
#  pragma GCC unroll 8
    for (int i = 0; i < pixels; ++i)
#  pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) _mm512_storeu_ps(x + i * n + first + v * lanes, sums[i][v]);
  }
  normalise_pixels<pixels>(layer.normalisation, ReadFloats{x, n}, out, n);
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

constexpr int block = 6, last_block = 5;  // with their weights they fill the 32 registers

}  // namespace

bool available(int channels) {
  static const bool processor = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                                __builtin_cpu_supports("avx512bf16");
  return processor && channels % (vectors * lanes) == 0 && channels <= most_channels;
}

MPQ_TARGET void normalise(const Normalisation& layer, const Value* x, std::ptrdiff_t x_step, Value* y,
                          std::ptrdiff_t y_step, int count) {
  for (; count >= block; count -= block, x += block * x_step, y += block * y_step)
    normalise_values<block>(layer, x, x_step, y, y_step);
  for (; count > 0; --count, x += x_step, y += y_step) normalise_values<1>(layer, x, x_step, y, y_step);
}

MPQ_TARGET void normalise(const Normalisation& layer, const float* x, Value* y, std::ptrdiff_t y_step,
                          int count) {
  const std::ptrdiff_t n = layer.channels;
  for (; count >= block; count -= block, x += block * n, y += block * y_step)
    normalise_floats<block>(layer, x, y, y_step);
  for (; count > 0; --count, x += n, y += y_step) normalise_floats<1>(layer, x, y, y_step);
}

MPQ_TARGET void first_layer_row(const FirstLayer& layer, const Value* const rows[5], int width, Value* out) {
  int x = 0;
  for (; x + block <= width / 2; x += block, out += block * layer.channels)
    first_layer_pixels<block>(layer, rows, x * 2 * picture_channels, out);
  for (; x < width / 2; ++x, out += layer.channels)
    first_layer_pixels<1>(layer, rows, x * 2 * picture_channels, out);
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
    const __mmask16 some = rest >= lanes ? 0xFFFF : static_cast<__mmask16>((1U << rest) - 1);
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
