// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/dtype.h"

#include <array>
#include <utility>

namespace mpq::checkpoint {
namespace {

// In the order of Dtype.
constexpr std::array<std::pair<std::string_view, std::size_t>, 17> dtypes{{{"bool", 1},
                                                                           {"uint8", 1},
                                                                           {"uint16", 2},
                                                                           {"uint32", 4},
                                                                           {"uint64", 8},
                                                                           {"int8", 1},
                                                                           {"int16", 2},
                                                                           {"int32", 4},
                                                                           {"int64", 8},
                                                                           {"float8_e4m3fn", 1},
                                                                           {"float8_e5m2", 1},
                                                                           {"float16", 2},
                                                                           {"bfloat16", 2},
                                                                           {"float32", 4},
                                                                           {"float64", 8},
                                                                           {"complex64", 8},
                                                                           {"complex128", 16}}};

}  // namespace

std::size_t size_of(Dtype dtype) noexcept {
  return dtypes[static_cast<std::size_t>(dtype)].second;
}

std::string_view name_of(Dtype dtype) noexcept {
  return dtypes[static_cast<std::size_t>(dtype)].first;
}

bool is_floating_point(Dtype dtype) noexcept {
  return dtype >= Dtype::float8_e4m3 && dtype <= Dtype::float64;
}

}  // namespace mpq::checkpoint
