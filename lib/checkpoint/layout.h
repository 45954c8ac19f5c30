// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// How the values of a tensor lie in its storage, and how they are brought into row-major order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace mpq::checkpoint {

struct Layout {
  Dtype dtype = Dtype::float32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  ///< in values, none negative
  std::uint64_t offset = 0;           ///< in bytes, of the first value
  bool big_endian = false;
};

/// The number of values. Throws Error(corrupt_data) for negative sizes, Error(limit_exceeded) for more than
/// limits::rank dimensions or a product, taken without the zeros, beyond 2^59.
std::int64_t count_of(const std::vector<std::int64_t>& shape);

/// Bytes that `shape` takes.
std::uint64_t bytes_of(Dtype dtype, const std::vector<std::int64_t>& shape);

/// The strides of row-major (C) or column-major (Fortran) order.
std::vector<std::int64_t> c_strides(const std::vector<std::int64_t>& shape);
std::vector<std::int64_t> fortran_strides(const std::vector<std::int64_t>& shape);

/// Throws Error(corrupt_data) unless all values lie within `storage_bytes`.
void check_layout(const Layout& layout, std::uint64_t storage_bytes);

/// The values out of `storage`, for which the layout was checked: in place where they are row-major, aligned
/// and of this machine's byte order, else a copy.
Data arrange(const Data& storage, const Layout& layout);

/// Data that own their bytes.
Data owned(std::vector<std::uint8_t> bytes);

/// "[3, 224, 224]"
std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace mpq::checkpoint
