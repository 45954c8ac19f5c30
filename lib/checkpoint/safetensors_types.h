// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What safetensors calls the types of values.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "checkpoint/dtype.h"

namespace mpq::checkpoint {

inline constexpr std::array<std::pair<std::string_view, Dtype>, 16> safetensors_types{
    {{"BOOL", Dtype::boolean},
     {"U8", Dtype::uint8},
     {"U16", Dtype::uint16},
     {"U32", Dtype::uint32},
     {"U64", Dtype::uint64},
     {"I8", Dtype::int8},
     {"I16", Dtype::int16},
     {"I32", Dtype::int32},
     {"I64", Dtype::int64},
     {"F8_E4M3", Dtype::float8_e4m3},
     {"F8_E5M2", Dtype::float8_e5m2},
     {"F16", Dtype::float16},
     {"BF16", Dtype::bfloat16},
     {"F32", Dtype::float32},
     {"F64", Dtype::float64},
     {"C64", Dtype::complex64}}};

}  // namespace mpq::checkpoint
