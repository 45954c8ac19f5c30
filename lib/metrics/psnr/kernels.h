// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Sums of squared differences of sample runs, compiled for several instruction sets and chosen at run time.
// Internal to mpq::psnr; tests and benchmarks use it to compare the instruction sets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "metrics/psnr/psnr.h"

namespace mpq::psnr {

/// Runs hold at most 2^31 samples and need no alignment.
struct Kernels {
  const char* name;  ///< "baseline", "avx2", "avx512"

  std::uint64_t (*planar8)(const std::uint8_t* a, const std::uint8_t* b, std::size_t samples);
  /// Native-endian 16-bit samples.
  std::uint64_t (*planar16)(const void* a, const void* b, std::size_t samples);
  /// Bytes of three- and four-byte pixels; sums[i] is that of the bytes at i within their pixel.
  void (*packed3)(const std::uint8_t* a, const std::uint8_t* b, std::size_t pixels, std::uint64_t* sums);
  void (*packed4)(const std::uint8_t* a, const std::uint8_t* b, std::size_t pixels, std::uint64_t* sums);
  /// Sum of s16 in units of 2^-30, so that it is exact.
  std::uint64_t (*audio_s16)(const void* a, const void* b, std::size_t samples);
  SquaredError (*audio_f32)(const void* a, const void* b, std::size_t samples);
  SquaredError (*audio_f64)(const void* a, const void* b, std::size_t samples);
};

/// Those that this processor runs, the plainest first and the fastest last.
std::span<const Kernels> available_kernels();

}  // namespace mpq::psnr
