// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// From published files to the network: names, shapes, labels.
#include <cmath>

#include "checkpoint/index.h"
#include "core/error.h"
#include "core/text.h"
#include "nn/published.h"
#include "nn/shared.h"
#include "tasks/vit/network.h"

namespace mpq::vit {
namespace {

using checkpoint::Binding;
using checkpoint::Checkpoint;
using checkpoint::Index;
using checkpoint::KeyMap;
using nlohmann::json;

/// A family of files: how it calls the tensors, and what its networks have in common.
struct Family {
  KeyMap names;  ///< to timm's, but for query, key and value, which only timm has in one
  double eps;    ///< of the layer norms, where config.json does not say
};

constexpr int most_patches = 128;  // along a side: attention takes the fourth power of it

const Family timm{{.strip_prefixes = {}, .renames = {}, .ignored = {"pre_logits.*"}}, 1e-6};
const Family hugging_face{{.strip_prefixes = {"vit."},
                           .renames = {{"embeddings.cls_token", "cls_token"},
                                       {"embeddings.position_embeddings", "pos_embed"},
                                       {"embeddings.patch_embeddings.projection.*", "patch_embed.proj.*"},
                                       {"encoder.layer.#.layernorm_before.*", "blocks.#.norm1.*"},
                                       {"encoder.layer.#.attention.attention.*", "blocks.#.attn.*"},
                                       {"encoder.layer.#.attention.output.dense.*", "blocks.#.attn.proj.*"},
                                       {"encoder.layer.#.layernorm_after.*", "blocks.#.norm2.*"},
                                       {"encoder.layer.#.intermediate.dense.*", "blocks.#.mlp.fc1.*"},
                                       {"encoder.layer.#.output.dense.*", "blocks.#.mlp.fc2.*"},
                                       {"layernorm.*", "norm.*"},
                                       {"classifier.*", "head.*"}},
                           .ignored = {"vit.pooler.*", "pooler.*"}},
                          1e-12};

Index index_of(const Checkpoint& file, const KeyMap& names) {
  return {file, names, "Vision Transformer", "Name the weights of a ViT, with timm's or Hugging Face's names"};
}

const Family& family_of(const Checkpoint& file) {
  for (const Family* family : {&timm, &hugging_face})
    if (index_of(file, family->names).has("cls_token")) return *family;
  index_of(file, {}).refuse("it has no tensor cls_token");
}

/// All published networks have heads of 64 features, but the huge one, whose width is 1280: 80.
int usual_heads(int width) {
  return width == 1280 ? 16 : std::max(1, width / 64);
}

Shape infer_shape(const Checkpoint& file, const Family& family, const json& config) {
  const Index index = index_of(file, family.names);
  Shape shape;
  shape.width = index.size("cls_token", 3, 2);
  shape.patch = index.size("patch_embed.proj.weight", 4, 3);
  const int patches = index.size("pos_embed", 3, 1) - 1;
  const int grid = static_cast<int>(std::lround(std::sqrt(patches)));
  if (grid < 1 || grid * grid != patches) index.refuse(text(patches, " patches are no square"));
  shape.image_size = grid * shape.patch;
  while (index.has(text("blocks.", shape.depth, ".norm1.weight"))) ++shape.depth;
  if (shape.depth == 0) index.refuse("it has no blocks");
  shape.hidden = index.size("blocks.0.mlp.fc1.weight", 2, 0);
  shape.classes = index.has("head.weight") ? index.size("head.weight", 2, 0) : 0;
  shape.heads = config.value("num_attention_heads", usual_heads(shape.width));
  shape.eps = config.value("layer_norm_eps", family.eps);
  if (shape.heads < 1 || shape.width % shape.heads != 0)
    index.refuse(text("a width of ", shape.width, " does not divide into ", shape.heads, " heads"));
  return shape;
}

/// The parts of a query, key and value product: one, or three to be put together.
std::vector<std::string> attention_parts(const Family& family) {
  if (&family == &timm) return {"qkv"};
  return {"query", "key", "value"};
}

std::vector<checkpoint::Wanted> wanted_tensors(const Shape& s, const Family& family) {
  const std::int64_t width = s.width, patch = s.patch, grid = s.image_size / s.patch;
  std::vector<checkpoint::Wanted> wanted{{"cls_token", {1, 1, width}},
                                         {"pos_embed", {1, 1 + grid * grid, width}}};
  const auto add = [&](const std::string& name, const std::vector<std::int64_t>& weight) {
    wanted.push_back({name + ".weight", weight});
    wanted.push_back({name + ".bias", {weight.front()}});
  };
  add("patch_embed.proj", {width, 3, patch, patch});
  const auto parts = attention_parts(family);
  const std::int64_t rows = 3 * width / static_cast<std::int64_t>(parts.size());
  for (int i = 0; i < s.depth; ++i) {
    const std::string block = text("blocks.", i, '.');
    add(block + "norm1", {width});
    for (const std::string& part : parts) add(block + "attn." + part, {rows, width});
    add(block + "attn.proj", {width, width});
    add(block + "norm2", {width});
    add(block + "mlp.fc1", {s.hidden, width});
    add(block + "mlp.fc2", {width, s.hidden});
  }
  add("norm", {width});
  if (s.classes > 0) add("head", {s.classes, width});
  return wanted;
}

/// Builds the network's parts from bound tensors.
class Builder {
 public:
  Builder(Binding binding, const nn::Placement& placement)
      : binding_(std::move(binding)), placement_(placement) {}

  at::Tensor take(const std::string& name, at::ScalarType type) const {
    return nn::load(binding_.checkpoint(), binding_.tensor(name), type, placement_.device);
  }

