// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// From published files to the network: names, shapes, labels.
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "core/text.h"
#include "nn/binder.h"
#include "nn/shared.h"
#include "tasks/vit/network.h"

namespace mpq::vit {
namespace {

using checkpoint::Checkpoint;
using nlohmann::json;

/// How a family of files calls the tensors. Within a block, names follow `block`, its number and a dot.
struct Names {
  const char *prefix, *token, *position, *patch, *block;
  const char *norm1, *qkv, *query, *key, *value, *projection, *norm2, *expand, *contract;
  const char *norm, *head;
  double eps;
};

constexpr Names timm{"",      "cls_token", "pos_embed", "patch_embed.proj", "blocks.", "norm1",   "attn.qkv",
                     nullptr, nullptr,     nullptr,     "attn.proj",        "norm2",   "mlp.fc1", "mlp.fc2",
                     "norm",  "head",      1e-6};
constexpr Names hugging_face{"vit.",
                             "embeddings.cls_token",
                             "embeddings.position_embeddings",
                             "embeddings.patch_embeddings.projection",
                             "encoder.layer.",
                             "layernorm_before",
                             nullptr,
                             "attention.attention.query",
                             "attention.attention.key",
                             "attention.attention.value",
                             "attention.output.dense",
                             "layernorm_after",
                             "intermediate.dense",
                             "output.dense",
                             "layernorm",
                             "classifier",
                             1e-12};

struct Variant {
  Names names;
  std::string prefix;
};

Variant find_variant(const Checkpoint& file) {
  for (const Names& names : {timm, hugging_face})
    for (const std::string& prefix : {std::string(names.prefix), std::string()})
      if (file.find(prefix + names.token) != nullptr) return {names, prefix};
  throw Error(ErrorCode::mismatch,
              text(file.file(), " holds no Vision Transformer: it has neither a tensor ", timm.token, " nor ",
                   hugging_face.prefix, hugging_face.token),
              "Name the weights of a ViT, with timm's or Hugging Face's names");
}

[[noreturn]] void not_vit(const Checkpoint& file, const std::string& why) {
  throw Error(ErrorCode::mismatch, text(file.file(), " is no Vision Transformer that mpq knows: ", why));
}

std::int64_t size_at(const Checkpoint& file, const std::string& name, std::size_t rank, std::size_t axis) {
  const checkpoint::Tensor& tensor = file.get(name);
  if (tensor.shape.size() != rank) not_vit(file, text(name, " has ", tensor.shape.size(), " dimensions"));
  if (tensor.shape[axis] < 1 || tensor.shape[axis] > 1 << 20)
    not_vit(file, text(name, " has the size ", tensor.shape[axis]));
  return tensor.shape[axis];
}

/// All published networks have heads of 64 features, but the huge one, whose width is 1280: 80.
int usual_heads(int width) {
  return width == 1280 ? 16 : std::max(1, width / 64);
}

Shape infer_shape(const Checkpoint& file, const Variant& variant, const json& config) {
  const Names& names = variant.names;
  const auto name = [&](const std::string& rest) { return variant.prefix + rest; };
  Shape shape;
  shape.width = static_cast<int>(size_at(file, name(names.token), 3, 2));
  shape.patch = static_cast<int>(size_at(file, name(text(names.patch, ".weight")), 4, 3));
  const auto patches = static_cast<int>(size_at(file, name(names.position), 3, 1)) - 1;
  const int grid = static_cast<int>(std::lround(std::sqrt(patches)));
  if (grid * grid != patches) not_vit(file, text(patches, " patches are no square"));
  shape.image_size = grid * shape.patch;
  while (file.find(name(text(names.block, shape.depth, '.', names.norm1, ".weight"))) != nullptr)
    ++shape.depth;
  if (shape.depth == 0) not_vit(file, "it has no blocks");
  shape.hidden =
      static_cast<int>(size_at(file, name(text(names.block, "0.", names.expand, ".weight")), 2, 0));
  if (file.find(text(names.head, ".weight")) != nullptr)
    shape.classes = static_cast<int>(size_at(file, text(names.head, ".weight"), 2, 0));
  shape.heads = config.value("num_attention_heads", usual_heads(shape.width));
  shape.eps = config.value("layer_norm_eps", names.eps);
  if (shape.heads < 1 || shape.width % shape.heads != 0)
    not_vit(file, text("a width of ", shape.width, " does not divide into ", shape.heads, " heads"));
  return shape;
}

/// Builds the parts from a file, whose every tensor must have the expected shape and be used.
class Builder {
 public:
  Builder(const Checkpoint& file, const Variant& variant, Model::Network* network)
      : binder_(file, network->placement), variant_(variant), network_(*network) {}

  void build() {
    const Names& names = variant_.names;
    const Shape& s = network_.shape;
    const std::int64_t width = s.width, patch = s.patch, grid = s.image_size / s.patch;
    const nn::Linear convolution = linear(name(names.patch), {width, 3, patch, patch}, {width});
    network_.patch = {convolution.weight.reshape({width, 3 * patch * patch}), convolution.bias};
    const at::Tensor position = take(names.position, {1, 1 + grid * grid, width});
    network_.token = take(names.token, {1, 1, width}) + position.narrow(1, 0, 1);
    network_.position = position.narrow(1, 1, grid * grid).contiguous();
    for (int i = 0; i < s.depth; ++i) network_.blocks.push_back(block(text(names.block, i, '.')));
    network_.norm = norm(names.norm);
    if (s.classes > 0) network_.head = linear(names.head, {s.classes, width}, {s.classes});
    binder_.finish({name("pooler."), "pooler.", "pre_logits."});
  }

