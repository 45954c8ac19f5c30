// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A trained network as a file: CompressAI's names, before update(), so that a codec builds its tables itself.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "train/mbt2018/network.h"
#include "train/objective.h"

namespace mpq::train::mbt2018 {

/// Writes safetensors, float32 (with `float16` convolutions' weights in that type, where rounding them
/// changes a tensor by less than a thousandth): the network with `weights` (like its parameters' values), the
/// quantiles that its density has at a tail of 1e-9, and where there are levels `gain` and `inverse_gain`
/// [levels][M]: y is multiplied by the one before the hyper-analysis and the coding, decoded latents by the
/// other before the synthesis (Cui et al., "Asymmetric Gained Deep Image Compression With Continuous Rate
/// Adaptation", 2021). With `form.level` that level's gains are multiplied into g_a.6 and g_s.0 instead, and
/// any CompressAI reads it. Weights that the context model's mask takes out are written as zeros. Throws what
/// checkpoint::write_safetensors() throws.
void write_model(const std::filesystem::path& file, const Network& network, const at::Tensor& weights,
                 const ModelForm& form, const std::map<std::string, std::string>& metadata);

/// Sets the network's parameters to those of a model's file, of any type: the inverse of write_model(); the
/// medians are taken from the density. Throws what reading the file throws, and Error(corrupt_data) for
/// values that are not finite, and gains that are not positive.
void read_model(const mpq::mbt2018::Model& model, Network& network);

}  // namespace mpq::train::mbt2018
