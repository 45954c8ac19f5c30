// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/mbt2018/residual.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "core/text.h"
#include "train/functions.h"
#include "train/random.h"

namespace mpq::train::mbt2018 {
namespace {

constexpr std::int64_t patch = 8, block = 16;
constexpr double slope = 0.1;
/// Gains of first weights: of a block's second layer, and of layers that end a network.
constexpr double quiet = 0.2, silent = 1e-3;

/// A cosine of a block: its color (0: the mean of red, green and blue, 1 and 2: differences) and frequencies.
struct Cosine {
  std::int64_t color, v, u;
};

/// A natural picture's energy there, but for a factor.
double energy(const Cosine& cosine) {
  constexpr std::array<double, 3> colors{1, 0.1, 0.05};
  return colors[static_cast<std::size_t>(cosine.color)] /
         (0.3 + static_cast<double>(cosine.v * cosine.v + cosine.u * cosine.u));
}

/// Of a block of size x size, the strongest first.
std::vector<Cosine> cosines(std::int64_t size) {
  std::vector<Cosine> all;
  for (std::int64_t color = 0; color < 3; ++color)
    for (std::int64_t v = 0; v < size; ++v)
      for (std::int64_t u = 0; u < size; ++u) all.push_back({color, v, u});
  std::ranges::stable_sort(all, std::ranges::greater(), energy);
  return all;
}

/// [frequencies, places], orthonormal.
at::Tensor cosine_transform(std::int64_t size) {
  const at::Tensor k = at::arange(size, at::kDouble).view({-1, 1}), i = at::arange(size, at::kDouble);
  at::Tensor all = at::cos((i + 0.5) * k * (std::numbers::pi / static_cast<double>(size))) *
                   std::sqrt(2.0 / static_cast<double>(size));
  all.select(0, 0).mul_(std::sqrt(0.5));
  return all;
}

/// [cosines, 3, size, size], orthonormal.
at::Tensor basis(const std::vector<Cosine>& all, std::int64_t size) {
  const at::Tensor lines = cosine_transform(size);
  at::Tensor colors = at::tensor({1.0, 1.0, 1.0, 1.0, 0.0, -1.0, 1.0, -2.0, 1.0}, at::kDouble).view({3, 3});
  colors = colors / colors.norm(2, 1, true);
  std::vector<at::Tensor> rows;
  for (const Cosine& c : all)
    rows.push_back(colors[c.color].view({3, 1, 1}) * lines[c.v].view({-1, 1}) * lines[c.u]);
  return at::stack(rows);
}

/// 1 / the deviation of each, [cosines].
at::Tensor whitening(const std::vector<Cosine>& all) {
  std::vector<double> factors;
  for (const Cosine& c : all) factors.push_back(1 / std::sqrt(energy(c)));
  return at::tensor(factors, at::kDouble);
}

/// [batch, size size C, h / size, w / size], channels-last: pixel by pixel of the square, row by row.
at::Tensor gather(const at::Tensor& x, std::int64_t size) {
  const std::int64_t h = x.size(2) / size, w = x.size(3) / size, channels = x.size(1);
  return x.permute({0, 2, 3, 1})
      .reshape({x.size(0), h, size, w, size, channels})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({x.size(0), h, w, size * size * channels})
      .permute({0, 3, 1, 2});
}

at::Tensor scatter(const at::Tensor& x, std::int64_t size) {
  const std::int64_t h = x.size(2), w = x.size(3), channels = x.size(1) / (size * size);
  return x.permute({0, 2, 3, 1})
      .reshape({x.size(0), h, w, size, size, channels})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({x.size(0), h * size, w * size, channels})
      .permute({0, 3, 1, 2});
}

at::Tensor activated(const at::Tensor& x) {
  return at::leaky_relu(x, slope);
}

bool is_transposed(const std::string& layer) {
  return layer == "g_s.linear" || layer == "g_s.patch" || layer == "g_s.up";
}

}  // namespace

std::vector<NamedShape> residual_shapes(const mpq::mbt2018::Architecture& architecture) {
  const mpq::mbt2018::Nano& r = architecture.nano.value();
  const std::int64_t m = architecture.m;
  std::vector<NamedShape> all;
  const auto add = [&](const std::string& name, std::int64_t rows, std::int64_t columns, std::int64_t kernel,
                       std::int64_t biases) {
    all.push_back({name + ".weight", {rows, columns, kernel, kernel}});
    if (biases > 0) all.push_back({name + ".bias", {biases}});
  };
  const auto blocks = [&](const std::string& name, int count, std::int64_t channels) {
    for (int i = 0; i < count; ++i) {
      add(text(name, '.', i, ".gate"), 2 * channels, channels, 3, 2 * channels);
      add(text(name, '.', i, ".mix"), channels, channels, 1, channels);
    }
  };
  for (const std::string side : {"g_a.", "g_s."}) {
    add(side + "linear", m, 3, block, 0);
    add(side + "patch", r.wide, 3, patch, side == "g_a." ? r.wide : 3);
    blocks(side + "wide", r.wide_blocks, r.wide);
    blocks(side + "deep", r.deep_blocks, r.deep);
  }
  add("g_a.down", r.deep, r.wide, 2, r.deep);
  add("g_a.out", m, r.deep, 1, m);
  add("g_s.in", r.deep, m, 1, r.deep);
  add("g_s.up", r.deep, r.wide, 2, r.wide);
  return all;
}

double unit(const std::string& parameter) {
  static const std::map<std::string, double> units{{"g_a.linear", 0.1}, {"g_s.linear", 0.1},
                                                   {"g_a.out", 0.1},    {"g_s.in", 10},
                                                   {"g_a.patch", 2},    {"g_s.patch", 0.2}};
  const std::string layer = parameter.substr(0, parameter.rfind('.'));
  const auto found = units.find(layer);
  return found == units.end() ? 1 : found->second;
}

ResidualTransforms::ResidualTransforms(const Parameters& parameters, const mpq::mbt2018::Nano& residual,
                                       at::ScalarType wide)
    : parameters_(parameters), residual_(residual), wide_(wide) {}

void ResidualTransforms::initialise(Generator& generator) const {
  const auto set = [&](const std::string& name, const at::Tensor& weights) {
    parameters_.part(parameters_.values(), name).copy_(weights / unit(name));
  };
  for (const auto& [name, shape] : parameters_.shapes()) {
    if (!name.starts_with("g_") || shape.size() != 4) continue;
    const std::string layer = name.substr(0, name.rfind('.'));
    if (layer == "g_a.linear" || layer == "g_s.linear") continue;
    const std::int64_t inputs = is_transposed(layer) ? shape[0] : shape[1] * shape[2] * shape[3];
    const bool second = layer.ends_with(".mix");
    double gain = 1 / std::sqrt(static_cast<double>(inputs));
    gain *= layer == "g_a.out" || layer == "g_s.patch" ? silent : second ? quiet : 1;
    set(name, normal(shape, gain, generator));
  }
  std::vector<Cosine> some = cosines(block);
  some.resize(static_cast<std::size_t>(parameters_["g_a.linear.weight"].size(0)));
  for (const char* name : {"g_a.linear.weight", "g_s.linear.weight"}) set(name, basis(some, block));
  // Networks see the cosines of a block at about the same strength.
  const std::vector<Cosine> all = cosines(patch);
  const at::Tensor white = basis(all, patch) * whitening(all).view({-1, 1, 1, 1});
  const auto count = static_cast<std::int64_t>(all.size());
  const at::Tensor mix =
      normal({residual_.wide, count}, 4 / std::sqrt(static_cast<double>(count)), generator);
  set("g_a.patch.weight", at::mm(mix.to(at::kDouble), white.view({count, -1})).view({-1, 3, patch, patch}));
  const at::Tensor in = parameters_.part(parameters_.values(), "g_s.in.weight");
  in.mul_((whitening(some) * 2).view({1, -1, 1, 1}).to(in.device()));
}

/// [out, in] for gather() and scatter().
at::Tensor ResidualTransforms::matrix(const std::string& name) const {
  const at::Tensor& weight = parameters_[name + ".weight"];
  const at::Tensor all = is_transposed(name) ? weight.permute({2, 3, 1, 0}).reshape({-1, weight.size(0)})
                                             : weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1});
  return all * unit(name + ".weight");
}

