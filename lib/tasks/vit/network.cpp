// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tasks/vit/network.h"

#include <cmath>

namespace mpq::vit {

// A convolution whose stride is its kernel's size is one matrix product over the patches.
at::Tensor Model::Network::embed(const at::Tensor& pixels) const {
  const std::int64_t n = pixels.size(0), p = shape.patch, grid = shape.image_size / p;
  const at::Tensor patches = pixels.to(placement.device)
                                 .view({n, 3, grid, p, grid, p})
                                 .permute({0, 2, 4, 1, 3, 5})
                                 .reshape({n, grid * grid, 3 * p * p})
                                 .to(placement.type);
  const at::Tensor tokens = patch(patches).to(at::kFloat) + position;
  return at::cat({token.expand({n, 1, shape.width}), tokens}, 1);
}

// The sums that run through all blocks stay in float32: in bfloat16 they lose what later blocks add.
at::Tensor Model::Network::block(std::size_t i, const at::Tensor& x, std::int64_t tokens) const {
  const Block& b = blocks[i];
  const std::int64_t n = x.size(0), all = x.size(1), features = shape.width / shape.heads;
  const at::Tensor qkv =
      b.qkv(b.norm1(x, placement.type)).view({n, all, 3, shape.heads, features}).permute({2, 0, 3, 1, 4});
  const at::Tensor query = qkv[0].narrow(2, 0, tokens) * (1 / std::sqrt(static_cast<double>(features)));
  const at::Tensor weights = at::matmul(query, qkv[1].transpose(-1, -2)).softmax(-1);
  const at::Tensor mixed = at::matmul(weights, qkv[2]).transpose(1, 2).reshape({n, tokens, shape.width});
  const at::Tensor y = x.narrow(1, 0, tokens) + b.projection(mixed);
  return y + b.contract(at::gelu(b.expand(b.norm2(y, placement.type))));
}

at::Tensor Model::Network::forward(const at::Tensor& pixels) const {
  at::Tensor x = embed(pixels);
  // Of the last block only the class token is read.
  for (std::size_t i = 0; i < blocks.size(); ++i) x = block(i, x, i + 1 == blocks.size() ? 1 : x.size(1));
  return head(norm(x.select(1, 0), at::kFloat)).cpu();
}

}  // namespace mpq::vit
