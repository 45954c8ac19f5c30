// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// From published files to the network: names, shapes, and which network it is.
#include <algorithm>
#include <array>
#include <map>

#include "core/error.h"
#include "core/text.h"
#include "metrics/lpips/network.h"
#include "nn/shared.h"

namespace mpq::lpips {
namespace {

using checkpoint::Binding;
using checkpoint::Checkpoint;
using checkpoint::KeyMap;
using checkpoint::Wanted;
using CheckpointPtr = std::shared_ptr<const Checkpoint>;

constexpr std::array backbones{Backbone::alexnet, Backbone::vgg16, Backbone::squeezenet};

/// Published names: torchvision's features.N stay, the linear layers become linear.N.
KeyMap key_map(const Checkpoint& file) {
  KeyMap map{.strip_prefixes = {"module.", "core.", "model."},
             .renames = {{"#.weight", "features.#.weight"},  // features without their prefix
                         {"#.bias", "features.#.bias"},
                         {"#.squeeze.*", "features.#.squeeze.*"},
                         {"#.expand1x1.*", "features.#.expand1x1.*"},
                         {"#.expand3x3.*", "features.#.expand3x3.*"},
                         {"lin#.model.1.weight", "linear.#"},
                         {"lins.#.model.1.weight", "linear.#"},
                         {"lpips_weights.#", "linear.#"},
                         {"#", "linear.#"}},  // piq's is a list without names
             .ignored = {"*classifier.*", "*scaling_layer.*", "in_mean", "in_std", "val_*"}};
  for (int slice = 1; slice <= 7; ++slice)
    map.renames.push_back({text("net.slice", slice, ".#.*"), "features.#.*"});
  // LPIPS's own state_dict() has the linear layers twice.
  const auto first = [](const checkpoint::Tensor& tensor) {
    return tensor.name.ends_with("lin0.model.1.weight");
  };
  if (std::any_of(file.tensors().begin(), file.tensors().end(), first)) map.ignored.push_back("*lins.*");
  return map;
}

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

Shapes shapes_of(const Checkpoint& file) {
  Shapes shapes;
  const KeyMap map = key_map(file);
  for (const checkpoint::Tensor& tensor : file.tensors())
    if (const auto name = own_name(map, tensor.name)) shapes.emplace(*name, tensor.shape);
  return shapes;
}

std::string linear_name(std::size_t layer) {
  return text("linear.", layer);
}

/// The number of values, where that is all that the shape says: [1, C, 1, 1], [C, 1, 1] or [C].
std::int64_t only_size(const std::vector<std::int64_t>& shape) {
  std::int64_t size = 1;
  for (const std::int64_t n : shape) {
    if (n != 1 && size != 1) return -1;
    size *= n;
  }
  return size;
}

std::vector<Wanted> wanted_linear(Backbone backbone, const Shapes& shapes) {
  std::vector<Wanted> wanted;
  for (const std::int64_t channels : tapped_channels(backbone)) {
    const std::string name = linear_name(wanted.size());
    const auto found = shapes.find(name);
    const bool fits = found != shapes.end() && only_size(found->second) == channels;
    wanted.push_back({name, fits ? found->second : std::vector<std::int64_t>{1, channels, 1, 1}});
  }
  return wanted;
}

/// Whose features a file has; none where it has none at all.
std::optional<Backbone> features_of(const Shapes& shapes) {
  if (shapes.contains("features.3.squeeze.weight")) return Backbone::squeezenet;
  if (shapes.contains("features.2.weight")) return Backbone::vgg16;
  if (shapes.contains("features.0.weight")) return Backbone::alexnet;
  return std::nullopt;
}

/// Whose linear layers a file has; none where it has none, or those of no network that mpq knows.
std::optional<Backbone> linear_of(const Shapes& shapes) {
  for (const Backbone backbone : backbones) {
    const auto channels = tapped_channels(backbone);
    bool fits = !shapes.contains(linear_name(channels.size()));
    for (std::size_t i = 0; i < channels.size() && fits; ++i) {
      const auto found = shapes.find(linear_name(i));
      fits = found != shapes.end() && only_size(found->second) == channels[i];
    }
    if (fits) return backbone;
  }
  return std::nullopt;
}

[[noreturn]] void not_lpips(const Checkpoint& file) {
  throw Error(ErrorCode::mismatch,
              text(file.file(),
                   " holds no LPIPS weights that mpq knows: its tensors are neither the linear "
                   "layers of AlexNet, VGG16 or SqueezeNet nor one of these networks"),
              "Name lpips-alex, lpips-vgg or lpips-squeeze (mpq-models list lpips), or a file like these");
}

/// Fitting tensors of one or two files, by our names.
struct Files {
  Backbone backbone;
  Binding features, linear;
};

std::vector<Wanted> joined(std::vector<Wanted> all, const std::vector<Wanted>& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Files one_file(const CheckpointPtr& file, const Shapes& shapes, Backbone backbone) {
  const Binding all =
      checkpoint::bind(file, joined(wanted_features(backbone), wanted_linear(backbone, shapes)),
                       key_map(*file), [](const Checkpoint&) {
                         return "Name a whole LPIPS model, or linear layers and a backbone's own file";
                       });
  return {backbone, all, all};
}

Files two_files(const CheckpointPtr& weights, const CheckpointPtr& features) {
  const Shapes linear_shapes = shapes_of(*weights), feature_shapes = shapes_of(*features);
  const auto backbone = linear_of(linear_shapes), other = features_of(feature_shapes);
  if (!backbone) not_lpips(*weights);
  if (features_of(linear_shapes))
    throw Error(ErrorCode::invalid_argument,
                text(weights->file(), " has the network, too, and so needs no second file"),
                "Leave the backbone's file away");
  if (!other) not_lpips(*features);
  if (*other != *backbone)
    throw Error(ErrorCode::mismatch,
                text(weights->file(), " has the linear layers of ", name_of(*backbone), ", but ",
                     features->file(), " is ", name_of(*other)),
                "Name two files of one network");
  return {*backbone, checkpoint::bind(features, wanted_features(*backbone), key_map(*features)),
          checkpoint::bind(weights, wanted_linear(*backbone, linear_shapes), key_map(*weights))};
}

Files open_files(const std::filesystem::path& weights, const std::filesystem::path& backbone) {
  const CheckpointPtr file = checkpoint::open(weights);
  if (!backbone.empty()) return two_files(file, checkpoint::open(backbone));
  const Shapes shapes = shapes_of(*file);
  if (const auto known = features_of(shapes)) return one_file(file, shapes, *known);
  const auto linear = linear_of(shapes);
  if (!linear) not_lpips(*file);
  throw Error(ErrorCode::invalid_argument,
              text(file->file(), " has only the linear layers of ", name_of(*linear)),
              text("Name torchvision's ", name_of(*linear), " as the backbone, too"));
}

/// Builds the network's parts from bound tensors.
class Builder {
 public:
  explicit Builder(const nn::Placement& placement) : placement_(placement) {}

  /// Float32, on the CPU.
  at::Tensor take(const Binding& binding, const std::string& name) const {
    at::Tensor value = nn::load(binding.checkpoint(), binding.tensor(name), at::kFloat, at::kCPU);
    if (!at::isfinite(value).all().item<bool>())
      throw Error(ErrorCode::corrupt_data,
                  text(binding.checkpoint().file(), ": the tensor ", name, " has values that are not finite"),
                  "Get the file again");
    return value;
  }

  at::Tensor placed(const at::Tensor& value, at::ScalarType type) const {
    const at::Tensor there = value.to(placement_.device, type);
    return there.dim() == 4 ? there.contiguous(at::MemoryFormat::ChannelsLast) : there.contiguous();
  }

  Convolution convolution(const Binding& binding, const std::string& name, int stride, int padding) const {
    const at::Tensor weight = take(binding, name + ".weight"), bias = take(binding, name + ".bias");
    Convolution layer{{}, {}, stride, padding, nullptr};
    if (weight.size(2) == 3 && stride == 1 && padding == 1)
      layer.fast = nn::fast_convolution3x3(weight, bias, placement_);
    if (layer.fast != nullptr) return layer;
    layer.weight = placed(weight, placement_.type);
    layer.bias = placed(bias, placement_.type);
    return layer;
  }

  Step step(const Binding& binding, const Layer& layer) const {
    Step step{layer, {}};
    const std::string name = layer.name();
    if (layer.kind == Layer::Kind::convolution)
      step.convolutions = {convolution(binding, name, layer.stride, layer.padding)};
    if (layer.kind == Layer::Kind::fire)
      step.convolutions = {convolution(binding, name + ".squeeze", 1, 0),
                           convolution(binding, name + ".expand1x1", 1, 0),
                           convolution(binding, name + ".expand3x3", 1, 1)};
    return step;
  }

 private:
  const nn::Placement& placement_;
};

std::shared_ptr<const Model> build(const std::filesystem::path& weights,
                                   const std::filesystem::path& backbone, const nn::Placement& placement) {
  return nn::run(placement, "loading LPIPS", [&] {
    const Files files = open_files(weights, backbone);
    auto network = std::make_unique<Model::Network>();
    network->backbone = files.backbone;
    network->placement = placement;
    const Builder builder(network->placement);
    for (const Layer& layer : layers_of(files.backbone))
      network->steps.push_back(builder.step(files.features, layer));
    for (std::size_t i = 0; i < tapped_channels(files.backbone).size(); ++i)
      network->linear.push_back(
          builder.placed(builder.take(files.linear, linear_name(i)), at::kFloat).flatten());
    return std::make_shared<const Model>(std::move(network));
  });
}

}  // namespace

std::optional<Backbone> missing_backbone(const std::filesystem::path& weights) {
  const CheckpointPtr file = checkpoint::open(weights);
  const Shapes shapes = shapes_of(*file);
  if (features_of(shapes)) return std::nullopt;
  const auto backbone = linear_of(shapes);
  if (!backbone) not_lpips(*file);
  return backbone;
}

std::shared_ptr<const Model> Model::load(const std::filesystem::path& weights,
                                         const std::filesystem::path& backbone, const nn::Options& options) {
  static nn::Shared<std::string, Model> models;
  const nn::Placement placement = nn::apart([&] { return nn::place(options); });
  try {
    const std::string key =
        text(nn::file_identity(weights), '\n', backbone.empty() ? "" : nn::file_identity(backbone), '\n',
             placement.device.str(), '\n', static_cast<int>(placement.type), '\n', placement.threads);
    return models.get(key, [&] { return nn::apart([&] { return build(weights, backbone, placement); }); });
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorCode::io, text("the model file cannot be read: ", error.what()),
                "Check the name; mpq-models lists what can be fetched");
  }
}

}  // namespace mpq::lpips
