// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the values of a tensor are, as weight files store them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mpq::checkpoint {

enum class Dtype : std::uint8_t {
  boolean,  ///< one byte, 0 or 1
  uint8,
  uint16,
  uint32,
  uint64,
  int8,
  int16,
  int32,
  int64,
  float8_e4m3,
  float8_e5m2,
  float16,
  bfloat16,
  float32,
  float64,
  complex64,
  complex128,
};

/// Bytes of one value: 1, 2, 4, 8 or 16.
std::size_t size_of(Dtype dtype) noexcept;

/// The name that PyTorch and NumPy use, for example "float32" or "bool".
std::string_view name_of(Dtype dtype) noexcept;

/// Of 8 to 64 bits; false for complex numbers.
bool is_floating_point(Dtype dtype) noexcept;

}  // namespace mpq::checkpoint
