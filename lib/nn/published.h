// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What Hugging Face publishes beside weights: JSON files. For sources of the library alone.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mpq::nn {

/// The file's JSON, or an empty object where there is no file. Throws Error(corrupt_data) for a file that is
/// none.
nlohmann::json read_json(const std::filesystem::path& file);

/// The names of `classes` classes in config.json ("id2label"), empty ones for those it leaves out; none at
/// all where it has no such list.
std::vector<std::string> labels_of(const nlohmann::json& config, int classes);

}  // namespace mpq::nn
