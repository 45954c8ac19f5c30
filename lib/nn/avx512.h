// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What kernels for AVX-512 BF16 have in common. Included by their sources alone.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#  define MPQ_AVX512 1
#  include <immintrin.h>
#  ifndef __clang__  // GCC 12 warns of its own header (its bug 105593)
#    pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#    pragma GCC diagnostic ignored "-Wuninitialized"
#  endif
#endif

namespace mpq::nn::avx512 {

/// Whether this processor has what MPQ_TARGET names.
bool available();
/// Whether it multiplies whole matrices (AMX): LibTorch's convolutions are the fastest there.
bool multiplies_matrices();

using Value = std::uint16_t;

/// To nearest, of two the even one; no NaNs here.
inline Value to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<Value>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

#ifdef MPQ_AVX512

#  define MPQ_TARGET [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")]]
#  define MPQ_INLINE MPQ_TARGET [[gnu::always_inline]] inline

constexpr int lanes = 16;  // values of 32 bits in a vector

template <int pixels, int width>
using Sums = __m512[pixels][width];

MPQ_INLINE __m512 multiply_add(__m512 sum, __m512i a, __m512i b) {
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
}

MPQ_INLINE __m512i load_pair(const Value* pair) {
  std::int32_t both;
  std::memcpy(&both, pair, sizeof both);
  return _mm512_set1_epi32(both);
}

MPQ_INLINE __m512 load16(const Value* values) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

MPQ_INLINE void store16(Value* values, __m512 x) {
  const __m256bh bits = _mm512_cvtneps_pbh(x);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(values), reinterpret_cast<__m256i>(bits));
}

/// sums[i][v] += the pair of inputs at a + i * step times weights[v], for `pairs` pairs; `b` has `row` values
/// from one pair's weights to the next.
template <int pixels, int width>
MPQ_INLINE void multiply(Sums<pixels, width>& sums, const Value* a, std::ptrdiff_t step, int pairs,
                         const Value* b, std::ptrdiff_t row) {
  for (int p = 0; p < pairs; ++p, a += 2, b += row) {
    __m512i weights[width];
#  pragma GCC unroll 8
    for (int v = 0; v < width; ++v) weights[v] = _mm512_loadu_si512(b + v * 2 * lanes);
#  pragma GCC unroll 8
    for (int i = 0; i < pixels; ++i) {
      const __m512i inputs = load_pair(a + i * step);
#  pragma GCC unroll 8
      for (int v = 0; v < width; ++v) sums[i][v] = multiply_add(sums[i][v], inputs, weights[v]);
    }
  }
}

#endif

}  // namespace mpq::nn::avx512
