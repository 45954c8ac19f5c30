// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <cmath>
#include <cstring>

#include "codecs/mbt2018/entropy_model.h"
#include "core/error.h"
#include "core/text.h"

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

std::vector<entropy::Fixed> thresholds(const checkpoint::Binding& weights, int rows) {
  const std::vector<float> scales = weights.floats("gaussian_conditional.scale_table");
  if (scales.size() != static_cast<std::size_t>(rows) || rows < 1)
    throw Error(ErrorCode::corrupt_data, text(weights.checkpoint().file(), " has ", scales.size(),
                                              " scales for ", rows, " probability tables"));
  std::vector<entropy::Fixed> result;
  for (std::size_t i = 0; i + 1 < scales.size(); ++i) {
    const double fixed = std::floor(std::ldexp(static_cast<double>(scales[i]), entropy::fraction_bits));
    if (!(fixed > 0) || (i > 0 && !(scales[i] > scales[i - 1])))
      throw Error(ErrorCode::corrupt_data, text(weights.checkpoint().file(), " has scales that do not grow"));
    result.push_back(entropy::saturate(static_cast<std::int64_t>(std::min(fixed, 2147483647.0))));
  }
  return result;
}

}  // namespace

Tables read_tables(const Model& model) {
  if (!model.has_tables)
    throw Error(ErrorCode::unsupported,
                text(model.weights.checkpoint().file(), " was saved without its probability tables"),
                "Call update() on the model before saving it");
  Tables tables;
  tables.hyper = stored(model.weights, "entropy_bottleneck");
  tables.latents = stored(model.weights, "gaussian_conditional");
  tables.thresholds = thresholds(model.weights, tables.latents.rows());
  const std::vector<float> quantiles = model.weights.floats("entropy_bottleneck.quantiles");
  for (std::size_t i = 1; i < quantiles.size(); i += 3)
    tables.medians.push_back(entropy::to_fixed(static_cast<double>(quantiles[i])));
  return tables;
}

}  // namespace mpq::mbt2018
