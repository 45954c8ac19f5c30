// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/result.h"

namespace mpq {

std::optional<double> find_detail(const Result& result, const std::string& name) {
  for (const auto& [detail, value] : result.details) {
    if (detail == name) return value;
  }
  return std::nullopt;
}

}  // namespace mpq
