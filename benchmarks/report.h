// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Benchmark files (JSON), and two of them side by side.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/machine.h"
#include "benchmarks/statistics.h"

namespace mpq::bench {

struct Report {
  Machine machine;
  std::vector<ComparisonResult> comparisons;
};

std::string describe(const Machine& machine);

/// All rounds of all legs, so that any statistic can be made of them later. Throws Error(io).
void write_report(const Report& report, const std::string& path);
/// Throws Error(io), Error(corrupt_data), Error(unsupported) for a newer schema.
Report read_report(const std::string& path);

/// For each benchmark that both have: how fast the element was, and its ratio to the other legs, which
/// compares across machines.
std::string side_by_side(const Report& before, const Report& after);

}  // namespace mpq::bench
