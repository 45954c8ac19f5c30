// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/parameters.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/error.h"

namespace mpq::train {

namespace {

std::int64_t elements(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

}  // namespace

Parameters::Parameters(std::vector<NamedShape> shapes, const at::TensorOptions& options)
    : shapes_(std::move(shapes)) {
  std::sort(shapes_.begin(), shapes_.end());
  std::int64_t total = 0;
  for (const auto& [name, shape] : shapes_) {
    begins_.push_back(total);
    total += elements(shape);
  }
  values_ = at::zeros({total}, options);
  gradients_ = at::zeros_like(values_);
  for (const auto& [name, shape] : shapes_) {
    at::Tensor leaf = part(values_, name).detach().set_requires_grad(true);
    leaf.mutable_grad() = part(gradients_, name);
    leaves_.push_back(std::move(leaf));
  }
}

std::size_t Parameters::index(const std::string& name) const {
  const auto found = std::lower_bound(shapes_.begin(), shapes_.end(), name,
                                      [](const NamedShape& a, const std::string& b) { return a.first < b; });
  if (found == shapes_.end() || found->first != name)
    throw Error(ErrorCode::internal, "the network has no parameter " + name);
  return static_cast<std::size_t>(found - shapes_.begin());
}

const at::Tensor& Parameters::operator[](const std::string& name) const {
  return leaves_[index(name)];
}

at::Tensor Parameters::part(const at::Tensor& all, const std::string& name) const {
  const std::size_t i = index(name);
  const auto& shape = shapes_[i].second;
  return all.narrow(0, begins_[i], elements(shape)).view(shape);
}

}  // namespace mpq::train
