// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/mbt2018/model_file.h"

#include <cmath>

#include "checkpoint/safetensors_writer.h"
#include "core/text.h"

namespace mpq::train::mbt2018 {
namespace {

constexpr double tail = 1e-9;
/// From the median: what lies further away is coded as an escape, which a tail so long hardly needs.
constexpr double longest_tail = 1000;

std::vector<float> floats(const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kCPU, at::kFloat).contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

class Writer {
 public:
  void add(const std::string& name, const std::vector<std::int64_t>& shape, std::vector<float> values) {
    sources_.push_back({{name, checkpoint::Dtype::float32, shape},
                        [kept = std::move(values)] { return checkpoint::view(kept); }});
  }
  void add_empty(const std::string& name) {
    sources_.push_back({{name, checkpoint::Dtype::int32, {0}}, [] { return checkpoint::Data{}; }});
  }
  void write(const std::filesystem::path& file, const std::map<std::string, std::string>& metadata) const {
    checkpoint::write_safetensors(file, sources_, metadata);
  }

 private:
  std::vector<checkpoint::TensorSource> sources_;
};

/// [N, 1, 3]
std::vector<float> quantiles(const Network& network, const at::Tensor& weights) {
  const double logit = std::log(2 / tail - 1);
  const at::Tensor median = network.density().quantiles(weights, 0);
  const at::Tensor low = network.density().quantiles(weights, -logit).maximum(median - longest_tail);
  const at::Tensor high = network.density().quantiles(weights, logit).minimum(median + longest_tail);
  return floats(at::stack({low, median, high}, 1));
}

/// Values of a layer beside the latents times the level's gains, of others as they are.
at::Tensor fold(const Network& network, const at::Tensor& weights, double level, const std::string& name,
                const at::Tensor& values) {
  const auto gain = [&](const char* which) {
    const at::Tensor logs = network.parameters().part(weights, which);
    return Network::interpolate(logs, at::full({1}, level, logs.options())).view({-1, 1, 1, 1});
  };
  if (name == "g_a.6.weight" || name == "g_a.linear.weight" || name == "g_a.out.weight")
    return values * gain("log_gain");
  if (name == "g_a.6.bias" || name == "g_a.out.bias") return values * gain("log_gain").view({-1});
  if (name == "g_s.0.weight" || name == "g_s.linear.weight") return values * gain("log_inverse_gain");
  if (name == "g_s.in.weight") return values * gain("log_inverse_gain").view({1, -1, 1, 1});
  return values;
}

}  // namespace

void write_model(const std::filesystem::path& file, const Network& network, const at::Tensor& weights,
                 std::optional<double> level, const std::map<std::string, std::string>& metadata) {
  const c10::NoGradGuard guard;
  const bool folded = level && network.levels() > 1;
  Writer writer;
  for (const auto& [name, shape] : network.parameters().shapes()) {
    at::Tensor values = network.parameters().part(weights, name);
    if (network.architecture().nano) values = values * unit(name);
    if (folded) values = fold(network, weights, *level, name, values);
    if (name == "log_gain" || name == "log_inverse_gain") {
      if (!folded) writer.add(name.substr(4), shape, floats(values.exp()));
    } else if (name == "entropy_bottleneck.medians") {
      writer.add("entropy_bottleneck.quantiles", {shape[0], 1, 3}, quantiles(network, weights));
    } else {
      writer.add(name, shape, floats(values));
    }
    if (name.ends_with(".beta") || name.ends_with(".gamma")) {
      const double least = name.ends_with(".beta") ? least_beta : least_gamma;
      writer.add(name + "_reparam.pedestal", {1}, {static_cast<float>(pedestal)});
      writer.add(name + "_reparam.lower_bound.bound", {1}, {static_cast<float>(root_bound(least))});
    }
  }
  writer.add_empty("gaussian_conditional.scale_table");
  for (const char* of : {"entropy_bottleneck.", "gaussian_conditional."})
    for (const char* table : {"_quantized_cdf", "_cdf_length", "_offset"}) writer.add_empty(text(of, table));
  writer.write(file, metadata);
}

}  // namespace mpq::train::mbt2018