 private:
  std::string name(const std::string& rest) const { return variant_.prefix + rest; }

  at::Tensor take(const std::string& rest, const std::vector<std::int64_t>& shape) {
    return binder_.take(name(rest), shape, at::kFloat);
  }

  nn::Linear linear(const std::string& full, const std::vector<std::int64_t>& weight,
                    const std::vector<std::int64_t>& bias) {
    const at::ScalarType type = network_.placement.type;
    return {binder_.take(full + ".weight", weight, type), binder_.take(full + ".bias", bias, type)};
  }

  nn::LayerNorm norm(const std::string& rest) {
    const std::int64_t width = network_.shape.width;
    return {take(rest + ".weight", {width}), take(rest + ".bias", {width}), network_.shape.eps};
  }

  /// Query, key and value in one matrix product, as timm stores them.
  nn::Linear qkv(const std::string& at) {
    const Names& n = variant_.names;
    const std::int64_t width = network_.shape.width;
    if (n.qkv != nullptr) return linear(name(at + n.qkv), {3 * width, width}, {3 * width});
    std::vector<at::Tensor> weights, biases;
    for (const char* part : {n.query, n.key, n.value}) {
      const nn::Linear one = linear(name(at + part), {width, width}, {width});
      weights.push_back(one.weight);
      biases.push_back(one.bias);
    }
    return {at::cat(weights), at::cat(biases)};
  }

  Block block(const std::string& at) {
    const Names& n = variant_.names;
    const std::int64_t width = network_.shape.width, hidden = network_.shape.hidden;
    return {.norm1 = norm(at + n.norm1),
            .norm2 = norm(at + n.norm2),
            .qkv = qkv(at),
            .projection = linear(name(at + n.projection), {width, width}, {width}),
            .expand = linear(name(at + n.expand), {hidden, width}, {hidden}),
            .contract = linear(name(at + n.contract), {width, hidden}, {width})};
  }

  nn::Binder binder_;
  const Variant& variant_;
  Model::Network& network_;
};

json read_json(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) return json::object();
  try {
    return json::parse(stream);
  } catch (const json::exception& error) {
    throw Error(ErrorCode::corrupt_data, text(file.string(), " is no JSON: ", error.what()),
                "Download it again, or remove it");
  }
}

std::vector<std::string> labels_of(const json& config, int classes) {
  std::vector<std::string> labels;
  const auto found = config.find("id2label");
  if (found == config.end() || !found->is_object()) return labels;
  for (int i = 0; i < classes; ++i) labels.push_back(found->value(std::to_string(i), ""));
  return labels;
}

/// A linear classifier of its own file; its labels are in the metadata.
std::vector<std::string> replace_head(const std::filesystem::path& path, Model::Network* network) {
  const auto file = checkpoint::open(path);
  const std::int64_t width = network->shape.width, classes = size_at(*file, "head.weight", 2, 0);
  const at::ScalarType type = network->placement.type;
  nn::Binder binder(*file, network->placement);
  network->head = {binder.take("head.weight", {classes, width}, type),
                   binder.take("head.bias", {classes}, type)};
  binder.finish({});
  network->shape.classes = static_cast<int>(classes);
  const auto labels = file->metadata().find("labels");
  if (labels == file->metadata().end()) return {};
  const json list = json::parse(labels->second, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return {};
  std::vector<std::string> names;
  for (const json& name : list) names.push_back(name.is_string() ? name.get<std::string>() : "");
  return names;
}

std::shared_ptr<const Model> build(const std::filesystem::path& weights, const std::filesystem::path& head,
                                   const nn::Placement& placement) {
  return nn::run(placement, "loading a ViT", [&] {
    const auto file = checkpoint::open(weights);
    const json config = read_json(weights.parent_path() / "config.json");
    const Variant variant = find_variant(*file);
    auto network = std::make_unique<Model::Network>();
    network->placement = placement;
    network->shape = infer_shape(*file, variant, config);
    Builder(*file, variant, network.get()).build();
    auto labels =
        head.empty() ? labels_of(config, network->shape.classes) : replace_head(head, network.get());
    return std::make_shared<const Model>(std::move(network), std::move(labels));
  });
}

}  // namespace

std::shared_ptr<const Model> Model::load(const std::filesystem::path& weights,
                                         const std::filesystem::path& head, const nn::Options& options) {
  static nn::Shared<std::string, Model> models;
  const nn::Placement placement = nn::place(options);
  try {
    const std::string key =
        text(nn::file_identity(weights), '\n', head.empty() ? "" : nn::file_identity(head), '\n',
             placement.device.str(), '\n', static_cast<int>(placement.type), '\n', placement.threads);
    return models.get(key, [&] { return build(weights, head, placement); });
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorCode::io, text("the model file cannot be read: ", error.what()),
                "Check the name; mpq-models lists what can be fetched");
  }
}

}  // namespace mpq::vit
