// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What mpq-models does: one function a command. All throw Error; results go to standard output.
#pragma once

#include <string>

#include "models/model_list.h"
#include "options.h"

namespace mpq::models {

void list_models(const Options& options, const ModelList& list);
void show_models(const Options& options, const ModelList& list);
void fetch_models(const Options& options, const ModelList& list);
void import_model(const Options& options, const ModelList& list);

/// Throws Error(mismatch) after all were looked at, if one is not as it was.
void verify_models(const Options& options, const ModelList& list);

void print_path(const Options& options);
void convert_model(const Options& options);

/// The list's entry, or Error(invalid_argument) that suggests the nearest name.
const ModelEntry& listed(const ModelList& list, const std::string& name);

/// Prints the licence of `entry` to standard error. Asks on a terminal, unless `yes`; Error(io) if the answer
/// is no or nobody can be asked.
void accept_licence(const ModelEntry& entry, bool yes);

}  // namespace mpq::models
