// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/statistics.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "core/text.h"

namespace mpq::bench {
namespace {

double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

template <class Combine>
Spread paired(const LegResult& own, const LegResult& peer, Measure measure, Combine combine) {
  const auto a = times(own, measure), b = times(peer, measure);
  std::vector<double> values;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) values.push_back(combine(a[i], b[i]));
  return spread(values);
}

std::string microseconds(double seconds) {
  std::ostringstream out;
  const double us = 1e6 * seconds;
  out << std::fixed << std::setprecision(std::abs(us) < 10 ? 2 : std::abs(us) < 100 ? 1 : 0) << us;
  return out.str();
}

const char* describe(Verdict verdict) {
  switch (verdict) {
    case Verdict::none:
      return "";
    case Verdict::met:
      return "met";
    case Verdict::within_spread:
      return "within spread";
    case Verdict::missed:
      return "MISSED";
  }
  return "";
}

std::string describe(const Bar& bar) {
  return bar.least_speed > 0 ? text(">= ", bar.least_speed, " x") : text("<= ", bar.most_extra_s, " s more");
}

const Bar* bar_against(const ComparisonResult& comparison, const std::string& peer) {
  for (const Bar& bar : comparison.bars) {
    if (bar.against == peer) return &bar;
  }
  return nullptr;
}

constexpr int name_width = 34, leg_width = 22;

}  // namespace

Spread spread(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)};
}

std::vector<double> times(const LegResult& leg, Measure measure) {
  std::vector<double> values;
  for (const Cost& cost : leg.rounds) values.push_back(measure == Measure::wall ? cost.wall : cost.cpu);
  return values;
}

Spread speed(const LegResult& own, const LegResult& peer, Measure measure) {
  return paired(own, peer, measure, [](double a, double b) { return b / a; });
}

Spread extra(const LegResult& own, const LegResult& peer, Measure measure) {
  return paired(own, peer, measure, [](double a, double b) { return a - b; });
}

Verdict judge(const ComparisonResult& comparison, const LegResult& peer) {
  const Bar* bar = bar_against(comparison, peer.name);
  if (bar == nullptr) return Verdict::none;
  const Measure measure = comparison.measure;
  const LegResult& own = comparison.legs.front();
  if (bar->least_speed > 0) {
    const Spread ratio = speed(own, peer, measure);
    if (ratio.median >= bar->least_speed) return Verdict::met;
    return ratio.high >= bar->least_speed ? Verdict::within_spread : Verdict::missed;
  }
  const Spread more = extra(own, peer, measure);
  if (more.median <= bar->most_extra_s) return Verdict::met;
  return more.low <= bar->most_extra_s ? Verdict::within_spread : Verdict::missed;
}

std::string table_head() {
  std::ostringstream out;
  out << std::left << std::setw(name_width) << "" << std::setw(10) << "unit" << std::setw(leg_width) << ""
      << std::right << std::setw(10) << "us" << std::setw(6) << "clock" << std::setw(9) << "speed x"
      << "  [quartiles]   " << std::setw(10) << "us more"
      << "  " << std::left << std::setw(18) << "output"
      << "bar";
  return out.str();
}

std::string table_rows(const ComparisonResult& comparison) {
  const Measure measure = comparison.measure;
  std::ostringstream out;
  const LegResult& own = comparison.legs.front();
  for (const LegResult& leg : comparison.legs) {
    const bool first = &leg == &own;
    out << std::left << std::setw(name_width) << (first ? comparison.name : "") << std::setw(10)
        << (first ? comparison.unit : "") << std::setw(leg_width) << leg.name << std::right << std::setw(10)
        << microseconds(spread(times(leg, measure)).median) << std::setw(6)
        << (measure == Measure::wall ? "wall" : "cpu");
    if (!first) {
      const Spread ratio = speed(own, leg, measure);
      out << std::fixed << std::setprecision(3) << std::setw(9) << ratio.median << "  [" << ratio.low << ' '
          << ratio.high << "]" << std::setw(12) << microseconds(extra(own, leg, measure).median) << "  "
          << std::left << std::setw(18) << leg.output;
      out.unsetf(std::ios::fixed);
      if (const Bar* bar = bar_against(comparison, leg.name)) {
        out << describe(*bar) << ": " << describe(judge(comparison, leg));
      }
    }
    out << '\n';
  }
  return out.str();
}

}  // namespace mpq::bench
