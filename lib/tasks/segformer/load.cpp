// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// From published files to the network: names, shapes, labels; and the decode head's products put together.
#include <algorithm>

#include "checkpoint/index.h"
#include "core/error.h"
#include "core/text.h"
#include "nn/published.h"
#include "nn/shared.h"
#include "tasks/segformer/fast_network.h"
#include "tasks/segformer/network.h"

namespace mpq::segformer {
namespace {

using checkpoint::Binding;
using checkpoint::Checkpoint;
using checkpoint::Index;
using checkpoint::KeyMap;
using nlohmann::json;

/// Hugging Face's to shorter ones.
const KeyMap names{
    .strip_prefixes = {"segformer.encoder."},
    .renames = {{"patch_embeddings.#.*", "embed.#.*"},
                {"block.#.#.attention.self.*", "layer.#.#.*"},
                {"block.#.#.attention.output.dense.*", "layer.#.#.projection.*"},
                {"block.#.#.mlp.dwconv.dwconv.*", "layer.#.#.mix.*"},
                {"block.#.#.mlp.dense1.*", "layer.#.#.expand.*"},
                {"block.#.#.mlp.dense2.*", "layer.#.#.contract.*"},
                {"block.#.#.layer_norm_1.*", "layer.#.#.norm1.*"},
                {"block.#.#.layer_norm_2.*", "layer.#.#.norm2.*"},
                {"layer_norm.#.*", "norm.#.*"},
                {"decode_head.linear_c.#.proj.*", "head.#.*"},
                {"decode_head.linear_fuse.*", "fuse.*"},
                {"decode_head.batch_norm.*", "batch_norm.*"},
                {"decode_head.classifier.*", "classifier.*"}},
    .ignored = {"decode_head.batch_norm.num_batches_tracked"},
};

Index index_of(const Checkpoint& file) {
  return {file, names, "SegFormer",
          "Name the weights of a SegFormer for semantic segmentation with Hugging Face's names, such as "
          "segformer-b0-ade of mpq-models list"};
}

std::string layer_name(std::size_t i, int j) {
  return text("layer.", i, '.', j, '.');
}

/// A list of four numbers in config.json, or nothing.
std::vector<int> four(const json& config, const char* name) {
  const auto found = config.find(name);
  if (found == config.end()) return {};
  try {
    auto values = found->get<std::vector<int>>();
    if (values.size() == stages) return values;
  } catch (const json::exception&) {
    // answered below
  }
  throw Error(ErrorCode::corrupt_data,
              text("config.json beside the weights: ", name, " is no list of four numbers"),
              "Download it again, or remove it");
}

StageShape infer_stage(const Index& index, std::size_t i) {
  StageShape s;
  const std::string embed = text("embed.", i, ".proj.weight");
  s.width = index.size(embed, 4, 0);
  s.kernel = index.size(embed, 4, 3);
  s.stride = s.kernel == 7 ? 4 : 2;  // as in all published networks
  while (index.has(layer_name(i, s.depth) + "norm1.weight")) ++s.depth;
  if (s.depth == 0) index.refuse(text("stage ", i, " has no layers"));
  s.hidden = index.size(layer_name(i, 0) + "expand.weight", 2, 0);
  if (index.has(layer_name(i, 0) + "sr.weight")) s.ratio = index.size(layer_name(i, 0) + "sr.weight", 4, 3);
  return s;
}

Shape infer_shape(const Index& index, const json& config) {
  if (!index.has("classifier.weight")) index.refuse("it has no tensor decode_head.classifier.weight");
  Shape shape;
  const std::vector<int> heads = four(config, "num_attention_heads"), strides = four(config, "strides");
  for (std::size_t i = 0; i < stages; ++i) {
    StageShape& s = shape.stage[i] = infer_stage(index, i);
    // All published networks have heads of as many features as the first stage.
    s.heads = heads.empty() ? std::max(1, s.width / shape.stage[0].width) : heads[i];
    if (!strides.empty()) s.stride = strides[i];
    if (s.heads < 1 || s.width % s.heads != 0)
      index.refuse(text("a width of ", s.width, " does not divide into ", s.heads, " heads"));
    if (s.stride < 1 || s.stride > s.kernel) index.refuse(text("it has patches ", s.stride, " pixels apart"));
  }
  shape.decoder = index.size("fuse.weight", 4, 0);
  shape.classes = index.size("classifier.weight", 4, 0);
  if (shape.classes > 65536) index.refuse(text("it has ", shape.classes, " classes"));
  return shape;
}

class Wanted {
 public:
  /// A weight, and a bias of as many values as it has outputs.
  void add(const std::string& name, const std::vector<std::int64_t>& weight) {
    tensors_.push_back({name + ".weight", weight});
    tensors_.push_back({name + ".bias", {weight.front()}});
  }
  void add_one(const std::string& name, const std::vector<std::int64_t>& shape) {
    tensors_.push_back({name, shape});
  }
  void add_layer(const std::string& name, const StageShape& s) {
    add(name + "norm1", {s.width});
    for (const char* part : {"query", "key", "value", "projection"}) add(name + part, {s.width, s.width});
    if (s.ratio > 1) {
      add(name + "sr", {s.width, s.width, s.ratio, s.ratio});
      add(name + "layer_norm", {s.width});
    }
    add(name + "norm2", {s.width});
    add(name + "expand", {s.hidden, s.width});
    add(name + "mix", {s.hidden, 1, 3, 3});
    add(name + "contract", {s.width, s.hidden});
  }
  const std::vector<checkpoint::Wanted>& tensors() const { return tensors_; }

