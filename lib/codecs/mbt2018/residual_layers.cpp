// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/residual_layers.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"

namespace mpq::mbt2018 {
namespace {

constexpr std::int64_t patch = 8, block = 16;
constexpr double slope = 0.1;

/// [height / size, width / size, size size C] of [height, width, C]: pixel by pixel of the square.
at::Tensor gather(const at::Tensor& x, std::int64_t size) {
  const std::int64_t h = x.size(0) / size, w = x.size(1) / size;
  return x.view({h, size, w, size, x.size(2)}).permute({0, 2, 1, 3, 4}).reshape({h, w, -1});
}

at::Tensor scatter(const at::Tensor& x, std::int64_t size) {
  const std::int64_t h = x.size(0), w = x.size(1);
  return x.view({h, w, size, size, -1}).permute({0, 2, 1, 3, 4}).reshape({h * size, w * size, -1});
}

at::Tensor activated(at::Tensor x) {
  return at::leaky_relu_(x, slope);
}

/// [height, width, 3], of 0 to 255.
at::Tensor pixels_of(const ImageView& picture, const Padding& padding) {
  at::Tensor bytes = at::empty({padding.height, padding.width, 3}, at::kByte);
  const std::ptrdiff_t row = std::ptrdiff_t{3} * padding.width;
  for (int y = 0; y < padding.height; ++y) {
    const int from = std::clamp(y - padding.top, 0, picture.height - 1);
    const std::uint8_t* source = picture.planes[0].data + picture.planes[0].stride * from;
    std::uint8_t* to = bytes.data_ptr<std::uint8_t>() + row * y;
    const std::ptrdiff_t begin = padding.left, end = begin + picture.width;
    std::copy_n(source, picture.width * std::ptrdiff_t{3}, to + 3 * begin);
    for (std::ptrdiff_t x = 0; x < begin; ++x) std::copy_n(to + 3 * begin, 3, to + 3 * x);
    for (std::ptrdiff_t x = end; x < padding.width; ++x) std::copy_n(to + 3 * (end - 1), 3, to + 3 * x);
  }
  return bytes;
}

/// The sum of both, [height, width, 3], each around 0, to bytes.
void add_up(const at::Tensor& linear, const at::Tensor& more, const Padding& padding,
            const MutableImageView& picture) {
  const std::ptrdiff_t row = std::ptrdiff_t{3} * padding.width;
  const std::ptrdiff_t count = std::ptrdiff_t{3} * picture.width;
  at::parallel_for(0, picture.height, 16, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t y = first; y < last; ++y) {
      const std::ptrdiff_t from = row * (y + padding.top) + std::ptrdiff_t{3} * padding.left;
      const float *a = linear.data_ptr<float>() + from, *b = more.data_ptr<float>() + from;
      std::uint8_t* to = picture.planes[0].data + picture.planes[0].stride * y;
      for (std::ptrdiff_t i = 0; i < count; ++i) {
        const float value = (a[i] + b[i] + 0.5F) * 255 + 0.5F;
        to[i] = static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
      }
    }
  });
}

}  // namespace

ResidualLayers::ResidualLayers(const LayerReader& reader, const Nano& residual,
                               const nn::Placement& placement)
    : placement_(placement) {
  const auto placed = [&](const at::Tensor& x) {
    return x.contiguous().to(placement.device, placement.type);
  };
  // Matrices for gather() and scatter().
  const auto forward = [&](const std::string& name) {
    const at::Tensor weight = reader.tensor(name + ".weight");
    return weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1});
  };
  const auto transposed = [&](const std::string& name) {
    const at::Tensor weight = reader.tensor(name + ".weight");
    return weight.permute({2, 3, 1, 0}).reshape({-1, weight.size(0)});
  };
  const auto bias = [&](const std::string& name) { return reader.tensor(name + ".bias"); };
  const auto mix = [&](const std::string& name) { return Mix{placed(forward(name)), placed(bias(name))}; };
  // Bytes are exact in bfloat16, values from -1/2 to 1/2 are not: weights and biases take care of that.
  const auto of_bytes = [&](const at::Tensor& weight) {
    return std::pair(weight / 255, weight.sum(1) * -0.5);
  };
  const auto [linear, linear_bias] = of_bytes(forward("g_a.linear"));
  analysis_.linear = {linear.to(placement.device), linear_bias.to(placement.device)};
  const auto [first, first_bias] = of_bytes(forward("g_a.patch"));
  analysis_.patch = {placed(first), placed(first_bias + bias("g_a.patch"))};
  synthesis_.linear = {transposed("g_s.linear").to(placement.device), {}};
  synthesis_.patch = {placed(transposed("g_s.patch")), placed(bias("g_s.patch").repeat({patch * patch}))};
  const auto read_blocks = [&](const std::string& name, int count, std::vector<Block>& blocks) {
    for (int i = 0; i < count; ++i)
      blocks.push_back({reader.convolution(text(name, '.', i, ".gate"), 1), mix(text(name, '.', i, ".mix"))});
  };
  read_blocks("g_a.wide", residual.wide_blocks, analysis_.wide);
  read_blocks("g_a.deep", residual.deep_blocks, analysis_.deep);
  read_blocks("g_s.wide", residual.wide_blocks, synthesis_.wide);
  read_blocks("g_s.deep", residual.deep_blocks, synthesis_.deep);
  down_ = mix("g_a.down");
  out_ = mix("g_a.out");
  in_ = mix("g_s.in");
  up_ = {placed(transposed("g_s.up")), placed(bias("g_s.up").repeat({4}))};
}

/// `x` is [height, width, channels].
at::Tensor ResidualLayers::run(const std::vector<Block>& blocks, at::Tensor x) {
  const std::int64_t channels = x.size(2);
  for (const Block& b : blocks) {
    const at::Tensor both = b.gate(x.permute({2, 0, 1}).unsqueeze(0)).squeeze(0).permute({1, 2, 0});
    x = x + b.mix(both.narrow(2, 0, channels) * at::sigmoid(both.narrow(2, channels, channels)));
  }
  return x;
}

at::Tensor ResidualLayers::analyse(const ImageView& picture, const Padding& padding) const {
  const at::Tensor bytes = pixels_of(picture, padding).to(placement_.device);
  at::Tensor more = activated(analysis_.patch(gather(bytes, patch).to(placement_.type)));
  more = run(analysis_.wide, more);
  more = run(analysis_.deep, activated(down_(gather(more, 2))));
  const at::Tensor y = analysis_.linear(gather(bytes, block).to(at::kFloat)) + out_(more);
  return y.permute({2, 0, 1}).unsqueeze(0);
}

void ResidualLayers::synthesise(const at::Tensor& y, const Padding& padding,
                                const MutableImageView& picture) const {
  const at::Tensor latents = y.squeeze(0).permute({1, 2, 0}).to(placement_.device);
  at::Tensor more = run(synthesis_.deep, activated(in_(latents.to(placement_.type))));
  more = run(synthesis_.wide, scatter(activated(up_(more)), 2));
  const auto on_cpu = [](const at::Tensor& x) { return x.to(at::kCPU, at::kFloat).contiguous(); };
  add_up(on_cpu(scatter(synthesis_.linear(latents), block)), on_cpu(scatter(synthesis_.patch(more), patch)),
         padding, picture);
}

}  // namespace mpq::mbt2018
