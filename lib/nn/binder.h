// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Binds a checkpoint's tensors to a network: strictly, and with all that is wrong said at once.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "nn/weights.h"

namespace mpq::nn {

class Binder {
 public:
  /// Both must live as long as the binder.
  Binder(const checkpoint::Checkpoint& file, const Placement& placement)
      : file_(file), placement_(placement) {}

  /// The tensor of this name on the placement's device. Where it is missing or has another shape, zeros of
  /// `shape`; finish() tells.
  at::Tensor take(const std::string& name, const std::vector<std::int64_t>& shape, at::ScalarType type);

  /// Throws Error(mismatch) that lists what was missing, mis-shaped, or in the file but never taken, unless
  /// its name begins with one of `ignored`.
  void finish(const std::vector<std::string>& ignored) const;

 private:
  const checkpoint::Checkpoint& file_;
  const Placement& placement_;
  std::set<std::string> taken_;
  std::vector<std::string> missing_, misshaped_;
};

}  // namespace mpq::nn
