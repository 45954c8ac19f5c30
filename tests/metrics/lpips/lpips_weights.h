// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// LPIPS weights made for tests: random ones, and some whose distances can be told by hand.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "checkpoint/safetensors_writer.h"
#include "metrics/lpips/architecture.h"

namespace mpq::test {

using Values = std::vector<float>;

/// A tensor by its name in the file.
struct MadeTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  Values values;
};

inline void write_tensors(const std::string& path, const std::vector<MadeTensor>& tensors) {
  std::vector<checkpoint::TensorSource> sources;
  for (const MadeTensor& tensor : tensors)
    sources.push_back({{tensor.name, checkpoint::Dtype::float32, tensor.shape},
                       [&tensor] { return checkpoint::view(tensor.values); }});
  checkpoint::write_safetensors(path, sources);
}

/// torchvision's features, filled by `value(tensor, index)`.
inline std::vector<MadeTensor> made_features(
    lpips::Backbone backbone, const std::function<float(const std::string&, std::size_t)>& value) {
  std::vector<MadeTensor> tensors;
  for (const checkpoint::Wanted& wanted : lpips::wanted_features(backbone)) {
    std::size_t size = 1;
    for (const std::int64_t n : wanted.shape) size *= static_cast<std::size_t>(n);
    MadeTensor tensor{wanted.name, wanted.shape, Values(size)};
    for (std::size_t i = 0; i < size; ++i) tensor.values[i] = value(wanted.name, i);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

/// The published linear layers' names; `value(layer, channel)`.
inline std::vector<MadeTensor> made_linear(lpips::Backbone backbone,
                                           const std::function<float(std::size_t, std::size_t)>& value) {
  std::vector<MadeTensor> tensors;
  for (const std::int64_t channels : lpips::tapped_channels(backbone)) {
    const std::size_t layer = tensors.size();
    MadeTensor tensor{"lin" + std::to_string(layer) + ".model.1.weight", {1, channels, 1, 1}, {}};
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c)
      tensor.values.push_back(value(layer, c));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

/// Features that keep their size from layer to layer; the linear layers all 1.
inline std::vector<MadeTensor> random_lpips(lpips::Backbone backbone) {
  std::uint32_t state = 1;
  const auto next = [&] {
    state = state * 1664525 + 1013904223;
    return static_cast<float>(state >> 8) / 16777216.0F - 0.5F;
  };
  auto tensors = made_features(backbone, [&](const std::string&, std::size_t) { return next(); });
  for (MadeTensor& tensor : tensors) {
    const auto inputs = static_cast<float>(tensor.values.size()) / static_cast<float>(tensor.shape[0]);
    for (float& value : tensor.values) value *= tensor.shape.size() == 1 ? 0.1F : std::sqrt(24 / inputs);
  }
  for (MadeTensor& tensor : made_linear(backbone, [](std::size_t, std::size_t) { return 1.0F; }))
    tensors.push_back(std::move(tensor));
  return tensors;
}

/// SqueezeNet that sees red alone: of its first layer's features one is red and one is 1, all others 0.
inline std::vector<MadeTensor> red_squeezenet() {
  auto tensors = made_features(lpips::Backbone::squeezenet, [](const std::string& name, std::size_t i) {
    if (name == "features.0.weight") return i == 4 ? 1.0F : 0.0F;  // the middle of channel 0's red window
    return name == "features.0.bias" && i == 1 ? 1.0F : 0.0F;
  });
  for (MadeTensor& tensor : made_linear(lpips::Backbone::squeezenet, [](std::size_t layer, std::size_t) {
         return layer == 0 ? 1.0F : 0.5F;
       }))
    tensors.push_back(std::move(tensor));
  return tensors;
}

/// What it says of two pictures of one colour each, with these shares of red (0 to 255).
inline double red_distance(int one, int other) {
  const auto angle = [](int red) {
    const double feature = std::max(0.0, (2 * red / 255.0 - 1 + 0.030) / 0.458);
    return std::atan2(feature, 1.0);  // two features of norm 1: a point of the circle
  };
  return 2 - 2 * std::cos(angle(one) - angle(other));
}

}  // namespace mpq::test
