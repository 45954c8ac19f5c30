// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Random crops of pictures. No LibTorch.
#pragma once

#include <span>
#include <vector>

#include "train/generator.h"
#include "train/pictures.h"

namespace mpq::train {

/// How crops differ from the pictures that they are taken from.
struct Augmentation {
  double largest_scale = 2;    ///< crops are of areas up to this many times their side, reduced; >= 1
  double jitter_chance = 0.3;  ///< of a crop whose brightness, gamma and colours are changed
};

/// Takes a square of `side` pixels: from any picture, each as likely as it has pixels, in any of the eight
/// orientations, reduced as Pillow reduces (core/resize.h). All of its randomness is the generator's. Writes
/// [side][side][3] values of 0 to 1. Pictures must be at least `side` pixels wide and high. Thread-safe.
class Cropper {
 public:
  Cropper(std::span<const Picture> pictures, int side, const Augmentation& augmentation);

  int side() const noexcept { return side_; }
  void crop(Generator& generator, std::span<float> pixels) const;

 private:
  std::span<const Picture> pictures_;
  std::vector<double> ends_;  ///< of each picture's share, in pixels
  int side_;
  Augmentation augmentation_;
};

}  // namespace mpq::train
