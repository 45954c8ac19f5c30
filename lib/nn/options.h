// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Where and how a network runs, as users choose it. No LibTorch header.
#pragma once

#include <compare>
#include <string>

namespace mpq::nn {

enum class Precision {
  automatic,  ///< bfloat16 where this processor is faster with it, else float32
  float32,
  bfloat16,
};

struct Options {
  std::string device = "cpu";  ///< "cpu", "cuda", "cuda:1"
  Precision precision = Precision::automatic;
  int threads = 0;  ///< for one inference; 0: one for each processor that this process may use

  auto operator<=>(const Options&) const = default;
};

}  // namespace mpq::nn
