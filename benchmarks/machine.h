// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Where the figures come from: processor, compiler, GStreamer.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/peak.h"

namespace mpq::bench {

struct Machine {
  std::string processor;  ///< model name
  std::string
      processor_class;  ///< "AMX", "AVX-512 BF16", "AVX-512", "AVX2" or "other": the widest that it has
  int cores = 0;        ///< that this process may use
  std::string compiler, gstreamer;
  double load = 0;          ///< mean number of running programs over the last minute
  std::vector<Peak> peaks;  ///< measure_peaks(), where that was asked for
};

Machine this_machine();

}  // namespace mpq::bench
