// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The weights of a network in training, by name.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "nn/torch.h"

namespace mpq::train {

using NamedShape = std::pair<std::string, std::vector<std::int64_t>>;

/// Weights that lie one after the other in one tensor, so that an optimiser works on all of them at once, and
/// as many gradients. Not thread-safe.
class Parameters {
 public:
  /// All zeros; `options`: float32, or float64 for checks of gradients, and the device.
  explicit Parameters(std::vector<NamedShape> shapes, const at::TensorOptions& options = at::kFloat);

  const std::vector<NamedShape>& shapes() const noexcept { return shapes_; }
  /// A part of values() with its shape, a leaf with gradient. Throws Error(internal) for an unknown name.
  const at::Tensor& operator[](const std::string& name) const;

  const at::Tensor& values() const noexcept { return values_; }        ///< [all], without gradient
  const at::Tensor& gradients() const noexcept { return gradients_; }  ///< [all], what backward() added

  /// The part of a tensor like values() that is `name`'s, in its shape; the memory is shared.
  at::Tensor part(const at::Tensor& all, const std::string& name) const;

 private:
  std::size_t index(const std::string& name) const;

  std::vector<NamedShape> shapes_;
  at::Tensor values_, gradients_;
  std::vector<std::int64_t> begins_;
  std::vector<at::Tensor> leaves_;
};

}  // namespace mpq::train