  nn::Linear linear(const std::string& name, at::ScalarType type) const {
    return {take(name + ".weight", type), take(name + ".bias", type)};
  }
  nn::Linear linear(const std::string& name) const { return linear(name, placement_.type); }

  nn::LayerNorm norm(const std::string& name, double eps) const {
    return {take(name + ".weight", at::kFloat), take(name + ".bias", at::kFloat), eps};
  }

  /// Query, key and value in one matrix product.
  nn::Linear attention(const std::string& name, const std::vector<std::string>& parts) const {
    std::vector<at::Tensor> weights, biases;
    for (const std::string& part : parts) {
      weights.push_back(take(name + part + ".weight", placement_.type));
      biases.push_back(take(name + part + ".bias", placement_.type));
    }
    return {at::cat(weights), at::cat(biases)};
  }

  Block block(int i, const Shape& shape, const std::vector<std::string>& parts) const {
    const std::string name = text("blocks.", i, '.');
    return {.norm1 = norm(name + "norm1", shape.eps),
            .norm2 = norm(name + "norm2", shape.eps),
            .qkv = attention(name + "attn.", parts),
            .projection = linear(name + "attn.proj"),
            .expand = linear(name + "mlp.fc1"),
            .contract = linear(name + "mlp.fc2")};
  }

 private:
  Binding binding_;
  const nn::Placement& placement_;
};

/// Embeddings of a square of patches for another one.
at::Tensor interpolate(const at::Tensor& position, int patches) {
  const auto trained = std::lround(std::sqrt(static_cast<double>(position.size(1))));
  if (trained == patches) return position.contiguous();
  const at::Tensor square = position.reshape({1, trained, trained, -1}).permute({0, 3, 1, 2});
  return at::upsample_bicubic2d(square, {patches, patches}, /*align_corners=*/false)
      .flatten(2)
      .transpose(1, 2)
      .contiguous();
}

void fill(Model::Network* network, const Builder& builder, const Family& family, int image_size) {
  Shape& shape = network->shape;
  network->patch = {builder.take("patch_embed.proj.weight", network->placement.type).flatten(1), {}};
  const at::Tensor position = builder.take("pos_embed", at::kFloat);
  network->token = builder.take("cls_token", at::kFloat) + position.narrow(1, 0, 1);
  shape.image_size = image_size;
  network->position =
      interpolate(position.narrow(1, 1, position.size(1) - 1), shape.image_size / shape.patch) +
      builder.take("patch_embed.proj.bias", at::kFloat);
  const auto parts = attention_parts(family);
  for (int i = 0; i < shape.depth; ++i) network->blocks.push_back(builder.block(i, shape, parts));
  network->norm = builder.norm("norm", shape.eps);
  if (shape.classes > 0) network->head = builder.linear("head", at::kFloat);
}

/// A linear classifier of its own file; its labels are in the metadata.
std::vector<std::string> replace_head(const std::filesystem::path& path, Model::Network* network) {
  const auto file = checkpoint::open(path);
  const int classes = index_of(*file, {}).size("head.weight", 2, 0);
  const Builder builder(
      checkpoint::bind(file, {{"head.weight", {classes, network->shape.width}}, {"head.bias", {classes}}}),
      network->placement);
  network->head = builder.linear("head", at::kFloat);
  network->shape.classes = classes;
  const auto labels = file->metadata().find("labels");
  if (labels == file->metadata().end()) return {};
  const json list = json::parse(labels->second, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return {};
  std::vector<std::string> names;
  for (const json& name : list) names.push_back(name.is_string() ? name.get<std::string>() : "");
  return names;
}

std::shared_ptr<const Model> build(const std::filesystem::path& weights, const std::filesystem::path& head,
                                   const nn::Placement& placement, int image_size) {
  return nn::run(placement, "loading a ViT", [&] {
    const auto file = checkpoint::open(weights);
    const json config = nn::read_json(weights.parent_path() / "config.json");
    const Family& family = family_of(*file);
    auto network = std::make_unique<Model::Network>();
    network->placement = placement;
    network->shape = infer_shape(*file, family, config);
    const int patch = network->shape.patch;
    if (image_size < 0 || image_size % patch != 0 || image_size > patch * most_patches)
      throw Error(ErrorCode::invalid_argument,
                  text("an input of ", image_size, " pixels, where patches have ", patch),
                  text("Choose a multiple of ", patch, " up to ", patch * most_patches));
    fill(network.get(),
         Builder(checkpoint::bind(file, wanted_tensors(network->shape, family), family.names), placement),
         family, image_size > 0 ? image_size : network->shape.image_size);
    auto labels =
        head.empty() ? nn::labels_of(config, network->shape.classes) : replace_head(head, network.get());
    return std::make_shared<const Model>(std::move(network), std::move(labels));
  });
}

}  // namespace

std::shared_ptr<const Model> Model::load(const std::filesystem::path& weights,
                                         const std::filesystem::path& head, const nn::Options& options,
                                         int image_size) {
  static nn::Shared<std::string, Model> models;
  const nn::Placement placement = nn::apart([&] { return nn::place(options); });
  try {
    const std::string key =
        text(nn::file_identity(weights), '\n', head.empty() ? "" : nn::file_identity(head), '\n',
             placement.device.str(), '\n', static_cast<int>(placement.type), '\n', placement.threads, '\n',
             image_size);
    return models.get(key,
                      [&] { return nn::apart([&] { return build(weights, head, placement, image_size); }); });
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorCode::io, text("the model file cannot be read: ", error.what()),
                "Check the name; mpq-models lists what can be fetched");
  }
}

}  // namespace mpq::vit
