// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a model is worth: real frames of real pictures, decoded. No LibTorch header.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "train/bd_rate.h"
#include "train/pictures.h"

namespace mpq::train::mbt2018 {

/// Codes every picture at each of the model's levels (one where it has no gains) and decodes it again, in
/// float32. Of each level the means over the pictures: bits a pixel of whole frames of the mpq stream, PSNR
/// over all channels. Throws what loading the model, coding and decoding throw, and Error(invalid_argument)
/// without a picture. `threads` as in nn::Options.
std::vector<Score> validate(const std::filesystem::path& model, std::span<const Picture> pictures,
                            int threads = 0);

}  // namespace mpq::train::mbt2018
