// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Plain loops that compilers vectorise, once for each instruction set. The trip counts of the inner loops are
// constants, because GCC vectorises only such loops at -O2.
#include "metrics/psnr/kernels.h"

#include <algorithm>
#include <cstring>
#include <limits>

#define MPQ_INLINE [[gnu::always_inline]] inline

namespace mpq::psnr {
namespace {

template <class Sample>
MPQ_INLINE Sample load(const void* data, std::size_t i) {
  Sample sample;
  std::memcpy(&sample, static_cast<const char*>(data) + i * sizeof(Sample), sizeof(Sample));
  return sample;
}

// Sum is wide enough for `count` squares.
template <class Sample, class Sum>
MPQ_INLINE Sum squares(const void* a, const void* b, std::size_t count) {
  Sum sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int d = static_cast<int>(load<Sample>(a, i)) - static_cast<int>(load<Sample>(b, i));
    // Unsigned: 65535^2 fits in 32 bits, but not in int.
    sum += static_cast<Sum>(static_cast<unsigned>(d) * static_cast<unsigned>(d));
  }
  return sum;
}

template <class Sample, class Sum>
MPQ_INLINE std::uint64_t run(const void* a, const void* b, std::size_t samples) {
  constexpr std::size_t block = 1024, small_block = 64;
  const auto at = [](const void* data, std::size_t i) {
    return static_cast<const char*>(data) + i * sizeof(Sample);
  };
  std::uint64_t sum = 0;
  std::size_t i = 0;
  for (; i + block <= samples; i += block) sum += squares<Sample, Sum>(at(a, i), at(b, i), block);
  for (; i + small_block <= samples; i += small_block) {
    sum += squares<Sample, Sum>(at(a, i), at(b, i), small_block);
  }
  return sum + squares<Sample, Sum>(at(a, i), at(b, i), samples - i);
}

// One pass over interleaved bytes: lane % channels is the byte's place in its pixel.
template <std::size_t channels>
MPQ_INLINE void packed(const std::uint8_t* a, const std::uint8_t* b, std::size_t pixels,
                       std::uint64_t* sums) {
  constexpr std::size_t lanes = channels * 64;
  constexpr std::size_t flush_after = std::numeric_limits<std::uint32_t>::max() / (255 * 255);
  std::size_t left = pixels * channels;
  while (left >= lanes) {
    std::array<std::uint32_t, lanes> lane_sums{};
    const std::size_t blocks = std::min(left / lanes, flush_after);
    for (std::size_t block = 0; block < blocks; ++block, a += lanes, b += lanes) {
      for (std::size_t i = 0; i < lanes; ++i) {
        const int d = a[i] - b[i];
        lane_sums[i] += static_cast<std::uint16_t>(d * d);  // 255^2 fits: half the multiplications
      }
    }
    for (std::size_t i = 0; i < lanes; ++i) sums[i % channels] += lane_sums[i];
    left -= blocks * lanes;
  }
  for (std::size_t i = 0; i < left; ++i) {
    const int d = a[i] - b[i];
    sums[i % channels] += static_cast<std::uint32_t>(d * d);
  }
}

// Sums side by side, so that the order of the additions, and with it the rounding, is that of the vector
// code.
template <class Sample>
MPQ_INLINE SquaredError floats(const void* a, const void* b, std::size_t samples) {
  constexpr std::size_t lanes = 16;
  constexpr double largest = std::numeric_limits<double>::max();
  std::array<double, lanes> sums{};
  std::array<std::uint64_t, lanes> finite{};
  const auto add = [&](std::size_t i, std::size_t lane) {
    const double d = static_cast<double>(load<Sample>(a, i)) - static_cast<double>(load<Sample>(b, i));
    const double square = d * d;
    const bool is_finite = square <= largest;
    sums[lane] += is_finite ? square : 0.0;
    finite[lane] += is_finite ? 1 : 0;
  };
  std::size_t i = 0;
  for (; i + lanes <= samples; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) add(i + lane, lane);
  }
  for (; i < samples; ++i) add(i, i % lanes);
  SquaredError error;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    error.sum += sums[lane];
    error.samples += finite[lane];
  }
  error.non_finite = samples - error.samples;
  return error;
}

// The functions of one instruction set. An attribute cannot be a template's argument, hence the macro.
// NOLINTBEGIN(bugprone-macro-parentheses): names of functions and attributes take none.
#define MPQ_KERNELS(set, attribute)                                                                       \
  namespace set {                                                                                         \
  attribute std::uint64_t planar8(const std::uint8_t* a, const std::uint8_t* b, std::size_t n) {          \
    return run<std::uint8_t, std::uint32_t>(a, b, n);                                                     \
  }                                                                                                       \
  attribute std::uint64_t planar16(const void* a, const void* b, std::size_t n) {                         \
    return run<std::uint16_t, std::uint64_t>(a, b, n);                                                    \
  }                                                                                                       \
  attribute void packed3(const std::uint8_t* a, const std::uint8_t* b, std::size_t n, std::uint64_t* s) { \
    packed<3>(a, b, n, s);                                                                                \
  }                                                                                                       \
  attribute void packed4(const std::uint8_t* a, const std::uint8_t* b, std::size_t n, std::uint64_t* s) { \
    packed<4>(a, b, n, s);                                                                                \
  }                                                                                                       \
  attribute std::uint64_t audio_s16(const void* a, const void* b, std::size_t n) {                        \
    return run<std::int16_t, std::uint64_t>(a, b, n);                                                     \
  }                                                                                                       \
  attribute SquaredError audio_f32(const void* a, const void* b, std::size_t n) {                         \
    return floats<float>(a, b, n);                                                                        \
  }                                                                                                       \
  attribute SquaredError audio_f64(const void* a, const void* b, std::size_t n) {                         \
    return floats<double>(a, b, n);                                                                       \
  }                                                                                                       \
  constexpr Kernels all{#set, planar8, planar16, packed3, packed4, audio_s16, audio_f32, audio_f64};      \
  }
// NOLINTEND(bugprone-macro-parentheses)

MPQ_KERNELS(baseline, )
#if defined(__x86_64__) && defined(__GNUC__)
#  define MPQ_X86 1
MPQ_KERNELS(avx2, [[gnu::target("avx2")]])
MPQ_KERNELS(avx512, [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]])
constexpr std::array<Kernels, 3> table{baseline::all, avx2::all, avx512::all};
#else
constexpr std::array<Kernels, 1> table{baseline::all};
#endif

std::size_t count_available() {
#ifdef MPQ_X86
  if (!__builtin_cpu_supports("avx2")) return 1;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return avx512 ? 3 : 2;
#else
  return 1;
#endif
}

}  // namespace

std::span<const Kernels> available_kernels() {
  static const std::size_t available = count_available();
  return {table.data(), available};
}

}  // namespace mpq::psnr
