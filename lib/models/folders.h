// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Where models and the list of published models lie on this machine (docs/models.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mpq {

/// The folders that models are looked for in, first one first: those of MPQ_MODEL_PATH (separated by colons),
/// the user's ($XDG_DATA_HOME/mpq/models), the system's (mpq/models in each folder of XDG_DATA_DIRS). They
/// need not exist. Relative and empty entries are left out, so that the working folder decides nothing.
std::vector<std::filesystem::path> model_folders();

/// The folder that new models go to: the first of model_folders(). Throws Error(io) if there is none, which
/// needs a user without a home.
std::filesystem::path writable_model_folder();

/// A file that mpq is installed with: the one that the environment's `variable` names, or share/mpq/NAME
/// beside this library, or mpq/NAME in a folder of XDG_DATA_DIRS. Throws Error(io) if there is none.
std::filesystem::path data_file(const std::string& name, const char* variable);

/// The folder of the models that come with mpq: the one that MPQ_SHIPPED_MODELS names, else share/mpq/models
/// beside this library. Nothing where there is none.
std::optional<std::filesystem::path> shipped_model_folder();

/// The list of published models: the data_file() models.json, or what MPQ_MODEL_LIST names.
std::filesystem::path model_list_file();

}  // namespace mpq
