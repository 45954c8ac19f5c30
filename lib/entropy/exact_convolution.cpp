// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "entropy/exact_convolution.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace mpq::entropy {
namespace {

constexpr int panel_positions = 48;  // their inputs and some rows' weights fit a level 2 cache

struct Size {
  std::size_t out, in;
};

Size size_of(const Weights& weights, int kernel) {
  const auto area = static_cast<std::size_t>(kernel) * static_cast<std::size_t>(kernel);
  const std::size_t out = weights.bias.size();
  if (out == 0 || weights.values.size() % (out * area) != 0)
    throw Error(ErrorCode::invalid_argument,
                text("a convolution with ", weights.values.size(), " weights and ", out, " biases"));
  return {out, weights.values.size() / (out * area)};
}

/// Runs a layer where `from(i)` looks from, for the results at `to(i)`.
template <class From, class To>
void run_at(const TapLayer& layer, const Map& input, int count, const From& from, const To& to) {
  Panel panel;
  std::vector<Tap> positions;
  std::vector<Fixed*> outputs;
  for (int first = 0; first < count; first += panel_positions) {
    const int here = std::min(panel_positions, count - first);
    positions.clear();
    outputs.clear();
    for (int i = first; i < first + here; ++i) {
      positions.push_back(from(i));
      outputs.push_back(to(i));
    }
    layer.look(input, positions, &panel);
    layer.layer().run(panel, outputs);
  }
}

}  // namespace

TapLayer::TapLayer(std::vector<Tap> taps, std::span<const float> weights, std::span<const float> bias,
                   Activation activation)
    : taps_(std::move(taps)), layer_(weights, bias, activation) {}

void TapLayer::look(const Map& map, std::span<const Tap> positions, Panel* panel) const {
  const auto find = [&](int position, int piece) {
    const Tap& from = positions[static_cast<std::size_t>(position)];
    const Tap& tap = taps_[static_cast<std::size_t>(piece)];
    return map.find(from.y + tap.y, from.x + tap.x);
  };
  panel->fill(static_cast<int>(positions.size()), static_cast<int>(taps_.size()), map.channels, find);
}

TapLayer convolution(const Weights& weights, int kernel, Activation activation, bool masked) {
  const Size size = size_of(weights, kernel);
  const int area = kernel * kernel, used = masked ? area / 2 : area;
  std::vector<Tap> taps;
  taps.reserve(static_cast<std::size_t>(used));
  for (int i = 0; i < used; ++i) taps.push_back({i / kernel - kernel / 2, i % kernel - kernel / 2});
  std::vector<float> rows;
  for (std::size_t out = 0; out < size.out; ++out)
    for (int i = 0; i < used; ++i)
      for (std::size_t in = 0; in < size.in; ++in)
        rows.push_back(weights.values[(out * size.in + in) * static_cast<std::size_t>(area) +
                                      static_cast<std::size_t>(i)]);
  return {std::move(taps), rows, weights.bias, activation};
}

// The output at (y, x) sums what reaches it: inputs (i, j) with y = 2 i - 2 + k for k = 0 to 4, likewise x.
Doubling::Doubling(const Weights& weights, Activation activation) {
  constexpr int kernel = 5;
  const Size size = size_of(weights, kernel);
  for (int parity = 0; parity < 4; ++parity) {
    const int odd_y = parity / 2, odd_x = parity % 2;
    std::vector<Tap> taps, kernels;
    for (int ky = odd_y; ky < kernel; ky += 2) {
      for (int kx = odd_x; kx < kernel; kx += 2) {
        taps.push_back({(odd_y + 2 - ky) / 2, (odd_x + 2 - kx) / 2});
        kernels.push_back({ky, kx});
      }
    }
    std::vector<float> rows;
    for (std::size_t out = 0; out < size.out; ++out)
      for (const Tap& k : kernels)
        for (std::size_t in = 0; in < size.in; ++in)
          rows.push_back(weights.values[(in * size.out + out) * kernel * kernel +
                                        static_cast<std::size_t>(k.y * kernel + k.x)]);
    layers_[static_cast<std::size_t>(parity)] = {std::move(taps), rows, weights.bias, activation};
  }
}

Map Doubling::run(const Map& input) const {
  Map output(2 * input.height, 2 * input.width, layers_[0].layer().rows());
  for (int parity = 0; parity < 4; ++parity) {
    const auto from = [&](int i) { return Tap{i / input.width, i % input.width}; };
    run_at(layers_[static_cast<std::size_t>(parity)], input, input.height * input.width, from, [&](int i) {
      return output.at(2 * (i / input.width) + parity / 2, 2 * (i % input.width) + parity % 2);
    });
  }
  return output;
}

Map run(const TapLayer& layer, const Map& input) {
  Map output(input.height, input.width, layer.layer().rows());
  const auto from = [&](int i) { return Tap{i / input.width, i % input.width}; };
  run_at(layer, input, input.height * input.width, from,
         [&](int i) { return output.at(i / input.width, i % input.width); });
  return output;
}

}  // namespace mpq::entropy
