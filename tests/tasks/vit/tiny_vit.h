// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A Vision Transformer of a few bytes whose answer is known: all weights are 0, so the logits are the
// classifier's bias.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/safetensors_writer.h"

namespace mpq::test {

/// Writes a safetensors file with timm's names: pictures of 4 by 4 pixels, patches of 2 by 2, one block.
inline void write_tiny_vit(const std::string& path, const std::vector<float>& bias) {
  const auto classes = static_cast<std::int64_t>(bias.size());
  const std::vector<std::pair<std::string, std::vector<std::int64_t>>> shapes{
      {"cls_token", {1, 1, 4}},
      {"pos_embed", {1, 5, 4}},
      {"patch_embed.proj.weight", {4, 3, 2, 2}},
      {"patch_embed.proj.bias", {4}},
      {"blocks.0.norm1.weight", {4}},
      {"blocks.0.norm1.bias", {4}},
      {"blocks.0.attn.qkv.weight", {12, 4}},
      {"blocks.0.attn.qkv.bias", {12}},
      {"blocks.0.attn.proj.weight", {4, 4}},
      {"blocks.0.attn.proj.bias", {4}},
      {"blocks.0.norm2.weight", {4}},
      {"blocks.0.norm2.bias", {4}},
      {"blocks.0.mlp.fc1.weight", {8, 4}},
      {"blocks.0.mlp.fc1.bias", {8}},
      {"blocks.0.mlp.fc2.weight", {4, 8}},
      {"blocks.0.mlp.fc2.bias", {4}},
      {"norm.weight", {4}},
      {"norm.bias", {4}},
      {"head.weight", {classes, 4}},
      {"head.bias", {classes}}};
  std::vector<std::vector<float>> values;
  std::vector<checkpoint::TensorSource> sources;
  values.reserve(shapes.size());
  for (const auto& [name, shape] : shapes) {
    const checkpoint::Tensor tensor{name, checkpoint::Dtype::float32, shape};
    values.push_back(name == "head.bias" ? bias
                                         : std::vector<float>(static_cast<std::size_t>(tensor.elements())));
    sources.push_back({tensor, [&value = values.back()] { return checkpoint::view(value); }});
  }
  checkpoint::write_safetensors(path, sources);
}

}  // namespace mpq::test
