// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/lpips/network.h"

#include <array>

#include "nn/convolution.h"

namespace mpq::lpips {
namespace {

constexpr auto channels_last = at::MemoryFormat::ChannelsLast;

// Of red, green and blue between -1 and 1: ImageNet's statistics.
constexpr std::array shift{-0.030F, -0.088F, -0.188F}, scale{0.458F, 0.448F, 0.450F};

at::Tensor constants(const std::array<float, 3>& values, const at::Device& device) {
  return at::tensor(at::ArrayRef<float>(values)).to(device);
}

bool is_pool2x2(const Layer& layer) {
  return layer.kind == Layer::Kind::pool && layer.kernel == 2 && !layer.round_up;
}

}  // namespace

at::Tensor Convolution::operator()(const at::Tensor& x) const {
  if (fast != nullptr) return nn::convolve_relu(*fast, x);
  return nn::conv2d(x, weight, bias, stride, padding).relu_();
}

at::Tensor Step::operator()(const at::Tensor& x) const {
  switch (layer.kind) {
    case Layer::Kind::convolution:
      return convolutions[0](x);
    case Layer::Kind::pool:
      return at::max_pool2d(x, layer.kernel, layer.stride, 0, 1, layer.round_up);
    case Layer::Kind::fire:
      break;
  }
  const at::Tensor squeezed = convolutions[0](x);
  return at::cat({convolutions[1](squeezed), convolutions[2](squeezed)}, 1);
}

at::Tensor Model::Network::input(const at::Tensor& bytes) const {
  std::array<float, 3> factor{}, offset{};
  for (std::size_t i = 0; i < 3; ++i) {
    factor[i] = 2 / (255 * scale[i]);
    offset[i] = (-1 - shift[i]) / scale[i];
  }
  const at::Tensor values = bytes.to(placement.device, at::kFloat)
                                .mul_(constants(factor, placement.device))
                                .add_(constants(offset, placement.device));
  return values.permute({0, 3, 1, 2}).to(placement.type).contiguous(channels_last);
}

void Model::Network::run(const at::Tensor& input, const std::function<void(Tap)>& see) const {
  at::Tensor x = input;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const bool with_pool = step.pools() && i + 1 < steps.size() && is_pool2x2(steps[i + 1].layer);
    at::Tensor pooled;
    x = with_pool ? nn::convolve_relu(*step.convolutions[0].fast, x, &pooled)
                  : step(x).contiguous(channels_last);
    if (step.layer.tap) see(make_tap(x));
    if (!with_pool) continue;
    x = pooled;
    ++i;
  }
}

}  // namespace mpq::lpips
