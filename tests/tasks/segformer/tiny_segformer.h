// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A SegFormer of a few kilobytes whose answer is known: the first stage's tokens are a pixel's red and its
// blue, and no layer adds anything. Where red is the larger one the class is 1, where blue is it is 2; green
// gives 0.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/safetensors_writer.h"
#include "core/text.h"

namespace mpq::test {

class TinySegformer {
 public:
  /// `leave_out`: the beginning of names that the file lacks. `classes`: at least 3.
  explicit TinySegformer(std::string leave_out = {}, int classes = 3)
      : leave_out_(std::move(leave_out)), classes_(classes) {}

  /// Writes a safetensors file with Hugging Face's names.
  void write(const std::string& path) {
    add_stages();
    constexpr int d = decoder;
    for (int i = 0; i < 4; ++i)
      add(text("decode_head.linear_c.", i, ".proj"), {d, width},
          [i](std::size_t at) { return i == 0 && (at == 0 || at == width + 1); });
    // The first stage's features are the last quarter of what the head multiplies.
    add_one("decode_head.linear_fuse.weight", {d, 4 * d, 1, 1}, [](std::size_t at) {
      const auto row = at / std::size_t{4 * d}, column = at % std::size_t{4 * d};
      return column == std::size_t{3 * d} + row;
    });
    for (const char* part : {"weight", "running_var"})
      add_one(text("decode_head.batch_norm.", part), {d}, ones);
    for (const char* part : {"bias", "running_mean"})
      add_one(text("decode_head.batch_norm.", part), {d}, zeros);
    add("decode_head.classifier", {classes_, d, 1, 1},
        [](std::size_t at) { return at == std::size_t{d} || at == std::size_t{2 * d} + 1; });
    std::vector<checkpoint::TensorSource> sources;
    for (auto& [tensor, values] : tensors_)
      if (leave_out_.empty() || !tensor.name.starts_with(leave_out_))
        sources.push_back({tensor, [&data = values] { return checkpoint::view(data); }});
    checkpoint::write_safetensors(path, sources);
  }

 private:
  static constexpr int width = 16, decoder = 16;  // features of each stage, and of the decode head
  using Shape = std::vector<std::int64_t>;
  using Is = std::function<bool(std::size_t at)>;  ///< whether a value is 1 instead of 0
  static bool ones(std::size_t) { return true; }
  static bool zeros(std::size_t) { return false; }

  void add_one(const std::string& name, const Shape& shape, const Is& is) {
    const checkpoint::Tensor tensor{name, checkpoint::Dtype::float32, shape};
    std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = is(i) ? 1 : 0;
    tensors_.emplace_back(tensor, std::move(values));
  }
  void add(const std::string& name, const Shape& weight, const Is& is) {
    add_one(name + ".weight", weight, is);
    add_one(name + ".bias", {weight.front()}, zeros);
  }

  void add_stages() {
    tensors_.clear();
    const std::string encoder = "segformer.encoder.";
    constexpr std::int64_t w = width;
    for (int i = 0; i < 4; ++i) {
      const std::int64_t kernel = i == 0 ? 7 : 3, inputs = i == 0 ? 3 : w, ratio = 8 >> i;
      // The kernel's centre: of the first output the red, of the second the blue.
      const Is centre = [=](std::size_t at) {
        const auto middle = static_cast<std::size_t>(kernel * kernel / 2),
                   plane = static_cast<std::size_t>(kernel * kernel);
        return i == 0 && (at == middle || at == (3 + 2) * plane + middle);
      };
      add(text(encoder, "patch_embeddings.", i, ".proj"), {w, inputs, kernel, kernel}, centre);
      add(text(encoder, "patch_embeddings.", i, ".layer_norm"), {w}, ones);
      const std::string block = text(encoder, "block.", i, ".0.");
      for (const char* norm : {"layer_norm_1", "layer_norm_2"}) add(block + norm, {w}, ones);
      for (const char* part : {"self.query", "self.key", "self.value", "output.dense"})
        add(block + "attention." + part, {w, w}, zeros);
      if (ratio > 1) {
        add(block + "attention.self.sr", {w, w, ratio, ratio}, zeros);
        add(block + "attention.self.layer_norm", {w}, ones);
      }
      add(block + "mlp.dense1", {2 * w, w}, zeros);
      add(block + "mlp.dwconv.dwconv", {2 * w, 1, 3, 3}, zeros);
      add(block + "mlp.dense2", {w, 2 * w}, zeros);
      add(text(encoder, "layer_norm.", i), {w}, ones);
    }
  }

  std::string leave_out_;
  int classes_;
  std::vector<std::pair<checkpoint::Tensor, std::vector<float>>> tensors_ = {};
};

}  // namespace mpq::test
