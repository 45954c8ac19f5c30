// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nn/binder.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace mpq::nn {
namespace {

constexpr std::size_t most_named = 10;

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string out;
  for (const std::int64_t size : shape) out += (out.empty() ? "[" : ", ") + std::to_string(size);
  return out.empty() ? "[]" : out + "]";
}

std::string listed(const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::string out = text("; ", names.size(), ' ', what, ": ");
  for (std::size_t i = 0; i < std::min(names.size(), most_named); ++i) out += (i > 0 ? ", " : "") + names[i];
  return names.size() > most_named ? out + ", ..." : out;
}

}  // namespace

at::Tensor Binder::take(const std::string& name, const std::vector<std::int64_t>& shape,
                        at::ScalarType type) {
  taken_.insert(name);
  const checkpoint::Tensor* tensor = file_.find(name);
  if (tensor != nullptr && tensor->shape == shape) return load(file_, *tensor, type, placement_.device);
  if (tensor == nullptr)
    missing_.push_back(name);
  else
    misshaped_.push_back(text(name, ' ', shape_text(tensor->shape), " instead of ", shape_text(shape)));
  return at::zeros(shape, at::dtype(type).device(placement_.device));
}

void Binder::finish(const std::vector<std::string>& ignored) const {
  std::vector<std::string> unexpected;
  for (const checkpoint::Tensor& tensor : file_.tensors()) {
    const bool known = taken_.contains(tensor.name) ||
                       std::any_of(ignored.begin(), ignored.end(), [&](const std::string& prefix) {
                         return tensor.name.starts_with(prefix);
                       });
    if (!known) unexpected.push_back(tensor.name);
  }
  if (missing_.empty() && misshaped_.empty() && unexpected.empty()) return;
  throw Error(ErrorCode::mismatch,
              text(file_.file(), " does not fit the network", listed("tensors are missing", missing_),
                   listed("have another shape", misshaped_), listed("are not expected", unexpected)),
              "Name a file that holds this network's weights and nothing else");
}

}  // namespace mpq::nn
