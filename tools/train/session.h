// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What commands that train have in common.
#pragma once

#include <filesystem>
#include <limits>
#include <vector>

#include "options.h"

namespace mpq::train {

/// SIGINT and SIGTERM are remembered from now on, instead of ending the program.
void catch_signals();
bool interrupted();
/// They end the program again.
void release_signals();

/// Tells on standard error what was found, and what was left out. Throws what load_files() throws.
std::vector<Picture> load(const std::vector<std::filesystem::path>& files, int least_side,
                          std::size_t memory);

/// Measures where the options leave it open.
bool use_bfloat16(const Options& options);

/// What the options say of the trainer.
TrainerOptions trainer_options(const Options& options, bool bfloat16);

/// On standard error: where the training is, and for how long it will go on, at most `seconds`.
void print(const LogRow& row, const Schedule& schedule,
           double seconds = std::numeric_limits<double>::infinity());

}  // namespace mpq::train
