// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nn/float_kernels.h"

#include <algorithm>
#include <array>

#include "nn/winograd_weights.h"

#if defined(__x86_64__) && defined(__GNUC__)
#  define MPQ_FLOAT_KERNELS 1
#  include <immintrin.h>
#  ifndef __clang__  // GCC 12 warns of its own header (its bug 105593)
#    pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#    pragma GCC diagnostic ignored "-Wuninitialized"
#  endif
#endif

namespace mpq::nn {
namespace {

constexpr int points = winograd3x3_points, slices = points * points;

}  // namespace

FloatMatrix::FloatMatrix(const FloatKernels& with, std::span<const float> weight, int output_count)
    : kernels(&with),
      inputs(static_cast<int>(weight.size()) / output_count),
      outputs(output_count),
      panels(weight.size()) {
  const auto depth = static_cast<std::size_t>(inputs), all = static_cast<std::size_t>(outputs),
             group = static_cast<std::size_t>(with.group);
  for (std::size_t first = 0; first < all; first += group) {
    const std::size_t width = std::min(group, all - first);
    for (std::size_t k = 0; k < depth; ++k)
      for (std::size_t i = 0; i < width; ++i)
        panels[first * depth + k * width + i] = weight[(first + i) * depth + k];
  }
}

GatedBlock::GatedBlock(const FloatKernels& with, std::span<const float> gate,
                       std::span<const float> gate_biases, std::span<const float> mixing,
                       std::span<const float> mixing_biases)
    : kernels(&with),
      channels(static_cast<int>(mixing_biases.size())),
      gate_weights(gate.size() / 9 * slices),
      gate_bias(gate_biases.begin(), gate_biases.end()),
      mix(with, mixing, channels),
      mix_bias(mixing_biases.begin(), mixing_biases.end()) {
  const auto n = static_cast<std::size_t>(channels), group = static_cast<std::size_t>(with.group);
  for (std::size_t first = 0; first < n; first += group / 2)
    for (std::size_t i = 0; i < group; ++i) {
      const std::size_t output = i < group / 2 ? first + i : n + first + i - group / 2;
      for (std::size_t input = 0; input < n; ++input) {
        const auto transformed = at_winograd3x3_points(gate.data() + 9 * (output * n + input));
        for (std::size_t slice = 0; slice < slices; ++slice)
          gate_weights[2 * first * slices * n + (slice * n + input) * group + i] = transformed[slice];
      }
    }
}

#ifdef MPQ_FLOAT_KERNELS

namespace {

// exp(x) is 2^n exp(r), with n the whole number next to x / log(2); exp(r), of an r of at most log(2) / 2, is
// a Taylor polynomial of degree 7, whose error there is below 6e-9.
constexpr float most_exponent = 87, per_log2 = 1.44269504F, log2_high = 0.693359375F,
                log2_low = -2.12194440e-4F;
constexpr float taylor[] = {1.0F / 5040, 1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1, 1};

namespace avx512 {
#  define MPQ_TARGET [[gnu::target("avx512f")]]
#  define MPQ_INLINE MPQ_TARGET [[gnu::always_inline]] inline
using V = __m512;
constexpr int lanes = 16, vectors = 4;
MPQ_INLINE V load(const float* at) {
  return _mm512_loadu_ps(at);
}
MPQ_INLINE void store(float* at, V x) {
  _mm512_storeu_ps(at, x);
}
MPQ_INLINE V spread(float x) {
  return _mm512_set1_ps(x);
}
MPQ_INLINE V add(V a, V b) {
  return _mm512_add_ps(a, b);
}
MPQ_INLINE V subtract(V a, V b) {
  return _mm512_sub_ps(a, b);
}
MPQ_INLINE V multiply(V a, V b) {
  return _mm512_mul_ps(a, b);
}
MPQ_INLINE V divide(V a, V b) {
  return _mm512_div_ps(a, b);
}
MPQ_INLINE V multiply_add(V a, V b, V c) {
  return _mm512_fmadd_ps(a, b, c);
}
MPQ_INLINE V bounded(V x, float least, float most) {
  return _mm512_min_ps(_mm512_max_ps(x, spread(least)), spread(most));
}
MPQ_INLINE V rounded(V x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
MPQ_INLINE V times_power_of_two(V x, V n) {
  return _mm512_scalef_ps(x, n);
}
#  include "nn/float_kernels.inc"
#  undef MPQ_TARGET
#  undef MPQ_INLINE
}  // namespace avx512

namespace avx2 {
#  define MPQ_TARGET [[gnu::target("avx2,fma")]]
#  define MPQ_INLINE MPQ_TARGET [[gnu::always_inline]] inline
using V = __m256;
constexpr int lanes = 8, vectors = 2;
MPQ_INLINE V load(const float* at) {
  return _mm256_loadu_ps(at);
}
MPQ_INLINE void store(float* at, V x) {
  _mm256_storeu_ps(at, x);
}
MPQ_INLINE V spread(float x) {
  return _mm256_set1_ps(x);
}
MPQ_INLINE V add(V a, V b) {
  return _mm256_add_ps(a, b);
}
MPQ_INLINE V subtract(V a, V b) {
  return _mm256_sub_ps(a, b);
}
MPQ_INLINE V multiply(V a, V b) {
  return _mm256_mul_ps(a, b);
}
MPQ_INLINE V divide(V a, V b) {
  return _mm256_div_ps(a, b);
}
MPQ_INLINE V multiply_add(V a, V b, V c) {
  return _mm256_fmadd_ps(a, b, c);
}
MPQ_INLINE V bounded(V x, float least, float most) {
  return _mm256_min_ps(_mm256_max_ps(x, spread(least)), spread(most));
}
MPQ_INLINE V rounded(V x) {
  return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
MPQ_INLINE V times_power_of_two(V x, V n) {
  const __m256i bits = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
  return multiply(x, _mm256_castsi256_ps(bits));
}
#  include "nn/float_kernels.inc"
#  undef MPQ_TARGET
#  undef MPQ_INLINE
}  // namespace avx2

constexpr std::array<FloatKernels, 2> all{{{"avx2", avx2::group, avx2::multiply, avx2::run},
                                           {"avx512", avx512::group, avx512::multiply, avx512::run}}};

std::size_t usable() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 0;
  return __builtin_cpu_supports("avx512f") ? 2 : 1;
}

}  // namespace

std::span<const FloatKernels> all_float_kernels() {
  static const std::size_t count = usable();
  return std::span(all).first(count);
}

#else

std::span<const FloatKernels> all_float_kernels() {
  return {};
}

#endif

const FloatKernels* float_kernels() {
  const auto those = all_float_kernels();
  return those.empty() ? nullptr : &those.back();
}

}  // namespace mpq::nn
