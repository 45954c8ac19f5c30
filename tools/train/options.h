// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The command line of mpq-train.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nn/options.h"
#include "train/mbt2018/objective.h"
#include "train/trainer.h"

namespace mpq::train {

struct Options {
  std::string
      command;  ///< "mbt2018-nano", "mbt2018", "mbt2018-mean", "adapt", "data", "export", "validate", "help"
  std::vector<std::filesystem::path> data, validation, names;  ///< names: what is no option's value
  std::filesystem::path output;
  mbt2018::Settings settings;
  Schedule schedule;
  nn::Precision precision = nn::Precision::automatic;
  std::optional<double> minutes, level;
  double validate_minutes = 30, save_minutes = 2;
  std::size_t memory = std::size_t{2} << 30;  ///< bytes of decoded pictures
  int threads = 0;
  bool float16 = false;  ///< the model that export writes
  bool keep = false;     ///< the packages that data fetches
  bool augment = false;  ///< crops of adapt, as a training's
};

extern const char* const usage;

/// What is not given and changes the training is taken from the state in the folder that --output names, if
/// it has one. Throws Error(invalid_argument) for wrong usage, and what reading the state throws.
Options parse_options(const std::vector<std::string>& arguments);

}  // namespace mpq::train
