// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "entropy/exact_steps.h"

#include <algorithm>
#include <limits>

#if defined(__x86_64__)
#  include <immintrin.h>
#  ifndef __clang__  // GCC 12 warns of its own header (its bug 105593)
#    pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#    pragma GCC diagnostic ignored "-Wuninitialized"
#  endif
#endif

namespace mpq::entropy {
namespace {

constexpr std::int64_t largest = std::numeric_limits<Fixed>::max();
constexpr std::int64_t leaky_slope = 42949673;  // 0.01 * 2^32
constexpr int most_left = 31, most_right = 62;  // bits: more does not matter before saturation
constexpr std::int64_t half_of_32 = std::int64_t{1} << 31;

// Loops without branches, which a compiler makes vectors of; inlined into functions for an instruction set
// each.

[[gnu::always_inline]] inline std::uint32_t magnitude_of(const Fixed* values, int count) {
  std::uint32_t all = 0;
#pragma omp simd reduction(| : all)
  for (int i = 0; i < count; ++i) all |= static_cast<std::uint32_t>(values[i] ^ (values[i] >> 31));
  return all;
}

[[gnu::always_inline]] inline void narrow_block(const Fixed* values, int count, int shift, std::int16_t* to) {
  const int below = std::max(shift - 1, 0);
  const Fixed half = shift > 0 ? 1 : 0;
#pragma omp simd
  for (int i = 0; i < count; ++i) {
    const Fixed rounded = (values[i] >> shift) + (values[i] >> below & half);
    to[i] = static_cast<std::int16_t>(std::min(std::max(rounded, -32767), 32767));
  }
}

[[gnu::always_inline]] inline void narrow_all(const NarrowTask& t) {
  std::int16_t* to = t.to;
  int first = 0;
  for (; first + block_inputs <= t.count; first += block_inputs, to += t.step)
    narrow_block(t.values + first, block_inputs, t.shift, to);
  if (first == t.count) return;
  std::fill_n(to, block_inputs, std::int16_t{0});
  narrow_block(t.values + first, t.count - first, t.shift, to);
}

// As many comparisons as there are bounds, not as a search needs: vectors make up for more than that.
[[gnu::always_inline]] inline void count_all_below(const Fixed* values, int count, const Fixed* bounds,
                                                   int bound_count, std::int32_t* counts) {
  std::fill_n(counts, count, 0);
  for (int bound = 0; bound < bound_count; ++bound) {
    const Fixed least = bounds[bound];
#pragma omp simd
    for (int i = 0; i < count; ++i) counts[i] += least < values[i] ? 1 : 0;
  }
}

void portable_finish(const FinishTask& t) {
  for (int i = 0; i < t.rows; ++i) {
    const int bits = t.shift - t.exponents[i];
    const std::int64_t sum = std::int64_t{t.sums[i]} << std::clamp(bits, 0, most_left);
    const std::int64_t value = shift_right(sum, std::clamp(-bits, 0, most_right)) + t.bias[i];
    Fixed result = saturate(value);
    if (value < 0 && t.activation == Activation::relu) result = 0;
    if (value < 0 && t.activation == Activation::leaky_relu)
      result = static_cast<Fixed>(shift_right(result * leaky_slope, 32));
    t.values[i] = result;
  }
}

#define MPQ_STEPS(name, target)                                                                        \
  target std::uint32_t name##_magnitude(const Fixed* values, int count) {                              \
    return magnitude_of(values, count);                                                                \
  }                                                                                                    \
  target void name##_narrow(const NarrowTask& task) {                                                  \
    narrow_all(task);                                                                                  \
  }                                                                                                    \
  target void name##_count_below(const Fixed* values, int count, const Fixed* bounds, int bound_count, \
                                 std::int32_t* counts) {                                               \
    count_all_below(values, count, bounds, bound_count, counts);                                       \
  }

MPQ_STEPS(portable, )

#if defined(__x86_64__)
#  define MPQ_AVX512 [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]]
MPQ_STEPS(avx2, [[gnu::target("avx2")]])
MPQ_STEPS(avx512, MPQ_AVX512)

