// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The state of a training as a file. Internal to lib/train.
#pragma once

#include "train/objective.h"
#include "train/optimiser.h"
#include "train/trainer.h"

namespace mpq::train {

std::filesystem::path state_file(const std::filesystem::path& folder);

/// Writes weights, moments, average and the summary: all of it or nothing. Throws Error(io).
void write_state(const std::filesystem::path& folder, const Parameters& parameters,
                 const Optimiser& optimiser, const StateSummary& summary);

/// What a model's file says of how it was made.
std::map<std::string, std::string> model_metadata(const StateSummary& summary);

/// Reads the folder's state, which must be there, into the parameters and the optimiser. Throws
/// Error(mismatch) where it is of another network, Error(corrupt_data, io).
void read_state(const std::filesystem::path& folder, const Parameters& parameters, Optimiser& optimiser);

}  // namespace mpq::train
