// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nn/convolution3x3.h"

#include <algorithm>

namespace mpq::nn {
namespace {

std::span<const float> floats(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

Winograd3x3::Value* values(const at::Tensor& x) {
  return reinterpret_cast<Winograd3x3::Value*>(x.data_ptr<at::BFloat16>());
}

/// Some megabytes of a thread, kept for the next layer.
Winograd3x3Scratch& scratch() {
  thread_local Winograd3x3Scratch scratch;
  return scratch;
}

at::Tensor empty(const at::Tensor& x, std::int64_t channels, std::int64_t height, std::int64_t width) {
  return at::empty({x.size(0), channels, height, width},
                   x.options().memory_format(at::MemoryFormat::ChannelsLast));
}

}  // namespace

std::shared_ptr<const Winograd3x3> fast_convolution3x3(const at::Tensor& weight, const at::Tensor& bias,
                                                       const Placement& placement) {
  const bool wanted = placement.device.is_cpu() && placement.type == at::kBFloat16;
  if (!wanted || !Winograd3x3::pays(static_cast<int>(weight.size(1)), static_cast<int>(weight.size(0))))
    return nullptr;
  return std::make_shared<const Winograd3x3>(floats(weight), floats(bias));
}

at::Tensor convolve_relu(const Winograd3x3& layer, const at::Tensor& x, at::Tensor* pooled) {
  const std::int64_t height = x.size(2), width = x.size(3);
  const at::Tensor out = empty(x, layer.outputs, height, width);
  if (pooled != nullptr) *pooled = empty(x, layer.outputs, height / 2, width / 2);
  const auto picture = [&](std::int64_t i) {
    return Winograd3x3Picture{.inputs = values(x) + i * height * width * layer.inputs,
                              .outputs = values(out) + i * height * width * layer.outputs,
                              .pooled = pooled != nullptr
                                            ? values(*pooled) + i * (height / 2) * (width / 2) * layer.outputs
                                            : nullptr,
                              .height = static_cast<int>(height),
                              .width = static_cast<int>(width)};
  };
  const int tiles = picture(0).tiles(), at_once = layer.tiles_at_once();
  const std::int64_t parts = (tiles + at_once - 1) / at_once;
  share(x.size(0) * parts, [&](std::int64_t i) {
    const auto first = static_cast<int>(i % parts) * at_once;
    convolve(layer, picture(i / parts), first, std::min(at_once, tiles - first), &scratch());
  });
  return out;
}

}  // namespace mpq::nn
