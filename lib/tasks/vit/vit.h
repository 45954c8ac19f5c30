// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The Vision Transformer classifier of Dosovitskiy et al. 2021 ("An Image is Worth 16x16 Words"), of any
// published size, from its published weights. No LibTorch header.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/image.h"
#include "nn/batcher.h"
#include "nn/options.h"
#include "tasks/vit/preprocessing.h"

namespace mpq::vit {

/// What the weights say of the network.
struct Shape {
  int image_size = 0;  ///< pixels, width and height
  int patch = 0;       ///< pixels, width and height
  int width = 0;       ///< features of a token
  int depth = 0;       ///< blocks
  int heads = 0;
  int hidden = 0;   ///< features within a block's two-layer network
  int classes = 0;  ///< 0: the file has no classifier
  double eps = 0;   ///< of all layer norms
};

using Pixels = std::vector<float>;
using Logits = std::vector<float>;

/// Weights on their device. Immutable: any number of classifiers in any threads may use one.
class Model {
 public:
  struct Network;

  /// Loads and validates. `weights`: a file with Hugging Face's (google/vit-base-patch16-224) or timm's
  /// (vit_tiny_patch16_224) names; config.json beside it, where it is, gives heads, eps and labels. `head`:
  /// empty, or a small file with head.weight and head.bias that replaces the classifier. Who asks for the
  /// same files, input size, device and precision while the model lives gets the same one. `image_size`:
  /// pixels, a multiple of the patch, or 0 for that of the training; for another one the position embeddings
  /// are interpolated (bicubic, as Hugging Face does it). Throws Error: io, corrupt_data, unsupported,
  /// invalid_argument (image_size), mismatch (missing, unexpected or mis-shaped tensors, by name).
  static std::shared_ptr<const Model> load(const std::filesystem::path& weights,
                                           const std::filesystem::path& head, const nn::Options& options,
                                           int image_size = 0);

  explicit Model(std::unique_ptr<const Network> network, std::vector<std::string> labels);
  ~Model();

  const Shape& shape() const noexcept;
  /// "float32" or "bfloat16".
  const char* precision() const noexcept;
  /// Names of the classes as the files tell them, or empty.
  const std::vector<std::string>& labels() const noexcept { return labels_; }
  const Network& network() const noexcept { return *network_; }

  /// Of pictures that are preprocessed: [3, image_size, image_size] each, planes R G B. Throws Error.
  std::vector<Logits> logits(std::span<const Pixels* const> pictures) const;
  /// Of one picture, together with up to `batch` - 1 others that threads ask for meanwhile.
  Logits logits(const Pixels& picture, int batch) const;

 private:
  std::unique_ptr<const Network> network_;
  mutable nn::Batcher<Pixels, Logits> batcher_;
  std::vector<std::string> labels_;
};

struct Score {
  int index = 0;
  double probability = 0;  ///< 0 to 1, softmax over all classes
};

/// Classifies pictures. Keeps its buffers between calls; not thread-safe: one for each thread.
class Classifier {
 public:
  /// Throws Error(mismatch) for a model without a classifier.
  /// `batch`: most pictures that are computed at once, of all classifiers of the model that ask meanwhile.
  Classifier(std::shared_ptr<const Model> model, const Preprocessing& preprocessing, int batch = 1);
  ~Classifier();
  Classifier(Classifier&&) noexcept;

  /// Of an rgb24 picture of any size. Throws Error.
  Logits logits(const ImageView& picture);

 private:
  std::shared_ptr<const Model> model_;
  std::unique_ptr<Preprocessor> preprocessor_;
  Preprocessing preprocessing_;
  int batch_;
  Pixels pixels_;
};

/// The `count` most probable classes, the first one first. NaN logits come last.
std::vector<Score> best(const Logits& logits, int count);

}  // namespace mpq::vit
