// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Checkpoints of small networks with pseudo-random weights, in the spellings that published files have.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/safetensors_writer.h"
#include "codecs/mbt2018/architecture.h"
#include "core/text.h"

namespace mpq::test {

using NamedShape = std::pair<std::string, std::vector<std::int64_t>>;

/// Names of the current CompressAI; without tables, as before update().
inline std::vector<NamedShape> mbt2018_tensors(const mbt2018::Architecture& a) {
  const std::int64_t n = a.n, m = a.m;
  std::vector<NamedShape> all;
  const auto layer = [&](const std::string& name, std::int64_t out, const std::vector<std::int64_t>& weight) {
    all.push_back({name + ".weight", weight});
    all.push_back({name + ".bias", {out}});
  };
  if (a.nano) {
    const std::int64_t wide = a.nano->wide, deep = a.nano->deep;
    const auto blocks = [&](const std::string& name, int count, std::int64_t channels) {
      for (int i = 0; i < count; ++i) {
        layer(text(name, i, ".gate"), 2 * channels, {2 * channels, channels, 3, 3});
        layer(text(name, i, ".mix"), channels, {channels, channels, 1, 1});
      }
    };
    for (const std::string side : {"g_a.", "g_s."}) {
      all.push_back({side + "linear.weight", {m, 3, 16, 16}});
      layer(side + "patch", side == "g_a." ? wide : 3, {wide, 3, 8, 8});
      blocks(side + "wide.", a.nano->wide_blocks, wide);
      blocks(side + "deep.", a.nano->deep_blocks, deep);
    }
    layer("g_a.down", deep, {deep, wide, 2, 2});
    layer("g_a.out", m, {m, deep, 1, 1});
    layer("g_s.in", deep, {deep, m, 1, 1});
    layer("g_s.up", wide, {deep, wide, 2, 2});
  }
  for (const std::string side : {"g_a.", "g_s."}) {
    if (a.nano) break;
    for (const int i : {1, 3, 5}) {
      all.push_back({text(side, i, ".beta"), {n}});
      all.push_back({text(side, i, ".gamma"), {n, n}});
      for (const char* parameter : {".beta", ".gamma"})
        for (const char* constant : {"_reparam.pedestal", "_reparam.lower_bound.bound"})
          all.push_back({text(side, i, parameter, constant), {1}});
    }
  }
  for (int i = 0; i < (a.nano ? 0 : 4); ++i) {
    layer(text("g_a.", 2 * i), i == 3 ? m : n, {i == 3 ? m : n, i == 0 ? 3 : n, 5, 5});
    layer(text("g_s.", 2 * i), i == 3 ? 3 : n, {i == 0 ? m : n, i == 3 ? 3 : n, 5, 5});
  }
  layer("h_a.0", n, {n, m, 3, 3});
  layer("h_a.2", n, {n, n, 5, 5});
  layer("h_a.4", n, {n, n, 5, 5});
  const bool means = a.variant != mbt2018::Variant::hyperprior;
  std::int64_t first = means ? m : n, second = means ? m * 3 / 2 : n, third = means ? 2 * m : m;
  if (a.nano) first = second = third = a.nano->hyper;
  layer("h_s.0", first, {n, first, 5, 5});
  layer("h_s.2", second, {first, second, 5, 5});
  layer("h_s.4", third, {third, second, 3, 3});
  if (a.variant == mbt2018::Variant::mbt2018) {
    const std::int64_t context = a.nano ? a.nano->context : 2 * m,
                       parameters0 = a.nano ? a.nano->parameters : m * 10 / 3,
                       parameters1 = a.nano ? a.nano->parameters : m * 8 / 3;
    layer("context_prediction", context, {context, m, 5, 5});
    all.push_back({"context_prediction.mask", {context, m, 5, 5}});
    layer("entropy_parameters.0", parameters0, {parameters0, third + context, 1, 1});
    layer("entropy_parameters.2", parameters1, {parameters1, parameters0, 1, 1});
    layer("entropy_parameters.4", 2 * m, {2 * m, parameters1, 1, 1});
  }
  for (int i = 0; i < 5; ++i) {
    const std::int64_t in = i == 0 ? 1 : 3, out = i == 4 ? 1 : 3;
    all.push_back({text("entropy_bottleneck.matrices.", i), {n, out, in}});
    all.push_back({text("entropy_bottleneck.biases.", i), {n, out, 1}});
    if (i < 4) all.push_back({text("entropy_bottleneck.factors.", i), {n, out, 1}});
  }
  all.push_back({"entropy_bottleneck.quantiles", {n, 1, 3}});
  all.push_back({"entropy_bottleneck.target", {3}});
  all.push_back({"entropy_bottleneck.likelihood_lower_bound.bound", {1}});
  all.push_back({"gaussian_conditional.scale_bound", {1}});
  all.push_back({"gaussian_conditional.scale_table", {0}});
  for (const char* model : {"entropy_bottleneck.", "gaussian_conditional."})
    for (const char* table : {"_quantized_cdf", "_cdf_length", "_offset"})
      all.push_back({text(model, table), {0}});
  if (a.levels > 0)
    for (const char* tensor : {"gain", "inverse_gain"}) all.push_back({tensor, {a.levels, m}});
  return all;
}

/// What a tensor's values are around, and how far they reach: near what training gives.
inline std::pair<float, float> mbt2018_range(const NamedShape& tensor) {
  const auto ends = [&](const char* end) { return tensor.first.ends_with(end); };
  if (ends(".pedestal")) return {std::ldexp(1.0F, -36), 0.0F};
  if (ends(".lower_bound.bound")) return {ends("beta_reparam.lower_bound.bound") ? 1e-3F : 3.8e-6F, 0.0F};
  if (ends(".beta")) return {1.0F, 0.2F};
  if (ends(".gamma")) return {0.02F, 0.06F};
  if (ends("gain")) return {2.0F, 1.5F};
  if (ends("g_s.6.bias")) return {0.5F, 0.05F};
  if (tensor.second.size() < 4) return {0.0F, 0.1F};
  const auto& shape = tensor.second;
  if (ends("g_s.patch.weight") || ends("g_s.linear.weight"))
    return {0.0F, 0.1F / std::sqrt(static_cast<float>(shape[0]))};
  if (ends("g_a.linear.weight")) return {0.0F, 0.2F};
  const bool transposed = tensor.first.starts_with("g_s") || tensor.first.starts_with("h_s");
  const auto inputs = static_cast<float>((transposed ? shape[0] : shape[1]) * shape[2] * shape[3]);
  const float gain = tensor.first == "g_s.6.weight" ? 0.3F : tensor.first == "g_a.0.weight" ? 8.0F : 2.0F;
  return {0.0F, gain / std::sqrt(inputs)};
}

/// `rename` turns a name into the file's own.
inline void write_mbt2018(
    const std::string& file, const std::vector<NamedShape>& tensors,
    const std::function<std::string(std::string)>& rename = [](std::string name) { return name; }) {
  std::uint32_t state = 1;
  std::vector<float> values;
  std::vector<checkpoint::TensorSource> sources;
  for (const NamedShape& named : tensors) {
    const bool table = named.second == std::vector<std::int64_t>{0};
    const checkpoint::Tensor tensor{
        rename(named.first), table ? checkpoint::Dtype::int32 : checkpoint::Dtype::float32, named.second};
    sources.push_back({tensor, [&, named, count = tensor.elements()] {
                         const auto [offset, scale] = mbt2018_range(named);
                         values.resize(static_cast<std::size_t>(count));
                         for (float& value : values) {
                           state = state * 1664525 + 1013904223;
                           value = offset + scale * (static_cast<float>(state >> 8) / 8388608.0F - 1.0F);
                         }
                         return checkpoint::view(values);
                       }});
  }
  checkpoint::write_safetensors(file, sources);
}

}  // namespace mpq::test
