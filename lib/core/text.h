// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Text assembly for messages, until std::format is in every compiler we build with (g++ 13).
#pragma once

#include <sstream>
#include <string>

namespace mpq {

/// Concatenates its arguments as an output stream would print them.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

}  // namespace mpq
