// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// LPIPS, version 0.1: how different two pictures look to people, by the features of a network that was
// trained for something else (Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features as a
// Perceptual Metric"). No LibTorch header.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/image.h"
#include "nn/options.h"

namespace mpq::lpips {

/// The network whose features are compared.
enum class Backbone { alexnet, vgg16, squeezenet };

/// "AlexNet", "VGG16" or "SqueezeNet".
const char* name_of(Backbone backbone);

/// Weights on their device. Immutable: any number of scorers in any threads may use one.
class Model {
 public:
  struct Network;

  /// Loads and validates; which network it is, the files tell. `weights`: the published linear layers
  /// (alex.pth, vgg.pth, squeeze.pth; piq's lpips_weights.pt), or one file with everything: LPIPS's own
  /// state_dict(), torchvision's names and lin0 to lin4 together, or SqueezeNet LPIPS as ONNX. `backbone`:
  /// torchvision's network where `weights` has the linear layers alone, otherwise empty. Who asks for the
  /// same files, device, precision and threads while the model lives gets the same one. Throws Error: io,
  /// corrupt_data (also for weights that are not finite), unsupported, invalid_argument (a file too much or
  /// too few), mismatch (missing, unexpected or mis-shaped tensors, by name; another network's linear
  /// layers).
  static std::shared_ptr<const Model> load(const std::filesystem::path& weights,
                                           const std::filesystem::path& backbone, const nn::Options& options);

  explicit Model(std::unique_ptr<const Network> network);
  ~Model();

  Backbone backbone() const noexcept;
  /// "float32" or "bfloat16".
  const char* precision() const noexcept;
  const Network& network() const noexcept { return *network_; }

 private:
  std::unique_ptr<const Network> network_;
};

/// What a file of linear layers alone belongs to; none where the file has a backbone, too. Throws what load()
/// throws for files that are no LPIPS weights.
std::optional<Backbone> missing_backbone(const std::filesystem::path& weights);

/// How far a picture is from its reference.
struct Score {
  double distance = 0;         ///< 0 for identical pictures, more for different ones
  std::vector<double> layers;  ///< what each of the network's five (SqueezeNet: seven) layers adds to it
  /// Where asked for: distance by place, [height][width], row by row. Its mean is near `distance`, not equal:
  /// the layers' maps are enlarged (bilinear, corners not aligned).
  std::vector<float> map;
};

/// Compares pictures with references. The reference's features are computed once for all pictures that are
/// compared with it, also in later calls while its pixels stay the same. Not thread-safe: one for each
/// thread.
class Scorer {
 public:
  explicit Scorer(std::shared_ptr<const Model> model);
  ~Scorer();
  Scorer(Scorer&&) noexcept;

  /// One score for each of `distorted`, in order; the first `maps` of them with maps. Pictures are rgb24, all
  /// of one size. Identical pixels score exactly 0. Throws Error: invalid_argument (another format), mismatch
  /// (different sizes), unsupported (smaller than the network's windows), limit_exceeded (memory).
  std::vector<Score> score(const ImageView& reference, std::span<const ImageView> distorted,
                           std::size_t maps = 0);

 private:
  struct Reference;
  std::shared_ptr<const Model> model_;
  std::unique_ptr<Reference> reference_;
};

}  // namespace mpq::lpips
