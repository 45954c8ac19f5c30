// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/sample_rounding.h"

#if defined(__SSE2__)
#  include <emmintrin.h>
#endif

#include <algorithm>
#include <cmath>

namespace mpq {
namespace {

std::int16_t round_one(float sample) {
  return static_cast<std::int16_t>(std::lrint(std::clamp(sample * 32768, -32768.0f, 32767.0f)));
}

#if defined(__SSE2__)
__m128i round_four(
    const float* samples) {  // what 32 bits cannot hold would be the least number, whatever its sign
  const __m128 scaled = _mm_mul_ps(_mm_loadu_ps(samples), _mm_set1_ps(32768));
  return _mm_cvtps_epi32(_mm_min_ps(scaled, _mm_set1_ps(32767)));
}
#endif

}  // namespace

void round_to_s16(const float* samples, std::size_t count, std::int16_t* rounded) {
  std::size_t i = 0;
#if defined(__SSE2__)
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
  __m128 most = _mm_setzero_ps();
  const __m128 sign = _mm_set1_ps(-0.0f);
  for (; i + 4 <= count; i += 4) most = _mm_max_ps(most, _mm_andnot_ps(sign, _mm_loadu_ps(samples + i)));
  if (_mm_movemask_ps(_mm_cmpgt_ps(most, _mm_set1_ps(1))) != 0) return false;
#endif
  return std::none_of(samples + i, samples + count, [](float sample) { return std::abs(sample) > 1; });
}

}  // namespace mpq
