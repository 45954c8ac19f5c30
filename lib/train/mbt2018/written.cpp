// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/mbt2018/written.h"

#include <string>
#include <vector>

#include "codecs/mbt2018/rounding.h"
#include "codecs/mbt2018/wavefront.h"
#include "core/text.h"

namespace mpq::train::mbt2018 {
namespace {

/// Of a context model's 5x5 weights, row by row, those that see latents before: the first of them.
constexpr std::int64_t taps = 12, reach = 2;

/// [batch, height width, channels]
at::Tensor positions_of(const at::Tensor& x, at::ScalarType type) {
  return x.permute({0, 2, 3, 1}).reshape({x.size(0), -1, x.size(1)}).to(type);
}

/// A wavefront's positions in latents without, and with a border of zeros, and those that they depend on.
struct Front {
  std::vector<std::int64_t> inner, outer, neighbours;
};

Front front(const std::vector<entropy::Tap>& positions, std::int64_t columns) {
  const std::int64_t stride = columns + 2 * reach;
  Front all;
  for (const auto& [row, column] : positions) {
    all.inner.push_back(row * columns + column);
    all.outer.push_back((row + reach) * stride + column + reach);
    for (std::int64_t tap = 0; tap < taps; ++tap)
      all.neighbours.push_back((row + tap / 5) * stride + column + tap % 5);
  }
  return all;
}

}  // namespace

at::Tensor symbols(const Network& network, const at::Tensor& distances, const at::Tensor& scales) {
  using namespace mpq::mbt2018;
  const c10::NoGradGuard guard;
  const at::Tensor nearest = distances.round();
  if (!network.architecture().nano) return nearest;
  const at::Tensor size = nearest.abs();
  const at::Tensor asked = size.ge(1).logical_and(size.le(static_cast<double>(Rounding::levels)));  // a few
  const at::Tensor distance = distances.masked_select(asked).abs(), whole = distance.round(),
                   scale = scales.masked_select(asked);
  const at::Tensor more = (normal_likelihoods(whole - 1, scale) / normal_likelihoods(whole, scale)).log2();
  const at::Tensor least = whole - 0.5 + (more / (2 * nano_price)).clamp(0, 1);
  const at::Tensor lower = distance.lt(least).to(size.scalar_type());
  return nearest - nearest.sign() * at::zeros_like(size).masked_scatter(asked, lower);
}

at::Tensor written_latents(const Network& network, const at::Tensor& hyper, const at::Tensor& y) {
  const c10::NoGradGuard guard;
  const Parameters& parameters = network.parameters();
  const std::int64_t batch = y.size(0), m = y.size(1), rows = y.size(2), columns = y.size(3);
  const at::Tensor wanted = positions_of(y, y.scalar_type()), hyper_at = positions_of(hyper, y.scalar_type());
  const at::Tensor& all_taps = parameters["context_prediction.weight"];
  const at::Tensor context = all_taps.permute({0, 2, 3, 1})
                                 .reshape({all_taps.size(0), 25, m})
                                 .narrow(1, 0, taps)
                                 .reshape({all_taps.size(0), taps * m});
  at::Tensor latents = at::zeros({batch, (rows + reach) * (columns + 2 * reach), m}, wanted.options());
  const int height = static_cast<int>(rows), width = static_cast<int>(columns);
  std::vector<entropy::Tap> wavefront;
  for (int step = 0; step < mpq::mbt2018::wavefronts(height, width); ++step) {
    mpq::mbt2018::set_wavefront(step, height, width, &wavefront);
    if (wavefront.empty()) continue;
    const Front positions = front(wavefront, columns);
    const auto index = [&](const std::vector<std::int64_t>& of) { return at::tensor(of).to(y.device()); };
    const at::Tensor inner = index(positions.inner);
    const at::Tensor seen =
        latents.index_select(1, index(positions.neighbours)).view({batch, inner.size(0), taps * m});
    at::Tensor both = at::cat(
        {hyper_at.index_select(1, inner), at::linear(seen, context, parameters["context_prediction.bias"])},
        2);
    for (int i = 0; i < 3; ++i) {
      const std::string layer = text("entropy_parameters.", 2 * i);
      const at::Tensor& weight = parameters[layer + ".weight"];
      both = at::linear(both, weight.view({weight.size(0), weight.size(1)}), parameters[layer + ".bias"]);
      if (i < 2) both = at::leaky_relu(both);
    }
    const at::Tensor means = both.narrow(2, m, m), scales = both.narrow(2, 0, m);
    const at::Tensor whole = symbols(network, wanted.index_select(1, inner) - means, scales);
    latents.index_copy_(1, index(positions.outer), means + whole);
  }
  return latents.view({batch, rows + reach, columns + 2 * reach, m})
      .narrow(1, reach, rows)
      .narrow(2, reach, columns)
      .permute({0, 3, 1, 2});
}

}  // namespace mpq::train::mbt2018
