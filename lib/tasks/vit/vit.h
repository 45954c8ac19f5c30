// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The Vision Transformer classifier of Dosovitskiy et al. 2021 ("An Image is Worth 16x16 Words"), of any
// published size, from its published weights. No LibTorch header.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/image.h"
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

/// Weights on their device. Immutable: any number of classifiers in any threads may use one.
class Model {
 public:
  struct Network;

  /// Loads and validates. `weights`: a file with Hugging Face's (google/vit-base-patch16-224) or timm's
  /// (vit_tiny_patch16_224) names; config.json beside it, where it is, gives heads, eps and labels. `head`:
  /// empty, or a small file with head.weight and head.bias that replaces the classifier. Who asks for the
  /// same files, device and precision while the model lives gets the same one. Throws Error: io,
  /// corrupt_data, unsupported, mismatch (missing, unexpected or mis-shaped tensors, by name).
  static std::shared_ptr<const Model> load(const std::filesystem::path& weights,
                                           const std::filesystem::path& head, const nn::Options& options);

  explicit Model(std::unique_ptr<const Network> network, std::vector<std::string> labels);
  ~Model();

  const Shape& shape() const noexcept;
  /// "float32" or "bfloat16".
  const char* precision() const noexcept;
  /// Names of the classes as the files tell them, or empty.
  const std::vector<std::string>& labels() const noexcept { return labels_; }
  const Network& network() const noexcept { return *network_; }

 private:
  std::unique_ptr<const Network> network_;
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
  Classifier(std::shared_ptr<const Model> model, const Preprocessing& preprocessing);
  ~Classifier();
  Classifier(Classifier&&) noexcept;

  /// Of an rgb24 picture of any size. Throws Error.
  std::vector<float> logits(const ImageView& picture);
  /// Of pixels that are preprocessed: [3, image_size, image_size], planes R G B.
  std::vector<float> logits(const std::vector<float>& pixels);

 private:
  std::shared_ptr<const Model> model_;
  std::unique_ptr<Preprocessor> preprocessor_;
  Preprocessing preprocessing_;
  std::vector<float> pixels_;
};

/// The `count` most probable classes, the first one first. NaN logits come last.
std::vector<Score> best(const std::vector<float>& logits, int count);

}  // namespace mpq::vit
