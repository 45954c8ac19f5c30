// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// How a picture becomes a classifier's input. It must be that of the training: wrong statistics alone cost a
// third of the accuracy.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/image.h"
#include "core/resize.h"

namespace mpq::vit {

enum class Fit {
  squeeze,  ///< the whole picture, whatever its aspect ratio (Hugging Face)
  crop,     ///< the short side to `short_side`, then the centre (timm)
};

struct Preprocessing {
  Fit fit = Fit::squeeze;
  ResizeFilter filter = ResizeFilter::bilinear;
  int short_side = 0;  ///< pixels; 0: the input size / 0.9, rounded down
  std::array<float, 3> mean{0.5F, 0.5F, 0.5F};
  std::array<float, 3> deviation{0.5F, 0.5F, 0.5F};

  bool operator==(const Preprocessing&) const = default;
};

/// What Hugging Face's preprocessor_config.json says, or nothing where `file` does not exist. Throws
/// Error(corrupt_data) for a file that is none, Error(unsupported) for filters that we do not have.
std::optional<Preprocessing> read_preprocessing(const std::filesystem::path& file);

/// Pictures of one size to pixels: planes R G B of size by size, (value / 255 - mean) / deviation. Keeps its
/// buffers; not thread-safe.
class Preprocessor {
 public:
  /// Sizes in pixels. Throws Error(invalid_argument) for a crop larger than what is resized.
  Preprocessor(int width, int height, int size, const Preprocessing& preprocessing);

  bool fits(const ImageView& picture) const { return picture.width == width_ && picture.height == height_; }
  /// rgb24 of the size given above; `pixels` gets 3 * size * size values.
  void run(const ImageView& picture, std::vector<float>* pixels);

 private:
  int width_, height_, size_, left_, top_;
  std::array<std::array<float, 256>, 3> value_;  ///< of each byte of R, G, B
  int resized_width_, resized_height_;
  Resizer resizer_;
  std::vector<std::uint8_t> resized_;
};

}  // namespace mpq::vit
