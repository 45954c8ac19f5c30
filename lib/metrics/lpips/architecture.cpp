// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/lpips/architecture.h"

#include <algorithm>
#include <array>

namespace mpq::lpips {
namespace {

using Kind = Layer::Kind;

constexpr bool tapped = true;

/// As many zeros around as keep the size, where the stride is 1.
constexpr Layer convolution(int index, int inputs, int outputs, bool tap, int kernel = 3) {
  return {.kind = Kind::convolution,
          .index = index,
          .inputs = inputs,
          .outputs = outputs,
          .kernel = kernel,
          .stride = 1,
          .padding = kernel / 2,
          .tap = tap};
}

constexpr Layer first_convolution(int kernel, int stride, int padding) {
  Layer layer = convolution(0, 3, 64, tapped, kernel);
  layer.stride = stride;
  layer.padding = padding;
  return layer;
}

constexpr Layer pool(int kernel, bool round_up) {
  return {.kind = Kind::pool,
          .index = 0,
          .inputs = 0,
          .outputs = 0,
          .kernel = kernel,
          .stride = 2,
          .round_up = round_up};
}

/// 1x1 to `squeeze` channels, then 1x1 and 3x3 beside each other.
constexpr Layer fire(int index, int inputs, int squeeze, int outputs, bool tap) {
  return {.kind = Kind::fire,
          .index = index,
          .inputs = inputs,
          .outputs = outputs,
          .kernel = 1,
          .stride = 1,
          .squeeze = squeeze,
          .tap = tap};
}

constexpr std::array alexnet{first_convolution(11, 4, 2),        pool(3, false),
                             convolution(3, 64, 192, tapped, 5), pool(3, false),
                             convolution(6, 192, 384, tapped),   convolution(8, 384, 256, tapped),
                             convolution(10, 256, 256, tapped)};

constexpr std::array vgg16{convolution(0, 3, 64, false),
                           convolution(2, 64, 64, tapped),
                           pool(2, false),
                           convolution(5, 64, 128, false),
                           convolution(7, 128, 128, tapped),
                           pool(2, false),
                           convolution(10, 128, 256, false),
                           convolution(12, 256, 256, false),
                           convolution(14, 256, 256, tapped),
                           pool(2, false),
                           convolution(17, 256, 512, false),
                           convolution(19, 512, 512, false),
                           convolution(21, 512, 512, tapped),
                           pool(2, false),
                           convolution(24, 512, 512, false),
                           convolution(26, 512, 512, false),
                           convolution(28, 512, 512, tapped)};

constexpr std::array squeezenet{first_convolution(3, 2, 0),
                                pool(3, true),
                                fire(3, 64, 16, 128, false),
                                fire(4, 128, 16, 128, tapped),
                                pool(3, true),
                                fire(6, 128, 32, 256, false),
                                fire(7, 256, 32, 256, tapped),
                                pool(3, true),
                                fire(9, 256, 48, 384, tapped),
                                fire(10, 384, 48, 384, tapped),
                                fire(11, 384, 64, 512, tapped),
                                fire(12, 512, 64, 512, tapped)};

/// Of windows along a side; below 1 where the first one does not fit.
int output_size(const Layer& layer, int size) {
  if (layer.kind == Kind::fire) return size;
  const int room = size + 2 * layer.padding - layer.kernel + (layer.round_up ? layer.stride - 1 : 0);
  return room < 0 ? 0 : room / layer.stride + 1;
}

}  // namespace

const char* name_of(Backbone backbone) {
  switch (backbone) {
    case Backbone::alexnet:
      return "AlexNet";
    case Backbone::vgg16:
      return "VGG16";
    case Backbone::squeezenet:
      return "SqueezeNet";
  }
  return "unknown";
}

std::span<const Layer> layers_of(Backbone backbone) {
  switch (backbone) {
    case Backbone::alexnet:
      return alexnet;
    case Backbone::vgg16:
      return vgg16;
    case Backbone::squeezenet:
      break;
  }
  return squeezenet;
}

std::vector<std::int64_t> tapped_channels(Backbone backbone) {
  std::vector<std::int64_t> channels;
  for (const Layer& layer : layers_of(backbone))
    if (layer.tap) channels.push_back(layer.outputs);
  return channels;
}

std::vector<checkpoint::Wanted> wanted_features(Backbone backbone) {
  std::vector<checkpoint::Wanted> wanted;
  const auto add = [&](const std::string& name, std::int64_t inputs, std::int64_t outputs,
                       std::int64_t side) {
    wanted.push_back({name + ".weight", {outputs, inputs, side, side}});
    wanted.push_back({name + ".bias", {outputs}});
  };
  for (const Layer& layer : layers_of(backbone)) {
    if (layer.kind == Kind::convolution) add(layer.name(), layer.inputs, layer.outputs, layer.kernel);
    if (layer.kind != Kind::fire) continue;
    add(layer.name() + ".squeeze", layer.inputs, layer.squeeze, 1);
    add(layer.name() + ".expand1x1", layer.squeeze, layer.outputs / 2, 1);
    add(layer.name() + ".expand3x3", layer.squeeze, layer.outputs / 2, 3);
  }
  return wanted;
}

int smallest_side(Backbone backbone) {
  const auto layers = layers_of(backbone);
  for (int side = 1;; ++side) {
    int size = side;
    for (const Layer& layer : layers) size = size < 1 ? 0 : output_size(layer, size);
    if (size >= 1) return side;
  }
}

}  // namespace mpq::lpips
