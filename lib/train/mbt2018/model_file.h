// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A trained network as a file: CompressAI's names, before update(), so that a codec builds its tables itself.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "train/mbt2018/network.h"

namespace mpq::train::mbt2018 {

/// Writes safetensors, float32: the network with `weights` (like its parameters' values), the quantiles that
/// its density has at a tail of 1e-9, and where there are levels `gain` and `inverse_gain` [levels][M]: y is
/// multiplied by the one before the hyper-analysis and the coding, decoded latents by the other before the
/// synthesis (Cui et al., "Asymmetric Gained Deep Image Compression With Continuous Rate Adaptation", 2021).
/// With `level` that level's gains are multiplied into g_a.6 and g_s.0 instead, and any CompressAI reads it.
/// Throws what checkpoint::write_safetensors() throws.
void write_model(const std::filesystem::path& file, const Network& network, const at::Tensor& weights,
                 std::optional<double> level, const std::map<std::string, std::string>& metadata);

}  // namespace mpq::train::mbt2018
