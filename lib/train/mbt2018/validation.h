// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a model is worth: real frames of real pictures, decoded. No LibTorch header.
#pragma once

#include <filesystem>
#include <span>

#include "train/pictures.h"

namespace mpq::train::mbt2018 {

struct Score {
  double rate = 0;  ///< bits a pixel of whole frames of the mpq stream, mean over the pictures
  double psnr = 0;  ///< dB, over all channels, mean over the pictures
};

/// Codes every picture with the model and decodes it again, in float32. Throws what loading the model, coding
/// and decoding throw, and Error(invalid_argument) without a picture. `threads` as in nn::Options.
Score validate(const std::filesystem::path& model, std::span<const Picture> pictures, int threads = 0);

}  // namespace mpq::train::mbt2018
