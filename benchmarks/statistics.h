// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Medians and quartiles over rounds.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/harness.h"

namespace mpq::bench {

struct Spread {
  double low = 0, median = 0, high = 0;  ///< quartiles
};
Spread spread(std::vector<double> values);

/// Seconds a unit, round by round.
std::vector<double> times(const LegResult& leg, Measure measure);

/// How fast `own` is, in multiples of `peer`: quartiles of the ratios of each round.
Spread speed(const LegResult& own, const LegResult& peer, Measure measure);
/// Seconds a unit that `own` takes more than `peer`.
Spread extra(const LegResult& own, const LegResult& peer, Measure measure);

enum class Verdict { none, met, within_spread, missed };
/// Within the spread: the median misses the bar and the better quartile does not.
Verdict judge(const ComparisonResult& comparison, const LegResult& peer);

/// The table of one comparison, and the head that all have in common.
std::string table_head();
std::string table_rows(const ComparisonResult& comparison);

}  // namespace mpq::bench
