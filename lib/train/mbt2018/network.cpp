// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/mbt2018/network.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "train/functions.h"
#include "train/random.h"

namespace mpq::train::mbt2018 {
namespace {

const std::string bottleneck = "entropy_bottleneck.";

void check(const Architecture& architecture, int levels) {
  constexpr int most_channels = 1024, most_levels = 64;
  if (architecture.variant == Variant::hyperprior)
    throw Error(ErrorCode::invalid_argument, "bmshj2018-hyperprior cannot be trained",
                "Train mbt2018 or mbt2018-mean.");
  if (architecture.n < 1 || architecture.m < 1 || architecture.n > most_channels ||
      architecture.m > most_channels)
    throw Error(ErrorCode::invalid_argument,
                text("a network cannot have N = ", architecture.n, " and M = ", architecture.m),
                text("Use 1 to ", most_channels, " channels."));
  if (const auto& nano = architecture.nano) {
    for (const int channels : {nano->wide, nano->deep, nano->hyper, nano->context, nano->parameters})
      if (channels < 1 || channels > most_channels)
        throw Error(ErrorCode::invalid_argument, text("a layer cannot have ", channels, " channels"),
                    text("Use 1 to ", most_channels, '.'));
    if (std::min(nano->wide_blocks, nano->deep_blocks) < 0 ||
        std::max(nano->wide_blocks, nano->deep_blocks) > most_levels)
      throw Error(ErrorCode::invalid_argument, "a network cannot have so many blocks",
                  text("Use 0 to ", most_levels, '.'));
    if (architecture.variant != Variant::mbt2018)
      throw Error(ErrorCode::invalid_argument, "mbt2018-nano has a context model", "Train mbt2018-nano.");
  }
  if (levels < 1 || levels > most_levels)
    throw Error(ErrorCode::invalid_argument, text("a model cannot have ", levels, " levels"),
                text("Use 1 to ", most_levels, "."));
}

bool is_upsampling(const std::string& name) {
  return name.starts_with("g_s.") || name.starts_with("h_s.0") || name.starts_with("h_s.2");
}

}  // namespace

std::vector<NamedShape> parameter_shapes(const Architecture& architecture, int levels) {
  check(architecture, levels);
  const std::int64_t n = architecture.n, m = architecture.m;
  std::vector<NamedShape> all = Density::shapes(bottleneck, n);
  const auto add = [&](const std::string& name, std::int64_t in, std::int64_t out, std::int64_t kernel) {
    const bool up = is_upsampling(name);
    all.push_back({name + ".weight", {up ? in : out, up ? out : in, kernel, kernel}});
    all.push_back({name + ".bias", {out}});
  };
  if (architecture.nano) {
    for (NamedShape& shape : residual_shapes(architecture)) all.push_back(std::move(shape));
  } else {
    for (const std::string side : {"g_a.", "g_s."}) {
      const bool analysis = side == "g_a.";
      for (int i = 0; i < 4; ++i)
        add(text(side, 2 * i), i > 0 ? n : analysis ? 3 : m, i < 3 ? n : analysis ? m : 3, 5);
      for (const int i : {1, 3, 5}) {
        all.push_back({text(side, i, ".beta"), {n}});
        all.push_back({text(side, i, ".gamma"), {n, n}});
      }
    }
  }
  // The channels that h_s, the context model and its first two layers give.
  const auto& nano = architecture.nano;
  const std::int64_t hyper0 = nano ? nano->hyper : m, hyper1 = nano ? nano->hyper : m * 3 / 2,
                     hyper2 = nano ? nano->hyper : 2 * m, context = nano ? nano->context : 2 * m,
                     parameters0 = nano ? nano->parameters : m * 10 / 3,
                     parameters1 = nano ? nano->parameters : m * 8 / 3;
  add("h_a.0", m, n, 3);
  add("h_a.2", n, n, 5);
  add("h_a.4", n, n, 5);
  add("h_s.0", n, hyper0, 5);
  add("h_s.2", hyper0, hyper1, 5);
  add("h_s.4", hyper1, hyper2, 3);
  if (architecture.variant == Variant::mbt2018) {
    add("context_prediction", m, context, 5);
    add("entropy_parameters.0", hyper2 + context, parameters0, 1);
    add("entropy_parameters.2", parameters0, parameters1, 1);
    add("entropy_parameters.4", parameters1, 2 * m, 1);
  }
  all.push_back({bottleneck + "medians", {n}});
  if (levels > 1)
    for (const char* gain : {"log_gain", "log_inverse_gain"}) all.push_back({gain, {levels, m}});
  return all;
}

double root_bound(double least) {
  return std::sqrt(least + pedestal);
}

Network::Network(const Architecture& architecture, int levels, at::ScalarType wide,
                 const at::TensorOptions& options)
    : architecture_(architecture),
      levels_(levels),
      wide_(wide),
      parameters_(parameter_shapes(architecture, levels), options),
      density_(parameters_, bottleneck),
      type_(options.dtype().toScalarType()) {
  if (architecture.nano) residual_.emplace(parameters_, *architecture.nano, wide);
}

at::Tensor Network::medians() const {
  return parameters_.part(parameters_.values(), bottleneck + "medians").view({1, -1, 1, 1});
}

void Network::update_medians() {
  medians().view({-1}).copy_(density_.quantiles(parameters_.values(), 0));
}

void Network::initialise(std::uint64_t seed, const std::vector<double>& lambdas) {
  const c10::NoGradGuard guard;
  Generator generator(seed, Purpose::weights, 0);
  parameters_.values().zero_();
  for (const auto& [name, shape] : parameters_.shapes()) {
    const at::Tensor values = parameters_.part(parameters_.values(), name);
    if (shape.size() == 4) {
      // A quarter of an upsampling's weights meets each output.
      const std::int64_t inputs = is_upsampling(name) ? shape[0] * 25 / 4 : shape[1] * shape[2] * shape[3];
      values.copy_(normal(shape, 1 / std::sqrt(static_cast<double>(inputs)), generator));
    } else if (name.ends_with(".beta")) {
      values.fill_(std::sqrt(1 + pedestal));
    } else if (name.ends_with(".gamma")) {
      values.fill_(std::sqrt(pedestal)).fill_diagonal_(std::sqrt(0.1 + pedestal));
    }
  }
  if (residual_)
    residual_->initialise(generator);
  else
    parameters_.part(parameters_.values(), "g_s.6.bias").fill_(0.5);  // between black and white
  density_.initialise(generator);
  update_medians();
  if (levels_ == 1) return;
  // The step of a uniform quantiser whose distortion d, step^2 / 12, and rate have the slope 1 / lambda; the
  // latents of published transforms begin with any scale.
  double mean = 2 * std::log(2.94 / 255);
  if (!residual_) {
    mean = 0;
    for (const double lambda : lambdas) mean += std::log(lambda) / static_cast<double>(lambdas.size());
  }
  for (std::size_t i = 0; i < lambdas.size(); ++i) {
    const double gain = 0.5 * (std::log(lambdas[i]) - mean);
    const auto row = static_cast<std::int64_t>(i);
    parameters_.part(parameters_.values(), "log_gain").select(0, row).fill_(gain);
    parameters_.part(parameters_.values(), "log_inverse_gain").select(0, row).fill_(-gain);
  }
}

at::Tensor Network::layer(const std::string& name, const at::Tensor& x, std::int64_t stride) const {
  return convolution(x, parameters_[name + ".weight"], parameters_[name + ".bias"], stride);
}

at::Tensor Network::doubled(const std::string& name, const at::Tensor& x) const {
  return upsampling(x, parameters_[name + ".weight"], parameters_[name + ".bias"]);
}

at::Tensor Network::normalised(const std::string& name, const at::Tensor& x, bool inverse) const {
  const auto value = [&](const char* which, double least) {
    return lower_bound(parameters_[name + which], root_bound(least)).square() - pedestal;
  };
  return normalisation(x, value(".beta", least_beta), value(".gamma", least_gamma), inverse);
}

at::Tensor Network::analysis(const at::Tensor& x) const {
  if (residual_) return residual_->analysis(x);
  at::Tensor y = x.to(wide_);
  for (int i = 0; i < 3; ++i)
    y = normalised(text("g_a.", 2 * i + 1), layer(text("g_a.", 2 * i), y, 2), false);
  return layer("g_a.6", y.to(type_), 2);
}

at::Tensor Network::hyper_analysis(const at::Tensor& y) const {
  const at::Tensor first = at::leaky_relu(layer("h_a.0", y.to(wide_), 1));
  return layer("h_a.4", at::leaky_relu(layer("h_a.2", first, 2)).to(type_), 2);
}

at::Tensor Network::hyper_synthesis(const at::Tensor& z) const {
  const at::Tensor first = at::leaky_relu(doubled("h_s.0", z.to(wide_)));
  const at::Tensor second = at::leaky_relu(doubled("h_s.2", first));
  // What goes into a context model is not yet the means and scales.
  return layer("h_s.4", architecture_.variant == Variant::mbt2018 ? second : second.to(type_), 1);
}

/// Of the 5x5 weights only those that see latents before are used: two rows above, and two to the left.
at::Tensor Network::context(const at::Tensor& latents) const {
  const at::Tensor x = latents.to(wide_);
  const at::Tensor weight = parameters_["context_prediction.weight"].to(wide_);
  const auto part = [&](const at::Tensor& of, at::IntArrayRef padding, const at::Tensor& bias) {
    return at::conv2d(at::constant_pad_nd(x, padding), of.contiguous(at::MemoryFormat::ChannelsLast), bias);
  };
  return part(weight.narrow(2, 0, 2), {2, 2, 2, -1}, {}) +
         part(weight.narrow(2, 2, 1).narrow(3, 0, 2), {2, -1},
              parameters_["context_prediction.bias"].to(wide_));
}

Network::Normal Network::entropy_parameters(const at::Tensor& hyper, const at::Tensor& latents) const {
  at::Tensor both = hyper;
  if (architecture_.variant == Variant::mbt2018) {
    both = at::cat({hyper, context(latents)}, 1);
    for (int i = 0; i < 3; ++i) {
      both = layer(text("entropy_parameters.", 2 * i), i < 2 ? both : both.to(type_), 1);
      if (i < 2) both = at::leaky_relu(both);
    }
  }
  const std::int64_t m = architecture_.m;
  return {.means = both.narrow(1, m, m), .scales = both.narrow(1, 0, m)};
}

at::Tensor Network::synthesis(const at::Tensor& y) const {
  if (residual_) return residual_->synthesis(y);
  at::Tensor x = normalised("g_s.1", doubled("g_s.0", y), true).to(wide_);
  for (int i = 1; i < 3; ++i) x = normalised(text("g_s.", 2 * i + 1), doubled(text("g_s.", 2 * i), x), true);
  return narrow_upsampling(x, parameters_["g_s.6.weight"], parameters_["g_s.6.bias"]).to(type_);
}

at::Tensor Network::interpolate(const at::Tensor& logs, const at::Tensor& level) {
  const at::Tensor position = level.clamp(0, logs.size(0) - 1);
  const at::Tensor below = position.floor().clamp_max(logs.size(0) - 2);
  const at::Tensor rows = below.to(at::kLong), share = (position - below).unsqueeze(1);
  return at::lerp(logs.index_select(0, rows), logs.index_select(0, rows + 1), share)
      .exp()
      .unsqueeze(2)
      .unsqueeze(3);
}

}  // namespace mpq::train::mbt2018
