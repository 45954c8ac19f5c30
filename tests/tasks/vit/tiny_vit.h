// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A Vision Transformer of a few bytes whose answer is known: all weights are 0, so the logits are the
// classifier's bias.
#pragma once

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

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
  nlohmann::ordered_json header;
  std::vector<float> values;
  for (const auto& [name, shape] : shapes) {
    std::size_t count = 1;
    for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
    const std::size_t begin = 4 * values.size();
    if (name == "head.bias")
      values.insert(values.end(), bias.begin(), bias.end());
    else
      values.resize(values.size() + count);
    header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, 4 * values.size()}}};
  }
  const std::string text = header.dump();
  const std::uint64_t length = text.size();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&length), sizeof length);
  file << text;
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(4 * values.size()));
}

}  // namespace mpq::test
