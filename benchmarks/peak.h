// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The most that this machine does, measured in the same run: a share of it carries over to other machines.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace mpq::bench {

struct Peak {
  std::string work;  ///< "matrix product, bfloat16"
  int threads = 1;
  double rate = 0;
  std::string unit;  ///< "GFLOP/s", "GB/s"
};

/// Takes about two seconds. Memory alone where there is no LibTorch.
std::vector<Peak> measure_peaks(int cores);

/// Seconds of the fastest of some calls.
double fastest(const std::function<void()>& work);

using PeakFunction = std::vector<Peak> (*)(int cores);
/// Further kinds of work; each file with one registers it.
std::vector<PeakFunction>& peak_functions();

}  // namespace mpq::bench
