// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Where models and the list of published models lie on this machine (docs/models.md).
#pragma once

#include <filesystem>
#include <vector>

namespace mpq {

/// The folders that models are looked for in, first one first: those of MPQ_MODEL_PATH (separated by colons),
/// the user's ($XDG_DATA_HOME/mpq/models), the system's (mpq/models in each folder of XDG_DATA_DIRS). They
/// need not exist. Relative and empty entries are left out, so that the working folder decides nothing.
std::vector<std::filesystem::path> model_folders();

/// The folder that new models go to: the first of model_folders(). Throws Error(io) if there is none, which
/// needs a user without a home.
std::filesystem::path writable_model_folder();

/// The list of published models, models.json: the file that MPQ_MODEL_LIST names, or the one that is
/// installed beside this library, or mpq/models.json in a folder of XDG_DATA_DIRS. Throws Error(io) if there
/// is none.
std::filesystem::path model_list_file();

}  // namespace mpq
