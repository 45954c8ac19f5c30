// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Rate and distortion of the MBT2018 family: lambda 255^2 MSE + bits a pixel (CompressAI's convention).
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "codecs/mbt2018/architecture.h"

namespace mpq::train {
class Objective;
}

namespace mpq::train::mbt2018 {

struct Settings {
  mpq::mbt2018::Architecture architecture{.variant = mpq::mbt2018::Variant::mbt2018, .n = 64, .m = 96};
  int levels = 6;  ///< of the rate; 1: one rate, that of `most`
  double least_lambda = 0.001, most_lambda = 0.02;
  bool bfloat16 = false;       ///< for the layers of high resolution
  std::string device = "cpu";  ///< or "cuda", "cuda:1"
};

/// Of mbt2018-nano, for rates of 0.04 to 0.7 bits a pixel or so.
Settings nano();

/// The sizes of its layers by the names that options and states have for them.
extern const std::array<std::pair<const char*, int mpq::mbt2018::Nano::*>, 7> nano_sizes;

/// Of each level, geometrically from the least to the most.
std::vector<double> lambdas(const Settings& settings);

/// Throws Error(invalid_argument) for settings out of range, Error(unsupported) for a device that is not
/// here.
std::shared_ptr<Objective> make_objective(const Settings& settings);

/// The same, which begins with a model's weights; `settings` are as model_settings() has them but for the
/// lambdas and the type. Throws what mpq::mbt2018::open() throws, and Error(corrupt_data) for values that
/// cannot be.
std::shared_ptr<Objective> make_objective(const Settings& settings, const std::filesystem::path& model);

/// Those that a model was trained with: of any training program's; both lambdas are 0 where the file does not
/// say them. Throws what mpq::mbt2018::open() throws.
Settings model_settings(const std::filesystem::path& model);

/// The settings that description() of an objective tells. Throws Error(corrupt_data) where it does not.
Settings read_settings(const std::map<std::string, std::string>& description);

}  // namespace mpq::train::mbt2018
