// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/mbt2018/model_file.h"

#include <cmath>

#include "checkpoint/half.h"
#include "checkpoint/layout.h"
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

/// Whether rounding changes them by less than a thousandth, altogether.
bool fits_float16(const std::vector<float>& values) {
  double error = 0, all = 0;
  for (const float value : values) {
    const double difference = double{checkpoint::from_float16(checkpoint::to_float16(value))} - value;
    error += difference * difference;
    all += double{value} * value;
  }
  return error <= 1e-6 * all;  // and not where a value is beyond the range
}

class Writer {
 public:
  explicit Writer(bool float16) : float16_(float16) {}

  void add(const std::string& name, const std::vector<std::int64_t>& shape, std::vector<float> values) {
    if (float16_ && shape.size() == 4 && fits_float16(values)) {
      sources_.push_back({{name, checkpoint::Dtype::float16, shape}, [kept = std::move(values)] {
                            return checkpoint::owned(checkpoint::to_type(checkpoint::view(kept).bytes,
                                                                         checkpoint::Dtype::float32,
                                                                         checkpoint::Dtype::float16));
                          }});
      return;
    }
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
  bool float16_;
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

/// Of the context model's weights those that it uses; zeros elsewhere.
at::Tensor masked(const at::Tensor& values) {
  at::Tensor kept = values.clone();
  kept.narrow(2, 3, 2).zero_();
  kept.narrow(2, 2, 1).narrow(3, 2, 3).zero_();
  return kept;
}

}  // namespace

void write_model(const std::filesystem::path& file, const Network& network, const at::Tensor& weights,
                 const ModelForm& form, const std::map<std::string, std::string>& metadata) {
  const c10::NoGradGuard guard;
  const bool folded = form.level && network.levels() > 1;
  Writer writer(form.float16);
  for (const auto& [name, shape] : network.parameters().shapes()) {
    at::Tensor values = network.parameters().part(weights, name);
    if (network.architecture().nano) values = values * unit(name);
    if (folded) values = fold(network, weights, *form.level, name, values);
    if (name == "context_prediction.weight") values = masked(values);
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
