// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// SHA-256 of files, by GLib.
#pragma once

#include <filesystem>
#include <string>

#include "models/model_list.h"

namespace mpq::models {

/// 64 lower-case hexadecimal digits. Throws Error(io) if the file cannot be read to its end.
std::string sha256_of(const std::filesystem::path& file);

/// Compares size and sum with what the list says of the model. Returns whether the list has a sum at all.
/// Throws Error(mismatch) if one of them differs.
bool check_against_list(const ModelEntry& entry, std::uint64_t size, const std::string& sha256);

}  // namespace mpq::models