 private:
  std::vector<checkpoint::Wanted> tensors_;
};

std::vector<checkpoint::Wanted> wanted_tensors(const Shape& shape) {
  Wanted wanted;
  std::int64_t inputs = 3;
  for (std::size_t i = 0; i < stages; ++i) {
    const StageShape& s = shape.stage[i];
    wanted.add(text("embed.", i, ".proj"), {s.width, inputs, s.kernel, s.kernel});
    wanted.add(text("embed.", i, ".layer_norm"), {s.width});
    for (int j = 0; j < s.depth; ++j) wanted.add_layer(layer_name(i, j), s);
    wanted.add(text("norm.", i), {s.width});
    wanted.add(text("head.", i), {shape.decoder, s.width});
    inputs = s.width;
  }
  wanted.add_one("fuse.weight", {shape.decoder, stages * shape.decoder, 1, 1});
  for (const char* part : {"weight", "bias", "running_mean", "running_var"})
    wanted.add_one(text("batch_norm.", part), {shape.decoder});
  wanted.add("classifier", {shape.classes, shape.decoder, 1, 1});
  return wanted.tensors();
}

/// Builds the network's parts from bound tensors.
class Builder {
 public:
  Builder(Binding binding, const Shape& shape, const nn::Placement& placement)
      : binding_(std::move(binding)), shape_(shape), placement_(placement) {}

  std::vector<Stage> all_stages() const {
    std::vector<Stage> all;
    for (std::size_t i = 0; i < stages; ++i) all.push_back(stage(i));
    fold_head(&all);
    return all;
  }

  nn::Linear classifier() const { return {take("classifier.weight").flatten(1), take("classifier.bias")}; }

 private:
  at::Tensor take(const std::string& name, at::ScalarType type) const {
    return nn::load(binding_.checkpoint(), binding_.tensor(name), type, placement_.device);
  }
  at::Tensor take(const std::string& name) const { return take(name, placement_.type); }

  nn::LayerNorm norm(const std::string& name) const {
    return {take(name + ".weight", at::kFloat), take(name + ".bias", at::kFloat), eps};
  }
  nn::Linear linear(const std::string& name) const { return {take(name + ".weight"), take(name + ".bias")}; }
  Convolution convolution(const std::string& name, std::int64_t stride, std::int64_t padding,
                          std::int64_t groups = 1) const {
    return {take(name + ".weight").contiguous(at::MemoryFormat::ChannelsLast), take(name + ".bias"), stride,
            padding, groups};
  }

