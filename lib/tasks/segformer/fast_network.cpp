// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tasks/segformer/fast_network.h"

#include <cmath>

namespace mpq::segformer {
namespace {

std::span<const float> floats(const at::Tensor& tensor) {
  if (!tensor.defined()) return {};
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

fast::Norm norm(const nn::LayerNorm& from) {
  const auto weight = floats(from.weight), bias = floats(from.bias);
  return {{weight.begin(), weight.end()}, {bias.begin(), bias.end()}};
}

fast::Linear linear(const nn::Linear& from) {
  return {floats(from.weight), floats(from.bias), static_cast<int>(from.weight.size(0))};
}

bool whole(int features) {
  return features % fast::lanes == 0;
}

}  // namespace

bool FastNetwork::suits(const Shape& shape, const nn::Placement& placement) {
  if (!fast::available() || !placement.device.is_cpu() || placement.type != at::kBFloat16) return false;
  for (const StageShape& s : shape.stage)
    if (!whole(s.width / s.heads) || !whole(s.width) || !whole(s.hidden)) return false;
  return whole(shape.decoder);
}

FastNetwork::Convolution FastNetwork::convolution(const segformer::Convolution& from) {
  const at::Tensor rows = from.weight.permute({0, 2, 3, 1}).contiguous();
  return {{floats(rows), floats(from.bias), static_cast<int>(rows.size(0))},
          static_cast<int>(rows.size(3)),
          static_cast<int>(rows.size(2)),
          static_cast<int>(from.stride),
          static_cast<int>(from.padding)};
}

FastNetwork::Layer FastNetwork::layer(const segformer::Layer& from, int heads) {
  // Softmax is of powers of two here.
  const double scale = M_LOG2E / std::sqrt(static_cast<double>(from.query.weight.size(0) / heads));
  const at::Tensor mix = from.mix.weight.contiguous();
  Layer layer{.norm1 = norm(from.norm1),
              .norm2 = norm(from.norm2),
              .reduced_norm = norm(from.reduced_norm),
              .query = linear({from.query.weight * scale, from.query.bias * scale}),
              .key_value = linear(from.key_value),
              .projection = linear(from.projection),
              .expand = linear(from.expand),
              .contract = linear(from.contract),
              .reduce = {},
              .mix = {floats(mix), floats(from.mix.bias)}};
  if (from.reduce.weight.defined()) layer.reduce.push_back(convolution(from.reduce));
  return layer;
}

FastNetwork::FastNetwork(const Model::Network& network)
    : classifier_(linear(network.classifier)), classes_(network.shape.classes) {
  for (std::size_t i = 0; i < network.stage.size(); ++i) {
    const segformer::Stage& from = network.stage[i];
    const int heads = network.shape.stage[i].heads;
    Stage stage{
        convolution(from.embed), norm(from.embed_norm), norm(from.norm), {}, linear(from.head), heads};
    for (const segformer::Layer& l : from.layers) stage.layers.push_back(layer(l, heads));
    stage_.push_back(std::move(stage));
  }
}

}  // namespace mpq::segformer
