// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "entropy/exact_kernels.h"

#include <algorithm>
#include <array>
#include <utility>

#if defined(__x86_64__)
#  include <immintrin.h>
#endif

namespace mpq::entropy {
namespace {

void portable(const KernelTask& t, int count) {
  for (std::ptrdiff_t p = 0; p < count; ++p) {
    std::int32_t* const sums = t.sums + p * lanes;
    std::fill_n(sums, lanes, 0);
    const std::int16_t *w = t.weights, *a = t.activations + p * block_inputs;
    for (int block = 0; block < t.blocks; ++block, a += block_inputs * t.stride) {
      std::int32_t part[lanes] = {};
      for (std::ptrdiff_t input = 0; input < block_inputs; input += 2, w += std::ptrdiff_t{2} * lanes)
        for (std::ptrdiff_t i = 0; i < lanes; ++i)
          part[i] += w[2 * i] * a[input] + w[2 * i + 1] * a[input + 1];
      for (int i = 0; i < lanes; ++i) sums[i] += (part[i] + (1 << (t.shift - 1))) >> t.shift;
    }
  }
}

#if defined(__x86_64__)

// Accumulators must be registers, so the loops over them must be unrolled; clang does that by itself.
#  if defined(__clang__)
#    define MPQ_UNROLL
#  else
#    define MPQ_UNROLL _Pragma("GCC unroll 14")
#  endif

/// Two 16-bit activations as one 32-bit number, to be spread over a vector.
[[gnu::always_inline]] inline std::int32_t pair_at(const std::int16_t* at) {
  std::int32_t both;
  __builtin_memcpy(&both, at, sizeof both);
  return both;
}

template <int count>
[[gnu::target("avx2")]] void avx2(const KernelTask& t) {
  const __m256i half = _mm256_set1_epi32(1 << (t.shift - 1));
  const __m128i shift = _mm_cvtsi32_si128(t.shift);
  __m256i sums[count][2];
  MPQ_UNROLL for (std::ptrdiff_t p = 0; p < count; ++p) sums[p][0] = sums[p][1] = _mm256_setzero_si256();
  const auto* w = reinterpret_cast<const __m256i*>(t.weights);
  const std::int16_t* a = t.activations;
  for (int block = 0; block < t.blocks; ++block, a += block_inputs * t.stride) {
    __m256i part[count][2];
    MPQ_UNROLL for (std::ptrdiff_t p = 0; p < count; ++p) part[p][0] = part[p][1] = half;
    for (std::ptrdiff_t input = 0; input < block_inputs; input += 2, w += 2) {
      const __m256i low = _mm256_loadu_si256(w), high = _mm256_loadu_si256(w + 1);
      MPQ_UNROLL for (std::ptrdiff_t p = 0; p < count; ++p) {
        const __m256i both = _mm256_set1_epi32(pair_at(a + p * block_inputs + input));
        part[p][0] = _mm256_add_epi32(part[p][0], _mm256_madd_epi16(low, both));
        part[p][1] = _mm256_add_epi32(part[p][1], _mm256_madd_epi16(high, both));
      }
    }
    MPQ_UNROLL for (std::ptrdiff_t p = 0; p < count; ++p) MPQ_UNROLL for (std::ptrdiff_t i = 0; i < 2; ++i)
        sums[p][i] = _mm256_add_epi32(sums[p][i], _mm256_sra_epi32(part[p][i], shift));
  }
  MPQ_UNROLL for (std::ptrdiff_t p = 0; p < count; ++p) MPQ_UNROLL for (std::ptrdiff_t i = 0; i < 2; ++i)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(t.sums + p * lanes) + i, sums[p][i]);
}

// The two functions below differ in one instruction; intrinsics of a target cannot be shared through a
// template.
#  define MPQ_AVX512_KERNEL(name, target_list, multiply_add)                                               \
    template <int count>                                                                                   \
    [[gnu::target(target_list)]] void name(const KernelTask& t) {                                          \
      const __m512i half = _mm512_set1_epi32(1 << (t.shift - 1));                                          \
      const __m128i shift = _mm_cvtsi32_si128(t.shift);                                                    \
      __m512i sums[count], part[count];                                                                    \
      MPQ_UNROLL for (std::ptrdiff_t p = 0; p < count; ++p) sums[p] = _mm512_setzero_si512();              \
      const std::int16_t *w = t.weights, *a = t.activations;                                               \
      for (int block = 0; block < t.blocks; ++block, a += block_inputs * t.stride) {                       \
        MPQ_UNROLL for (std::ptrdiff_t p = 0; p < count; ++p) part[p] = half;                              \
        for (std::ptrdiff_t input = 0; input < block_inputs; input += 2, w += std::ptrdiff_t{2} * lanes) { \
          const __m512i weights = _mm512_loadu_si512(w);                                                   \
          MPQ_UNROLL for (std::ptrdiff_t p = 0; p < count; ++p)                                            \
              multiply_add(part[p], weights, a + p * block_inputs + input);                                \
        }                                                                                                  \
        MPQ_UNROLL for (std::ptrdiff_t p = 0; p < count; ++p) sums[p] =                                    \
            _mm512_add_epi32(sums[p], _mm512_maskz_sra_epi32(0xFFFF, part[p], shift));                     \
      }                                                                                                    \
      MPQ_UNROLL for (std::ptrdiff_t p = 0; p < count; ++p)                                                \
          _mm512_storeu_si512(t.sums + p * lanes, sums[p]);                                                \
    }

#  define MPQ_MADD_ADD(sum, weights, pair) \
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(weights, _mm512_set1_epi32(pair_at(pair))))
// GCC copies the sum to another register and back around the intrinsic (two instructions a product more), and
// reads the pair by an instruction of its own: half the speed.
using Pair [[gnu::may_alias]] = std::int32_t;
#  define MPQ_VNNI(sum, weights, pair)     \
    __asm__("vpdpwssd %2%{1to16%}, %1, %0" \
            : "+v"(sum)                    \
            : "v"(weights), "m"(*reinterpret_cast<const Pair*>(pair)))
