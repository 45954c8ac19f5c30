// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What both readers of results say of a field.
#pragma once

#include <string_view>

#include "core/error.h"
#include "core/text.h"

namespace mpq {

/// Throws Error(corrupt_data) that names the field and its problem.
[[noreturn]] inline void bad_field(std::string_view name, const char* problem) {
  throw Error(ErrorCode::corrupt_data, text("result field \"", name, "\" ", problem));
}

}  // namespace mpq
