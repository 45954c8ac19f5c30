// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What this process takes of the system, over time.
#pragma once

#include <cstddef>
#include <vector>

namespace mpq::test {

struct Usage {
  double memory = 0;  ///< resident, in MiB, after malloc gave back what nobody uses
  double files = 0;   ///< open file descriptors
  double threads = 0;
};

/// As /proc/self tells. Throws std::runtime_error without it.
Usage usage_now();

/// Of the quarter `which` (0 to 3) of the samples, each figure's median.
Usage median_of_quarter(const std::vector<Usage>& samples, std::size_t which);

}  // namespace mpq::test