/// The general case, in 64 bits.
MPQ_AVX512 void avx512_finish_long(const FinishTask& t) {
  const __m256i none = _mm256_setzero_si256();
  const __m512i one = _mm512_set1_epi64(1), most = _mm512_set1_epi64(largest);
  for (int i = 0; i < t.rows; i += 8) {
    const auto rows = static_cast<__mmask8>((1 << std::min(t.rows - i, 8)) - 1);
    const __m256i bits =
        _mm256_sub_epi32(_mm256_set1_epi32(t.shift), _mm256_maskz_loadu_epi32(rows, t.exponents + i));
    const __m256i left = _mm256_min_epi32(_mm256_max_epi32(bits, none), _mm256_set1_epi32(most_left));
    const __m512i right = _mm512_cvtepi32_epi64(_mm256_min_epi32(
        _mm256_max_epi32(_mm256_sub_epi32(none, bits), none), _mm256_set1_epi32(most_right)));
    const __m512i sums = _mm512_sllv_epi64(_mm512_cvtepi32_epi64(_mm256_maskz_loadu_epi32(rows, t.sums + i)),
                                           _mm512_cvtepi32_epi64(left));
    const __m512i half = _mm512_srli_epi64(_mm512_sllv_epi64(one, right), 1);
    __m512i value = _mm512_add_epi64(_mm512_srav_epi64(_mm512_add_epi64(sums, half), right),
                                     _mm512_cvtepi32_epi64(_mm256_maskz_loadu_epi32(rows, t.bias + i)));
    value = _mm512_min_epi64(_mm512_max_epi64(value, _mm512_sub_epi64(_mm512_setzero_si512(), most)), most);
    const __mmask8 negative = _mm512_movepi64_mask(value);
    if (t.activation == Activation::relu) value = _mm512_maskz_mov_epi64(~negative, value);
    if (t.activation == Activation::leaky_relu) {
      const __m512i product = _mm512_mul_epi32(value, _mm512_set1_epi64(leaky_slope));
      value = _mm512_mask_srai_epi64(value, negative,
                                     _mm512_add_epi64(product, _mm512_set1_epi64(half_of_32)), 32);
    }
    _mm256_mask_storeu_epi32(t.values + i, rows, _mm512_cvtepi64_epi32(value));
  }
}

// Where sums are shifted right, by r, and biases are small, 32 bits hold all but one product:
// (sum + 2^(r-1)) >> r is ((sum >> (r-1)) + 1) >> 1, and what is added is within +-2^30.
MPQ_AVX512 void avx512_finish(const FinishTask& t) {
  const auto rows = static_cast<__mmask16>((1 << t.rows) - 1);
  const __m512i one = _mm512_set1_epi32(1), bias = _mm512_maskz_loadu_epi32(rows, t.bias);
  const __m512i less =  // than what the sum is shifted right by, by one
      _mm512_sub_epi32(_mm512_maskz_loadu_epi32(rows, t.exponents), _mm512_set1_epi32(t.shift + 1));
  const __mmask16 fit = _mm512_cmpge_epi32_mask(less, _mm512_setzero_si512()) &
                        _mm512_cmplt_epu32_mask(_mm512_abs_epi32(bias), _mm512_set1_epi32(1 << 30));
  if ((fit & rows) != rows) return avx512_finish_long(t);
  const __m512i shifted = _mm512_srav_epi32(_mm512_maskz_loadu_epi32(rows, t.sums), less);
  __m512i value = _mm512_add_epi32(_mm512_srai_epi32(_mm512_add_epi32(shifted, one), 1), bias);
  const __mmask16 negative = _mm512_movepi32_mask(value);
  if (t.activation == Activation::relu) value = _mm512_maskz_mov_epi32(~negative, value);
  if (t.activation == Activation::leaky_relu) {
    const __m512i slope = _mm512_set1_epi64(leaky_slope), half = _mm512_set1_epi64(half_of_32);
    const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(value, slope), half);
    const __m512i odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(value, 32), slope), half);
    const __m512i small = _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 32), odd);
    value = _mm512_mask_mov_epi32(value, negative, small);
  }
  _mm512_mask_storeu_epi32(t.values, rows, value);
}
#endif

}  // namespace

const Steps portable_steps{portable_magnitude, portable_narrow, portable_finish, portable_count_below};
#if defined(__x86_64__)
const Steps avx2_steps{avx2_magnitude, avx2_narrow, portable_finish, avx2_count_below};
const Steps avx512_steps{avx512_magnitude, avx512_narrow, avx512_finish, avx512_count_below};
#endif

}  // namespace mpq::entropy
