// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/sample_rounding.h"

#if defined(__SSE2__)
#  include <immintrin.h>
#endif

#include <algorithm>
#include <cmath>

namespace mpq {
namespace {

std::int16_t round_one(float sample) {
  return static_cast<std::int16_t>(std::lrint(std::clamp(sample * 32768, -32768.0f, 32767.0f)));
}

#if defined(__SSE2__)
// What 32 bits cannot hold would become the least number, whatever its sign.
__m128i round_four(const float* samples) {
  const __m128 scaled = _mm_mul_ps(_mm_loadu_ps(samples), _mm_set1_ps(32768));
  return _mm_cvtps_epi32(_mm_min_ps(scaled, _mm_set1_ps(32767)));
}

[[gnu::target("avx2")]] __m256i round_eight(const float* samples) {
  const __m256 scaled = _mm256_mul_ps(_mm256_loadu_ps(samples), _mm256_set1_ps(32768));
  return _mm256_cvtps_epi32(_mm256_min_ps(scaled, _mm256_set1_ps(32767)));
}

/// Returns how many it did.
[[gnu::target("avx2")]] std::size_t round_sixteens(const float* samples, std::size_t count,
                                                   std::int16_t* rounded) {
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m256i halves = _mm256_packs_epi32(round_eight(samples + i), round_eight(samples + i + 8));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(rounded + i), _mm256_permute4x64_epi64(halves, 0xd8));
  }
  return i;
}
#endif

}  // namespace

void round_to_s16(const float* samples, std::size_t count, std::int16_t* rounded) {
  std::size_t i = 0;
#if defined(__SSE2__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  if (has_avx2) i = round_sixteens(samples, count, rounded);
  for (; i + 8 <= count; i += 8) {
    const __m128i eight = _mm_packs_epi32(round_four(samples + i), round_four(samples + i + 4));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(rounded + i), eight);
  }
#endif
  for (; i < count; ++i) rounded[i] = round_one(samples[i]);
}

bool within_full_scale(const float* samples, std::size_t count) {
  std::size_t i = 0;
#if defined(__SSE2__)
  __m128 above = _mm_setzero_ps();
  const __m128 sign = _mm_set1_ps(-0.0f), full = _mm_set1_ps(1);
  for (; i + 4 <= count; i += 4)
    above = _mm_or_ps(above, _mm_cmpgt_ps(_mm_andnot_ps(sign, _mm_loadu_ps(samples + i)), full));
  if (_mm_movemask_ps(above) != 0) return false;
#endif
  return std::none_of(samples + i, samples + count, [](float sample) { return std::abs(sample) > 1; });
}

}  // namespace mpq
