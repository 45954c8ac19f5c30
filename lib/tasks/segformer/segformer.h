// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// SegFormer of Xie et al. 2021 ("SegFormer: Simple and Efficient Design for Semantic Segmentation with
// Transformers"), b0 to b5, from its published weights. No LibTorch header.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/image.h"
#include "core/resize.h"
#include "nn/batcher.h"
#include "nn/options.h"

namespace mpq::segformer {

struct StageShape {
  int width = 0;   ///< features of a token
  int depth = 0;   ///< layers
  int heads = 0;   ///< of attention
  int ratio = 1;   ///< of which keys and values are fewer than queries, in each direction
  int hidden = 0;  ///< features within a layer's two-layer network
  int kernel = 0;  ///< of the patch embedding, pixels; its padding is half of it
  int stride = 0;  ///< of the patch embedding, pixels

  bool operator==(const StageShape&) const = default;
};

constexpr int stages = 4;

/// What the weights say of the network.
struct Shape {
  std::array<StageShape, stages> stage;
  int decoder = 0;  ///< features of the decode head
  int classes = 0;

  bool operator==(const Shape&) const = default;
};

/// "b0" to "b5" for the published shapes, otherwise "SegFormer".
std::string variant(const Shape& shape);

/// What a network looks at: normalised values, R G B of a pixel together, row after row.
struct Pixels {
  int width = 0, height = 0;
  std::vector<float> values;  ///< [height, width, 3]
};

/// The network's answer at a quarter of its input's size, rounded up.
struct Logits {
  int width = 0, height = 0, classes = 0;
  std::vector<float> values;  ///< [height, width, classes]
};

/// Class indices, 0 to classes - 1; in ADE20K's 150 0 is "wall", and there is no index for "unlabelled".
struct LabelMap {
  int width = 0, height = 0;
  std::vector<std::uint16_t> labels;  ///< [height, width]
};

struct Workspace;

/// Weights on their device. Immutable: any number of segmenters in any threads may use one.
class Model {
 public:
  struct Network;

  /// Loads and validates. `weights`: a file with Hugging Face's names
  /// (nvidia/segformer-b0-finetuned-ade-512-512); config.json beside it, where it is, gives heads and labels.
  /// Who asks for the same file, device and precision while the model lives gets the same one. Throws Error:
  /// io, corrupt_data, unsupported, mismatch (missing, unexpected or mis-shaped tensors, by name).
  static std::shared_ptr<const Model> load(const std::filesystem::path& weights, const nn::Options& options);

  Model(std::unique_ptr<const Network> network, std::vector<std::string> labels);
  ~Model();

  const Shape& shape() const noexcept;
  /// "float32" or "bfloat16".
  const char* precision() const noexcept;
  /// Names of the classes as the files tell them, or empty.
  const std::vector<std::string>& labels() const noexcept { return labels_; }
  const Network& network() const noexcept { return *network_; }

  /// Pixels that an input has at least, in width and in height: with fewer, no key is left.
  int least_side() const noexcept;

  /// Of one picture, together with up to `batch` - 1 others of its size that threads ask for meanwhile.
  /// `logits` keeps its memory from call to call. Throws Error: invalid_argument (pictures smaller than
  /// least_side(), or larger than 16 megapixels), limit_exceeded (memory).
  void logits(const Pixels& picture, int batch, Logits* logits) const;

 private:
  struct Job {
    const Pixels* picture;
    Logits* logits;
  };
  struct Done {};

  std::vector<Done> compute(std::span<const Job* const> jobs) const;
  void compute_together(std::span<const Job* const> jobs) const;

  std::unique_ptr<const Network> network_;
  std::unique_ptr<Workspace> workspace_;  ///< compute() alone uses it, which the batcher calls one at a time
  mutable nn::Batcher<Job, Done> batcher_;
  std::vector<std::string> labels_;
};

/// How a picture becomes the network's input. It must be that of the training.
struct Preprocessing {
  int width = 512, height = 512;  ///< the picture is squeezed to it, bilinear; 0: it keeps its own size
  std::array<float, 3> mean{0.485F, 0.456F, 0.406F};
  std::array<float, 3> deviation{0.229F, 0.224F, 0.225F};
};

/// What Hugging Face's preprocessor_config.json says, or ImageNet's statistics and 512x512 where `file` does
/// not exist. Throws Error(corrupt_data) for a file that is none, Error(unsupported) for another filter than
/// bilinear.
Preprocessing read_preprocessing(const std::filesystem::path& file);

/// Pictures to label maps. Keeps its buffers between calls; not thread-safe: one for each thread.
class Segmenter {
 public:
  /// `batch`: most pictures that are computed at once, of all segmenters of the model that ask meanwhile.
  Segmenter(std::shared_ptr<const Model> model, const Preprocessing& preprocessing, int batch = 1);

  /// Of an rgb24 picture of any size; the map has the picture's size and is valid until the next call. Throws
  /// what Model::logits throws, and Error(invalid_argument) for another layout.
  const LabelMap& segment(const ImageView& picture);

 private:
  void preprocess(const ImageView& picture);

  std::shared_ptr<const Model> model_;
  int width_, height_, batch_;                   ///< width and height of the input, or 0
  std::array<std::array<float, 256>, 3> value_;  ///< of each byte of R, G, B
  std::unique_ptr<Resizer> resizer_;
  int from_width_ = 0, from_height_ = 0;  ///< what `resizer_` takes
  std::vector<std::uint8_t> resized_;
  Pixels pixels_;
  Logits logits_;
  LabelMap map_;
};

}  // namespace mpq::segformer
