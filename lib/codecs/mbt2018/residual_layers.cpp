// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/residual_layers.h"

#include <algorithm>

namespace mpq::mbt2018 {
namespace {

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
  return at::leaky_relu_(x, residual_slope);
}

at::Tensor product(const ResidualWeights::Mix& mix, const at::Tensor& pixels) {
  return at::linear(pixels, mix.weight, mix.bias);
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

ResidualLayers::ResidualLayers(const ResidualWeights& weights, const nn::Placement& placement)
    : placement_(placement) {
  const auto placed_as = [&](const ResidualWeights::Mix& mix, at::ScalarType type) {
    const auto there = [&](const at::Tensor& x) { return x.defined() ? x.to(placement.device, type) : x; };
    return ResidualWeights::Mix{there(mix.weight), there(mix.bias)};
  };
  const auto placed = [&](const ResidualWeights::Mix& mix) { return placed_as(mix, placement.type); };
  const auto placed_blocks = [&](const std::vector<ResidualWeights::Block>& blocks) {
    std::vector<Block> all;
    for (const ResidualWeights::Block& block : blocks) {
      const ResidualWeights::Mix gate = placed({block.gate, block.gate_bias});
      all.push_back({{gate.weight.contiguous(at::MemoryFormat::ChannelsLast), gate.bias}, placed(block.mix)});
    }
    return all;
  };
  const auto placed_side = [&](const ResidualWeights::Side& side) {
    return Side{placed_as(side.linear, at::kFloat), placed(side.patch), placed_blocks(side.wide),
                placed_blocks(side.deep)};
  };
  analysis_ = placed_side(weights.analysis);
  synthesis_ = placed_side(weights.synthesis);
  down_ = placed(weights.down);
  out_ = placed(weights.out);
  in_ = placed(weights.in);
  up_ = placed(weights.up);
}

/// `x` is [height, width, channels].
at::Tensor ResidualLayers::run(const std::vector<Block>& blocks, at::Tensor x) {
  const std::int64_t channels = x.size(2);
  for (const Block& b : blocks) {
    const at::Tensor both = b.gate(x.permute({2, 0, 1}).unsqueeze(0)).squeeze(0).permute({1, 2, 0});
    x = x + product(b.mix, both.narrow(2, 0, channels) * at::sigmoid(both.narrow(2, channels, channels)));
  }
  return x;
}

at::Tensor ResidualLayers::analyse(const ImageView& picture, const Padding& padding) const {
  at::Tensor bytes = at::empty({padding.height, padding.width, 3}, at::kByte);
  for (int y = 0; y < padding.height; ++y)
    copy_padded_row(picture, padding, y,
                    bytes.data_ptr<std::uint8_t>() + std::ptrdiff_t{3} * padding.width * y);
  bytes = bytes.to(placement_.device);
  at::Tensor more = activated(product(analysis_.patch, gather(bytes, patch_size).to(placement_.type)));
  more = run(analysis_.wide, more);
  more = run(analysis_.deep, activated(product(down_, gather(more, 2))));
  const at::Tensor y =
      product(analysis_.linear, gather(bytes, block_size).to(at::kFloat)) + product(out_, more);
  return y.permute({2, 0, 1}).unsqueeze(0);
}

void ResidualLayers::synthesise(const at::Tensor& y, const Padding& padding,
                                const MutableImageView& picture) const {
  const at::Tensor latents = y.squeeze(0).permute({1, 2, 0}).to(placement_.device);
  at::Tensor more = run(synthesis_.deep, activated(product(in_, latents.to(placement_.type))));
  more = run(synthesis_.wide, scatter(activated(product(up_, more)), 2));
  const auto on_cpu = [](const at::Tensor& x) { return x.to(at::kCPU, at::kFloat).contiguous(); };
  add_up(on_cpu(scatter(product(synthesis_.linear, latents), block_size)),
         on_cpu(scatter(product(synthesis_.patch, more), patch_size)), padding, picture);
}

}  // namespace mpq::mbt2018
