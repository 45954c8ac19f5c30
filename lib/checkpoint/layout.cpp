// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/layout.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "checkpoint/cursor.h"
#include "checkpoint/limits.h"

namespace mpq::checkpoint {
namespace {

constexpr std::int64_t max_count = std::int64_t{1} << 59;  // times 16 bytes is below 2^63

bool is_row_major(const Layout& layout) {
  std::int64_t expected = 1;
  for (std::size_t d = layout.shape.size(); d-- > 0;) {
    if (layout.shape[d] == 1) continue;
    if (layout.strides[d] != expected) return false;
    expected *= layout.shape[d];
  }
  return true;
}

bool is_aligned(const std::uint8_t* data, std::size_t size) {
  return reinterpret_cast<std::uintptr_t>(data) % std::min<std::size_t>(size, 8) == 0;
}

// The innermost dimension in a plain loop, the others by counting up.
void gather(const std::uint8_t* from, const Layout& layout, std::vector<std::uint8_t>& to) {
  const std::size_t size = size_of(layout.dtype), rank = layout.shape.size();
  const std::int64_t inner = rank == 0 ? 1 : layout.shape.back();
  const std::size_t step = rank == 0 ? 0 : static_cast<std::size_t>(layout.strides.back()) * size;
  std::vector<std::int64_t> index(rank, 0);
  for (std::uint8_t *out = to.data(), *end = out + to.size(); out != end;) {
    std::size_t at = 0;
    for (std::size_t d = 0; d + 1 < rank; ++d)
      at += static_cast<std::size_t>(index[d] * layout.strides[d]) * size;
    for (std::int64_t i = 0; i < inner; ++i, out += size, at += step) std::memcpy(out, from + at, size);
    for (std::size_t d = rank < 2 ? 0 : rank - 1; d-- > 0;) {
      if (++index[d] < layout.shape[d]) break;
      index[d] = 0;
    }
  }
}

void swap_bytes(std::vector<std::uint8_t>& bytes, Dtype dtype) {
  const bool complex = dtype == Dtype::complex64 || dtype == Dtype::complex128;
  const auto size = static_cast<std::ptrdiff_t>(size_of(dtype) / (complex ? 2 : 1));
  for (auto value = bytes.begin(); value != bytes.end(); value += size) std::reverse(value, value + size);
}

}  // namespace

std::int64_t count_of(const std::vector<std::int64_t>& shape) {
  if (shape.size() > limits::rank)
    throw Error(ErrorCode::limit_exceeded,
                text("it has ", shape.size(), " dimensions, more than ", limits::rank));
  std::int64_t count = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) corrupt(text("its shape ", shape_text(shape), " has a negative size"));
    if (size == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(count, size, &count) || count > max_count) {
      throw Error(ErrorCode::limit_exceeded, text("its shape ", shape_text(shape), " is absurdly large"));
    }
  }
  return empty ? 0 : count;
}

std::uint64_t bytes_of(Dtype dtype, const std::vector<std::int64_t>& shape) {
  return static_cast<std::uint64_t>(count_of(shape)) * size_of(dtype);
}

std::vector<std::int64_t> c_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t d = shape.size(); d-- > 1;)
    strides[d - 1] = strides[d] * std::max<std::int64_t>(shape[d], 1);
  return strides;
}

std::vector<std::int64_t> fortran_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t d = 1; d < shape.size(); ++d)
    strides[d] = strides[d - 1] * std::max<std::int64_t>(shape[d - 1], 1);
  return strides;
}

void check_layout(const Layout& layout, std::uint64_t storage_bytes) {
  if (layout.strides.size() != layout.shape.size())
    corrupt(text("it has ", layout.shape.size(), " dimensions but ", layout.strides.size(), " strides"));
  std::uint64_t end = layout.offset;
  bool over = false;
  if (count_of(layout.shape) > 0) {
    std::int64_t last = 0;  // index of the value that lies furthest
    for (std::size_t d = 0; d < layout.shape.size(); ++d) {
      if (layout.strides[d] < 0) corrupt(text("its strides ", shape_text(layout.strides), " are negative"));
      std::int64_t reach = 0;
      over = over || __builtin_mul_overflow(layout.shape[d] - 1, layout.strides[d], &reach) ||
             __builtin_add_overflow(last, reach, &last) || last >= max_count;
    }
    if (!over)
      over =
          __builtin_add_overflow(end, (static_cast<std::uint64_t>(last) + 1) * size_of(layout.dtype), &end);
  }
  if (over || end > storage_bytes)
    corrupt(text("its shape ", shape_text(layout.shape), " with strides ", shape_text(layout.strides),
                 " from byte ", layout.offset, " on reaches beyond its storage of ", storage_bytes,
                 " bytes"));
}

Data arrange(const Data& storage, const Layout& layout) {
  const std::size_t size = static_cast<std::size_t>(bytes_of(layout.dtype, layout.shape));
  constexpr bool big_endian_machine = std::endian::native == std::endian::big;
  const bool swap = layout.big_endian != big_endian_machine && size_of(layout.dtype) > 1;
  if (size == 0) return {{}, storage.owner, storage.copied};
  const Bytes from = storage.bytes.subspan(static_cast<std::size_t>(layout.offset));
  const bool row_major = is_row_major(layout);
  if (row_major && !swap && is_aligned(from.data(), size_of(layout.dtype)))
    return {from.first(size), storage.owner, storage.copied};
  std::vector<std::uint8_t> bytes(size);
  if (row_major)
    std::copy_n(from.data(), size, bytes.data());
  else
    gather(from.data(), layout, bytes);
  if (swap) swap_bytes(bytes, layout.dtype);
  return owned(std::move(bytes));
}

Data owned(std::vector<std::uint8_t> bytes) {
  const auto owner = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
  return {*owner, owner, true};
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string line = "[";
  for (std::size_t d = 0; d < shape.size() && d < limits::rank; ++d)
    line += (d == 0 ? "" : ", ") + std::to_string(shape[d]);
  return line + (shape.size() > limits::rank ? ", ...]" : "]");
}

}  // namespace mpq::checkpoint
