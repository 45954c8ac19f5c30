// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Results as text that a person reads: one table of one file, or several files side by side.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"

namespace mpq {

/// Which results to show.
struct ResultFilter {
  std::optional<Scope> scope = Scope::pooled;  ///< nothing: both
  std::string metric;                          ///< empty: every metric
};

/// Those that `filter` lets through, in their order.
std::vector<Result> select_results(const std::vector<Result>& results, const ResultFilter& filter);

/// One aligned line a result: metric, element, input, scope, index, value, unit, details. Values have six
/// significant digits. Columns that are empty in every result are left out; control characters print as '?'.
std::string result_table(const std::vector<Result>& results);

/// A file's results under the name that heads its column.
struct NamedResults {
  std::string name;
  std::vector<Result> results;
};

/// One aligned line a figure (value or detail), one column a file. Results of different files stand on one
/// line where metric, scope, input, unit and, for frames, index agree; several of a file that agree so are
/// told apart by their order. A figure that a file lacks prints as '-'.
std::string comparison_table(const std::vector<NamedResults>& files);

}  // namespace mpq
