// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tasks/segformer/network.h"

#include <cmath>

namespace mpq::segformer {
namespace {

/// [pictures, tokens, features] as [pictures, heads, tokens, features of a head].
at::Tensor by_head(const at::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
}

Tokens tokens(const at::Tensor& picture) {
  return {picture.flatten(2).transpose(1, 2), picture.size(2), picture.size(3)};
}

}  // namespace

Tokens Model::Network::embed(std::size_t i, const at::Tensor& picture) const {
  Tokens x = tokens(stage[i].embed(picture.to(placement.device, placement.type)));
  x.values = stage[i].embed_norm(x.values.to(at::kFloat), at::kFloat);
  return x;
}

at::Tensor Model::Network::layer(std::size_t i, std::size_t j, const Tokens& x) const {
  const Layer& l = stage[i].layers[j];
  const std::int64_t heads = shape.stage[i].heads, width = x.values.size(2);
  const Tokens normed{l.norm1(x.values, placement.type), x.height, x.width};
  at::Tensor reduced = normed.values;
  if (l.reduce.weight.defined())
    reduced = l.reduced_norm(tokens(l.reduce(normed.picture())).values.to(at::kFloat), placement.type);
  const at::Tensor query = by_head(l.query(normed.values), heads);
  const auto key_value = l.key_value(reduced).chunk(2, -1);
  const double scale = 1 / std::sqrt(static_cast<double>(width / heads));
  const at::Tensor weights =
      at::matmul(query, by_head(key_value[0], heads).transpose(-1, -2) * scale).softmax(-1);
  const at::Tensor mixed = at::matmul(weights, by_head(key_value[1], heads)).transpose(1, 2).flatten(2);
  const at::Tensor y = x.values + l.projection(mixed);
  const Tokens hidden{l.expand(l.norm2(y, placement.type)), x.height, x.width};
  return y + l.contract(at::gelu(tokens(l.mix(hidden.picture())).values));
}

Tokens Model::Network::encode(std::size_t i, const at::Tensor& picture) const {
  Tokens x = embed(i, picture);
  for (std::size_t j = 0; j < stage[i].layers.size(); ++j) x.values = layer(i, j, x);
  x.values = stage[i].norm(x.values, placement.type);
  return x;
}

at::Tensor Model::Network::decode(const std::vector<Tokens>& encoded) const {
  const Tokens& first = encoded.front();
  at::Tensor sum = stage[0].head(first.values).to(at::kFloat);
  for (std::size_t i = 1; i < encoded.size(); ++i) {
    const Tokens part{stage[i].head(encoded[i].values).to(at::kFloat), encoded[i].height, encoded[i].width};
    sum += tokens(at::upsample_bilinear2d(part.picture(), {first.height, first.width},
                                          /*align_corners=*/false))
               .values;
  }
  const at::Tensor logits = classifier(sum.relu_().to(placement.type)).to(at::kFloat);
  return logits.view({logits.size(0), first.height, first.width, -1});
}

at::Tensor Model::Network::forward(const at::Tensor& pictures) const {
  std::vector<Tokens> encoded;
  at::Tensor x = pictures;
  for (std::size_t i = 0; i < stage.size(); ++i) {
    encoded.push_back(encode(i, x));
    x = encoded.back().picture();
  }
  return decode(encoded).contiguous();
}

}  // namespace mpq::segformer
