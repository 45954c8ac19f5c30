// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/peak.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "benchmarks/clock.h"

namespace mpq::bench {
namespace {

// Far beyond the caches; each byte is read and written.
Peak copy_peak() {
  std::vector<std::uint8_t> from(std::size_t{128} << 20, 1), to(from.size());
  const double seconds = fastest([&] { std::memcpy(to.data(), from.data(), from.size()); });
  return {"memory copy", 1, static_cast<double>(from.size()) / seconds * 1e-9, "GB/s"};
}

}  // namespace

double fastest(const std::function<void()>& work) {
  double best = 0;
  for (int i = 0; i < 6; ++i) {
    Clock clock;
    clock.start();
    work();
    clock.stop();
    best = i == 0 ? clock.cost().wall : std::min(best, clock.cost().wall);
  }
  return best;
}

std::vector<PeakFunction>& peak_functions() {
  static std::vector<PeakFunction> functions;
  return functions;
}

std::vector<Peak> measure_peaks(int cores) {
  std::vector<Peak> peaks{copy_peak()};
  for (const PeakFunction function : peak_functions())
    for (Peak& peak : function(cores)) peaks.push_back(std::move(peak));
  return peaks;
}

}  // namespace mpq::bench
