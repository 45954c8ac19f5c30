// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Lists of files as JSON. Private to this folder.
#pragma once

#include "metrics/accuracy/labels.h"

namespace mpq::accuracy {

/// Throws Error(io) and Error(corrupt_data); the latter without the list's name.
std::vector<ListedFile> read_json_list(const std::filesystem::path& list);

}  // namespace mpq::accuracy
