// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The transforms between pictures and latents. Nothing here is exact: what a decoder must repeat is not made
// of these.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "codecs/mbt2018/architecture.h"
#include "core/image.h"
#include "nn/options.h"

namespace mpq::mbt2018 {

struct Network;

/// Height and width of y for a picture: of z they are a quarter.
struct LatentSize {
  int height = 0, width = 0;

  bool operator==(const LatentSize&) const = default;
};

/// Pictures are padded with zeros to multiples of 64 pixels, the same on both sides or one more on the right
/// and at the bottom. Throws Error(invalid_argument) for a size below 1 or above 65536.
LatentSize latent_size(int width, int height);

/// The analysis (g_a), the hyper-analysis (h_a) and the synthesis (g_s) of one network. Immutable; all
/// functions may be called from several threads at once. They throw Error(limit_exceeded) where memory ends.
class Transforms {
 public:
  /// Weights are converted once. Throws Error(invalid_argument, unsupported) for devices that are not here,
  /// and what reading the checkpoint throws.
  static std::shared_ptr<const Transforms> load(const Model& model, const nn::Options& options);

  explicit Transforms(std::unique_ptr<const Network> network);
  ~Transforms();
  Transforms(const Transforms&) = delete;
  Transforms& operator=(const Transforms&) = delete;

  /// The latents of a picture (rgb24): y is [height][width][M] of latent_size(), z is
  /// [height / 4][width / 4][N], row-major, neither rounded. Throws Error(invalid_argument) for other
  /// formats.
  /// `quality` is from 0 to highest_quality(), otherwise Error(invalid_argument).
  void analyse(const ImageView& picture, std::vector<float>* y, std::vector<float>* z, int quality = 0) const;

  /// The picture (rgb24) of decoded latents, [height][width][M] of latent_size(): clamped, rounded to 8 bits,
  /// cropped. Throws Error(invalid_argument) where their number is another.
  void synthesise(std::span<const float> y_hat, const MutableImageView& picture, int quality = 0) const;

  /// Gives OpenMP's regions that this thread enters as many threads as the options named.
  void use_threads() const;

  /// "float32" or "bfloat16".
  const char* precision() const noexcept;
  const Architecture& architecture() const noexcept;

  const Network& network() const noexcept { return *network_; }  ///< for tests

 private:
  std::unique_ptr<const Network> network_;
};

}  // namespace mpq::mbt2018
