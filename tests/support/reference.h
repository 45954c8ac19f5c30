// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Arrays of the parity cases, and comparison as NumPy's allclose does it.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace mpq::test {

/// The values of a .npy file.
inline std::vector<float> read_floats(const std::filesystem::path& path) {
  const auto file = checkpoint::open(path);
  return checkpoint::to_float32(*file, file->tensors().front());
}

/// Every value within rtol * |expected| + atol. Reports the worst one.
inline void expect_close(const std::vector<float>& values, const std::vector<float>& expected, double rtol,
                         double atol) {
  ASSERT_EQ(values.size(), expected.size());
  double worst = 0;
  std::size_t where = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double wanted = expected[i],
                 error = std::abs(values[i] - wanted) / (rtol * std::abs(wanted) + atol);
    if (!(error <= worst)) {
      worst = error;
      where = i;
    }
  }
  EXPECT_LE(worst, 1) << "value " << where << " is " << values[where] << " instead of " << expected[where];
}

}  // namespace mpq::test