  Layer layer(const std::string& name, const StageShape& s) const {
    Layer l;
    l.norm1 = norm(name + "norm1");
    l.query = linear(name + "query");
    const nn::Linear key = linear(name + "key"), value = linear(name + "value");
    l.key_value = {at::cat({key.weight, value.weight}), at::cat({key.bias, value.bias})};
    if (s.ratio > 1) {
      l.reduce = convolution(name + "sr", s.ratio, 0);
      l.reduced_norm = norm(name + "layer_norm");
    }
    l.projection = linear(name + "projection");
    l.norm2 = norm(name + "norm2");
    l.expand = linear(name + "expand");
    l.mix = convolution(name + "mix", 1, 1, s.hidden);
    l.contract = linear(name + "contract");
    return l;
  }

  Stage stage(std::size_t i) const {
    const StageShape& s = shape_.stage[i];
    Stage result;
    result.embed = convolution(text("embed.", i, ".proj"), s.stride, s.kernel / 2);
    result.embed_norm = norm(text("embed.", i, ".layer_norm"));
    for (int j = 0; j < s.depth; ++j) result.layers.push_back(layer(layer_name(i, j), s));
    result.norm = norm(text("norm.", i));
    return result;
  }

  /// See Network. In double: rounding twice would show in float32.
  void fold_head(std::vector<Stage>* all) const {
    const auto exact = [&](const std::string& name) { return take(name, at::kDouble); };
    const at::Tensor scale = exact("batch_norm.weight") / at::sqrt(exact("batch_norm.running_var") + eps);
    const at::Tensor fuse = exact("fuse.weight").flatten(1) * scale.unsqueeze(1);
    at::Tensor bias = exact("batch_norm.bias") - exact("batch_norm.running_mean") * scale;
    for (std::size_t i = 0; i < stages; ++i) {
      // The last stage comes first in what the head multiplies.
      const at::Tensor part =
          fuse.narrow(1, static_cast<std::int64_t>(stages - 1 - i) * shape_.decoder, shape_.decoder);
      (*all)[i].head.weight = at::matmul(part, exact(text("head.", i, ".weight"))).to(placement_.type);
      bias += at::matmul(part, exact(text("head.", i, ".bias")));
    }
    (*all)[0].head.bias = bias.to(placement_.type);
  }

  Binding binding_;
  const Shape& shape_;
  const nn::Placement& placement_;
};

std::shared_ptr<const Model> build(const std::filesystem::path& weights, const nn::Placement& placement) {
  return nn::run(placement, "loading a SegFormer", [&] {
    const auto file = checkpoint::open(weights);
    const json config = nn::read_json(weights.parent_path() / "config.json");
    auto network = std::make_unique<Model::Network>();
    network->placement = placement;
    network->shape = infer_shape(index_of(*file), config);
    const bool fast = FastNetwork::suits(network->shape, placement);
    nn::Placement exact = placement;
    if (fast) exact.type = at::kFloat;
    const Builder builder(checkpoint::bind(file, wanted_tensors(network->shape), names), network->shape,
                          exact);
    network->stage = builder.all_stages();
    network->classifier = builder.classifier();
    if (fast) {
      network->fast = std::make_shared<const FastNetwork>(*network);
      network->stage.clear();
      network->classifier = {};
    }
    auto labels = nn::labels_of(config, network->shape.classes);
    return std::make_shared<const Model>(std::move(network), std::move(labels));
  });
}

}  // namespace

std::shared_ptr<const Model> Model::load(const std::filesystem::path& weights, const nn::Options& options) {
  static nn::Shared<std::string, Model> models;
  nn::Options chosen = options;
  // Our own kernels are faster in any case; LibTorch's products, which place() would measure, say nothing of
  // them.
  if (chosen.precision == nn::Precision::automatic && chosen.device == "cpu" && fast::available())
    chosen.precision = nn::Precision::bfloat16;
  const nn::Placement placement = nn::apart([&] { return nn::place(chosen); });
  try {
    const std::string key = text(nn::file_identity(weights), '\n', placement.device.str(), '\n',
                                 static_cast<int>(placement.type), '\n', placement.threads);
    return models.get(key, [&] { return nn::apart([&] { return build(weights, placement); }); });
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorCode::io, text("the model file cannot be read: ", error.what()),
                "Check the name; mpq-models lists what can be fetched");
  }
}

}  // namespace mpq::segformer
