// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <cmath>
#include <cstring>

#include "codecs/mbt2018/entropy_model.h"
#include "core/error.h"
#include "core/text.h"
#include "entropy/table_builder.h"

namespace mpq::mbt2018 {
namespace {

std::vector<std::int32_t> integers(const checkpoint::Binding& weights, const std::string& name) {
  const checkpoint::Tensor& tensor = weights.tensor(name);
  if (tensor.dtype != checkpoint::Dtype::int32)
    throw Error(ErrorCode::corrupt_data,
                text(name, " in ", weights.checkpoint().file(), " does not hold 32-bit integers"));
  const checkpoint::Data data = weights.read(name);
  std::vector<std::int32_t> values(data.bytes.size() / sizeof(std::int32_t));
  std::memcpy(values.data(), data.bytes.data(), data.bytes.size());
  return values;
}

entropy::CdfTables stored(const checkpoint::Binding& weights, const std::string& of) {
  return {integers(weights, of + "._quantized_cdf"), integers(weights, of + "._cdf_length"),
          integers(weights, of + "._offset")};
}

std::vector<entropy::Fixed> thresholds(const std::vector<float>& scales, const std::string& file) {
  std::vector<entropy::Fixed> result;
  for (std::size_t i = 0; i + 1 < scales.size(); ++i) {
    const double fixed = std::floor(std::ldexp(static_cast<double>(scales[i]), entropy::fraction_bits));
    if (!(fixed > 0) || (i > 0 && !(scales[i] > scales[i - 1])))
      throw Error(ErrorCode::corrupt_data, text(file, " has scales that do not grow"));
    result.push_back(entropy::saturate(static_cast<std::int64_t>(std::min(fixed, 2147483647.0))));
  }
  return result;
}

/// The learned densities of z's channels, with their values.
class Bottleneck {
 public:
  Bottleneck(const checkpoint::Binding& weights, std::size_t channels) : channels_(channels) {
    for (std::size_t i = 0; i < 5; ++i) {
      matrices_[i] = weights.floats(text("entropy_bottleneck.matrices.", i));
      biases_[i] = weights.floats(text("entropy_bottleneck.biases.", i));
      if (i < 4) factors_[i] = weights.floats(text("entropy_bottleneck.factors.", i));
    }
    quantiles_ = weights.floats("entropy_bottleneck.quantiles");
  }

  entropy::CdfTables tables() const {
    std::vector<entropy::FactorizedChannel> all(channels_);
    for (std::size_t c = 0; c < channels_; ++c) {
      for (std::size_t i = 0; i < 5; ++i) {
        all[c].matrices[i] = of(matrices_[i], c);
        all[c].biases[i] = of(biases_[i], c);
        if (i < 4) all[c].factors[i] = of(factors_[i], c);
      }
      all[c].quantiles = of(quantiles_, c);
    }
    return entropy::factorized_tables(all);
  }

 private:
  std::span<const float> of(const std::vector<float>& values, std::size_t channel) const {
    const std::size_t each = values.size() / channels_;
    return std::span(values).subspan(channel * each, each);
  }

  std::size_t channels_;
  std::vector<float> matrices_[5], biases_[5], factors_[4], quantiles_;
};

}  // namespace

Tables read_tables(const Model& model) {
  const checkpoint::Binding& weights = model.weights;
  const auto channels = static_cast<std::size_t>(model.architecture.n);
  Tables tables;
  std::vector<float> scales = weights.floats("gaussian_conditional.scale_table");
  if (model.has_tables) {
    tables.hyper = stored(weights, "entropy_bottleneck");
    tables.latents = stored(weights, "gaussian_conditional");
  } else {
    if (scales.empty()) scales = entropy::default_scales();
    tables.hyper = Bottleneck(weights, channels).tables();
    tables.latents = entropy::gaussian_tables(scales);
  }
  const std::string& file = weights.checkpoint().file();
  if (scales.empty() || scales.size() != static_cast<std::size_t>(tables.latents.rows()))
    throw Error(ErrorCode::corrupt_data, text(file, " has ", scales.size(), " scales for ",
                                              tables.latents.rows(), " probability tables"));
  tables.thresholds = thresholds(scales, file);
  tables.scales = std::move(scales);
  const std::vector<float> quantiles = weights.floats("entropy_bottleneck.quantiles");
  for (std::size_t i = 1; i < quantiles.size(); i += 3)
    tables.medians.push_back(entropy::to_fixed(static_cast<double>(quantiles[i])));
  return tables;
}

}  // namespace mpq::mbt2018