at::Tensor ResidualTransforms::layer(const std::string& name, const at::Tensor& x,
                                     std::int64_t bias_repeats) const {
  const auto type = x.scalar_type();
  const at::Tensor bias = (parameters_[name + ".bias"] * unit(name + ".bias")).repeat({bias_repeats});
  return at::linear(x.permute({0, 2, 3, 1}), matrix(name).to(type), bias.to(type)).permute({0, 3, 1, 2});
}

at::Tensor ResidualTransforms::blocks(const std::string& name, int count, at::Tensor x) const {
  const std::int64_t channels = x.size(1);
  for (int i = 0; i < count; ++i) {
    const std::string gate = text(name, '.', i, ".gate");
    const at::Tensor both = convolution(x, parameters_[gate + ".weight"], parameters_[gate + ".bias"], 1);
    x = x + layer(text(name, '.', i, ".mix"),
                  both.narrow(1, 0, channels) * at::sigmoid(both.narrow(1, channels, channels)));
  }
  return x;
}

at::Tensor ResidualTransforms::analysis(const at::Tensor& x) const {
  const at::Tensor centred = x - 0.5;
  const at::Tensor linear =
      at::linear(gather(centred, block).permute({0, 2, 3, 1}), matrix("g_a.linear")).permute({0, 3, 1, 2});
  at::Tensor more = activated(layer("g_a.patch", gather(centred, patch).to(wide_)));
  more = blocks("g_a.wide", residual_.wide_blocks, more);
  more = activated(layer("g_a.down", gather(more, 2)));
  more = blocks("g_a.deep", residual_.deep_blocks, more);
  return linear + layer("g_a.out", more.to(x.scalar_type()));
}

at::Tensor ResidualTransforms::synthesis(const at::Tensor& y) const {
  const at::Tensor linear = at::linear(y.permute({0, 2, 3, 1}), matrix("g_s.linear")).permute({0, 3, 1, 2});
  at::Tensor more = activated(layer("g_s.in", y.to(wide_)));
  more = blocks("g_s.deep", residual_.deep_blocks, more);
  more = activated(scatter(layer("g_s.up", more, 4), 2));
  more = blocks("g_s.wide", residual_.wide_blocks, more);
  more = scatter(layer("g_s.patch", more, patch * patch), patch).to(y.scalar_type());
  return scatter(linear, block) + more + 0.5;
}

}  // namespace mpq::train::mbt2018
