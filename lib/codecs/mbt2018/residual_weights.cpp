// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/residual_weights.h"

#include "core/text.h"

namespace mpq::mbt2018 {

ResidualWeights::ResidualWeights(const LayerReader& reader, const Nano& residual) {
  const auto forward = [&](const std::string& name) {
    const at::Tensor weight = reader.tensor(name + ".weight");
    return weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1}).contiguous();
  };
  const auto transposed = [&](const std::string& name) {
    const at::Tensor weight = reader.tensor(name + ".weight");
    return weight.permute({2, 3, 1, 0}).reshape({-1, weight.size(0)}).contiguous();
  };
  const auto bias = [&](const std::string& name) { return reader.tensor(name + ".bias").contiguous(); };
  const auto mix = [&](const std::string& name) { return Mix{forward(name), bias(name)}; };
  // Bytes are exact in bfloat16, values from -1/2 to 1/2 are not: weights and biases take care of that.
  const auto of_bytes = [&](const at::Tensor& weight) { return Mix{weight / 255, weight.sum(1) * -0.5}; };
  const auto blocks = [&](const std::string& name, int count) {
    std::vector<Block> read;
    for (int i = 0; i < count; ++i) {
      const std::string gate = text(name, '.', i, ".gate");
      read.push_back(
          {reader.tensor(gate + ".weight").contiguous(), bias(gate), mix(text(name, '.', i, ".mix"))});
    }
    return read;
  };
  analysis.linear = of_bytes(forward("g_a.linear"));
  analysis.patch = of_bytes(forward("g_a.patch"));
  analysis.patch.bias += bias("g_a.patch");
  synthesis.linear = {transposed("g_s.linear"), {}};
  synthesis.patch = {transposed("g_s.patch"), bias("g_s.patch").repeat({patch_size * patch_size})};
  analysis.wide = blocks("g_a.wide", residual.wide_blocks);
  analysis.deep = blocks("g_a.deep", residual.deep_blocks);
  synthesis.wide = blocks("g_s.wide", residual.wide_blocks);
  synthesis.deep = blocks("g_s.deep", residual.deep_blocks);
  down = mix("g_a.down");
  out = mix("g_a.out");
  in = mix("g_s.in");
  up = {transposed("g_s.up"), bias("g_s.up").repeat({4})};
}

}  // namespace mpq::mbt2018
