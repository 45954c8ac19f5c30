// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Which pictures are not trained on.
#pragma once

#include <string>

namespace mpq::train {

/// Of a tenth of all files, by the SHA-256 in hexadecimal digits: the same whatever other files there are.
inline bool is_held_back(const std::string& sha256) {
  return std::stoi(sha256.substr(0, 4), nullptr, 16) < 0x10000 / 10;
}

}  // namespace mpq::train
