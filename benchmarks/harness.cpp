// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/harness.h"

#include <algorithm>
#include <cmath>

#include "benchmarks/heap_shift.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::bench {
namespace {

std::vector<LegResult> check(const Comparison& comparison) {
  std::vector<LegResult> results;
  for (const Leg& leg : comparison.legs) results.push_back({leg.name, {}, {}});
  if (comparison.check == 0) return results;
  Bytes expected;
  comparison.legs.front().run(comparison.check, &expected);
  if (expected.empty()) throw Error(ErrorCode::internal, comparison.name + " made nothing");
  for (std::size_t i = 1; i < results.size(); ++i) {
    Bytes output;
    comparison.legs[i].run(comparison.check, &output);
    const double ratio = static_cast<double>(output.size()) / static_cast<double>(expected.size());
    results[i].output = output == expected ? "same bytes"
                        : output.size() == expected.size()
                            ? "same size"
                            : text(ratio > 1 ? "+" : "", std::round(10000 * (ratio - 1)) / 100, " % bytes");
    if (results[i].name == "library" && output != expected) {
      throw Error(ErrorCode::internal,
                  text(comparison.name, " and the library alone do not agree: ", results[i].output));
    }
  }
  return results;
}

// Pieces of work that take the first leg about so many seconds.
std::size_t calibrate(const Leg& leg, double seconds) {
  std::size_t count = 4;
  for (;;) {
    const double took = leg.run(count, nullptr).wall;
    if (took >= seconds / 4 || count > 10'000'000) {
      return std::max<std::size_t>(
          4, static_cast<std::size_t>(static_cast<double>(count) * seconds / std::max(took, 1e-9)));
    }
    count *= 4;
  }
}

}  // namespace

bool Bench::wants(const std::string& name) const {
  if (options_.only.empty()) return true;
  return std::any_of(options_.only.begin(), options_.only.end(), [&](const std::string& part) {
    return name.find(part) != std::string::npos || part.compare(0, name.size(), name) == 0;
  });
}

void Bench::compare(Comparison comparison) {
  if (!wants(comparison.name)) return;
  if (!options_.leg.empty())
    std::erase_if(comparison.legs, [&](const Leg& leg) { return leg.name != options_.leg; });
  if (comparison.legs.empty()) return;
  ComparisonResult result{comparison.name, comparison.unit, check(comparison), comparison.bars,
                          options_.wall ? Measure::wall : comparison.measure};
  const std::size_t count =
      comparison.pieces != 0 ? comparison.pieces : calibrate(comparison.legs.front(), options_.seconds);
  for (int round = 0; round < options_.rounds; ++round) {
    for (std::size_t i = 0; i < comparison.legs.size(); ++i) {
      const HeapShift shift;
      // Back and forth: a machine that grows faster or slower favors none.
      const std::size_t at = round % 2 == 0 ? i : comparison.legs.size() - 1 - i;
      const double units = static_cast<double>(count) * comparison.units_a_piece;
      result.legs[at].rounds.push_back(comparison.legs[at].run(count, nullptr) / units);
    }
  }
  listener_(result);
}

std::map<std::string, Function>& registry() {
  static std::map<std::string, Function> all;
  return all;
}

}  // namespace mpq::bench
