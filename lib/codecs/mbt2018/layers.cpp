// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/layers.h"

#include "nn/convolution.h"
#include "nn/weights.h"

namespace mpq::mbt2018 {
namespace {

constexpr auto channels_last = at::MemoryFormat::ChannelsLast;

/// Which weights of five an output sees, in the order of the inputs: of an even place and of an odd one.
const std::array<std::vector<std::int64_t>, 2> taps{{{4, 2, 0}, {3, 1}}};

}  // namespace

std::vector<float> in_order(const at::Tensor& x) {
  if (!x.defined()) return {};
  const at::Tensor floats = x.permute({0, 2, 3, 1}).to(at::kCPU, at::kFloat).contiguous();
  return {floats.data_ptr<float>(), floats.data_ptr<float>() + floats.numel()};
}

at::Tensor Convolution::operator()(const at::Tensor& x) const {
  const std::array<std::int64_t, 2> padding{weight.size(2) / 2, weight.size(3) / 2};
  return nn::conv2d(x, weight, bias, stride, at::IntArrayRef(padding)).contiguous(channels_last);
}

at::Tensor Upsampling::part(std::size_t i, const at::Tensor& x) const {
  // Two weights with a zero on both sides give one output too many, the first.
  return phases[i](x).narrow(2, i < 2 ? 0 : 1, x.size(2)).narrow(3, i % 2 == 0 ? 0 : 1, x.size(3));
}

std::array<at::Tensor, 4> Upsampling::parts(const at::Tensor& x) const {
  return {part(0, x), part(1, x), part(2, x), part(3, x)};
}

at::Tensor Upsampling::operator()(const at::Tensor& x) const {
  const at::Tensor out = at::empty({1, phases[0].weight.size(0), 2 * x.size(2), 2 * x.size(3)},
                                   x.options().memory_format(channels_last));
  for (std::int64_t i = 0; i < 4; ++i)  // one at a time: they are large
    out.slice(2, i / 2, out.size(2), 2)
        .slice(3, i % 2, out.size(3), 2)
        .copy_(part(static_cast<std::size_t>(i), x));
  return out;
}

void Normalisation::apply(const at::Tensor& x) const {
  const at::Tensor pixels = x.permute({0, 2, 3, 1}).view({-1, x.size(1)});
  const std::int64_t some = x.is_cpu() ? 4096 : pixels.size(0);  // what caches hold
  for (const at::Tensor& part : pixels.split(some)) {
    at::Tensor norm = at::linear(at::square(part), gamma, beta);
    part.mul_(inverse ? norm.sqrt_() : norm.rsqrt_());
  }
}

at::Tensor LayerReader::tensor(const std::string& name) const {
  return nn::load(weights_.checkpoint(), weights_.tensor(name), at::kFloat, at::kCPU);
}

at::Tensor LayerReader::placed(const at::Tensor& tensor) const {
  const at::Tensor there = tensor.to(placement_.device, placement_.type);
  return there.dim() == 4 ? there.contiguous(channels_last) : there.contiguous();
}

Convolution LayerReader::convolution(const std::string& name, std::int64_t stride, double scale) const {
  return {placed(tensor(name + ".weight") / scale), placed(tensor(name + ".bias")), stride};
}

Upsampling LayerReader::upsampling(const std::string& name) const {
  const at::Tensor weight = tensor(name + ".weight").transpose(0, 1), bias = placed(tensor(name + ".bias"));
  Upsampling layer;
  for (std::size_t i = 0; i < 4; ++i)
    layer.phases[i] = {
        placed(weight.index_select(2, at::tensor(taps[i / 2])).index_select(3, at::tensor(taps[i % 2]))),
        bias};
  return layer;
}

at::Tensor LayerReader::non_negative(const std::string& name) const {
  const at::Tensor root = tensor(name).clamp_min(constant(name + "_reparam.lower_bound.bound"));
  return root * root - constant(name + "_reparam.pedestal");
}

Normalisation LayerReader::normalisation(const std::string& name, bool inverse) const {
  return {placed(non_negative(name + ".gamma")), placed(non_negative(name + ".beta")), inverse};
}

}  // namespace mpq::mbt2018