MPQ_AVX512_KERNEL(avx512, "avx512f,avx512bw", MPQ_MADD_ADD)
MPQ_AVX512_KERNEL(avx512vnni, "avx512f,avx512bw,avx512vnni", MPQ_VNNI)

/// One function for each number of positions.
#  define MPQ_DISPATCH(name, most)                                                   \
    void name##_any(const KernelTask& task, int count) {                             \
      static constexpr auto table = []<int... i>(std::integer_sequence<int, i...>) { \
        return std::array{name<i + 1>...}; /* NOLINT(bugprone-macro-parentheses) */  \
      }                                                                              \
      (std::make_integer_sequence<int, most>());                                     \
      table[static_cast<std::size_t>(count - 1)](task);                              \
    }
MPQ_DISPATCH(avx2, 3)
MPQ_DISPATCH(avx512, 14)
MPQ_DISPATCH(avx512vnni, 14)

constexpr std::array<Kernel, 4> known{{{"portable", 8, portable, &portable_steps},
                                       {"avx2", 3, avx2_any, &avx2_steps},
                                       {"avx512", 14, avx512_any, &avx512_steps},
                                       {"avx512vnni", 14, avx512vnni_any, &avx512_steps}}};

std::size_t usable() {
  if (!__builtin_cpu_supports("avx2")) return 1;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return 2;
  return __builtin_cpu_supports("avx512vnni") ? 4 : 3;
}

#else

constexpr std::array<Kernel, 1> known{{{"portable", 8, portable, &portable_steps}}};

std::size_t usable() {
  return 1;
}

#endif

}  // namespace

std::span<const Kernel> kernels() {
  static const std::size_t count = usable();
  return std::span(known).first(count);
}

}  // namespace mpq::entropy
