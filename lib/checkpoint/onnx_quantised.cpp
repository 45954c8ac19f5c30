// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/onnx_quantised.h"

#include <unordered_map>

#include "checkpoint/layout.h"
#include "checkpoint/limits.h"

namespace mpq::checkpoint {
namespace {

constexpr std::string_view quantised_suffix = "_quantized";
using Index = std::unordered_map<std::string, std::size_t>;

std::string stem_of(const std::string& name) {
  return name.ends_with(quantised_suffix) ? name.substr(0, name.size() - quantised_suffix.size()) : "";
}

std::string result_name(const std::string& name) {
  const std::string stem = stem_of(name);
  return stem.empty() ? name + "_dequantized" : stem;
}

bool is_quantised(Dtype dtype) {
  return dtype == Dtype::int8 || dtype == Dtype::uint8 || dtype == Dtype::int32;
}

struct Quantised {
  Array values, scale, zero_point;  // the latter without `load` where there is none
  std::size_t inner = 1;            // values in a row that have one scale
};

std::vector<float> floats(const Array& array) {
  return to_float32(array.load().bytes, array.tensor.dtype);
}

Data dequantise(const Quantised& quantised) {
  const std::vector<float> scale = floats(quantised.scale);
  const std::vector<float> zero =
      quantised.zero_point.load ? floats(quantised.zero_point) : std::vector<float>{};
  const std::vector<float> values = floats(quantised.values);
  std::vector<std::uint8_t> bytes(values.size() * sizeof(float));
  auto* const out = reinterpret_cast<float*>(bytes.data());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t channel = i / quantised.inner;
    const float offset = zero.empty() ? 0.0F : zero[channel % zero.size()];
    out[i] = (values[i] - offset) * scale[channel % scale.size()];
  }
  return owned(std::move(bytes));
}

// Whether there is one scale for all values or one a channel; then how many values in a row share it.
bool find_inner(Quantised& quantised, std::int64_t axis) {
  const auto& shape = quantised.values.tensor.shape;
  const std::int64_t scales = quantised.scale.tensor.elements();
  const auto rank = static_cast<std::int64_t>(shape.size());
  const std::int64_t zeros = quantised.zero_point.load ? quantised.zero_point.tensor.elements() : 1;
  if (scales < 1 || (zeros != scales && zeros != 1)) return false;
  if (scales == 1 && zeros == 1) return true;
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank || shape[static_cast<std::size_t>(axis)] != scales) return false;
  for (auto d = static_cast<std::size_t>(axis) + 1; d < shape.size(); ++d)
    quantised.inner *= static_cast<std::size_t>(shape[d]);
  return quantised.inner > 0;
}

const Array* look_up(const Contents& contents, const Index& index, const std::string& name) {
  const auto found = index.find(name);
  return found == index.end() ? nullptr : &contents.arrays[found->second];
}

void add_one(Contents& contents, Index& index, const std::string& name, const QuantisedUse& use) {
  const Array* const values = look_up(contents, index, name);
  const Array* const scale = look_up(contents, index, use.scale);
  const Array* const zero = look_up(contents, index, use.zero_point);
  const std::string result = result_name(name);
  if (values == nullptr || scale == nullptr || index.contains(result)) return;
  if (!is_quantised(values->tensor.dtype) || (zero == nullptr && !use.zero_point.empty())) return;
  if (scale->tensor.dtype != Dtype::float32 && scale->tensor.dtype != Dtype::float16) return;
  Quantised quantised{*values, *scale, zero == nullptr ? Array{} : *zero};
  if (!find_inner(quantised, use.axis)) return;
  Tensor tensor{result, Dtype::float32, values->tensor.shape};
  index.emplace(result, contents.arrays.size());
  contents.add({std::move(tensor), [quantised = std::move(quantised)] { return dequantise(quantised); }});
}

}  // namespace

void note_use(QuantisedUses& uses, std::string_view op_type, const std::vector<std::string>& inputs,
              std::int64_t axis) {
  if (uses.size() >= limits::tensors) return;  // there are no more to use
  if (op_type == "DequantizeLinear" && inputs.size() >= 2) {
    uses[inputs[0]] = {inputs[1], inputs.size() > 2 ? inputs[2] : "", axis};
    return;
  }
  const bool product = op_type == "MatMulInteger", convolution = op_type == "ConvInteger";
  if ((!product && !convolution) || inputs.size() < 2) return;
  const std::string stem = stem_of(inputs[1]);
  if (!stem.empty())
    uses[inputs[1]] = {stem + "_scale", inputs.size() > 3 ? inputs[3] : "", product ? -1 : 0};
}

void add_dequantised(Contents& contents, const QuantisedUses& uses) {
  Index index;
  for (std::size_t i = 0; i < contents.arrays.size(); ++i) index.emplace(contents.arrays[i].tensor.name, i);
  const std::size_t count = contents.arrays.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = contents.arrays[i].tensor.name, stem = stem_of(name);
    const auto use = uses.find(name);
    if (use != uses.end())
      add_one(contents, index, name, use->second);
    else if (!stem.empty())
      add_one(contents, index, name,
              {stem + "_scale", index.contains(stem + "_zero_point") ? stem + "_zero_point" : "", -1});
  }
}

}  // namespace mpq::checkpoint
