// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/report.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/error.h"
#include "core/text.h"

namespace mpq::bench {
namespace {

using Json = nlohmann::ordered_json;
constexpr int schema = 1;

Json to_json(const Machine& m) {
  Json peaks = Json::array();
  for (const Peak& peak : m.peaks)
    peaks.push_back(
        {{"work", peak.work}, {"threads", peak.threads}, {"rate", peak.rate}, {"unit", peak.unit}});
  return {{"processor", m.processor},
          {"processor-class", m.processor_class},
          {"cores", m.cores},
          {"compiler", m.compiler},
          {"gstreamer", m.gstreamer},
          {"load", m.load},
          {"peaks", peaks}};
}

Json to_json(const ComparisonResult& c) {
  Json legs = Json::array(), bars = Json::array();
  for (const LegResult& leg : c.legs) {
    legs.push_back({{"name", leg.name},
                    {"output", leg.output},
                    {"wall-seconds", times(leg, Measure::wall)},
                    {"cpu-seconds", times(leg, Measure::cpu)}});
  }
  for (const Bar& bar : c.bars) {
    bars.push_back({{"against", bar.against},
                    {"least-speed", bar.least_speed},
                    {"most-extra-seconds", bar.most_extra_s}});
  }
  return {{"name", c.name},
          {"unit", c.unit},
          {"clock", c.measure == Measure::wall ? "wall" : "cpu"},
          {"legs", legs},
          {"bars", bars}};
}

Machine machine_from(const Json& j) {
  Machine machine{j.at("processor"),
                  j.at("processor-class"),
                  j.at("cores"),
                  j.at("compiler"),
                  j.at("gstreamer"),
                  j.at("load"),
                  {}};
  for (const Json& peak : j.value("peaks", Json::array()))
    machine.peaks.push_back({peak.at("work"), peak.at("threads"), peak.at("rate"), peak.at("unit")});
  return machine;
}

ComparisonResult comparison_from(const Json& j) {
  ComparisonResult c{
      j.at("name"), j.at("unit"), {}, {}, j.at("clock") == "wall" ? Measure::wall : Measure::cpu};
  for (const Json& leg : j.at("legs")) {
    const std::vector<double> wall = leg.at("wall-seconds"), cpu = leg.at("cpu-seconds");
    LegResult result{leg.at("name"), {}, leg.at("output")};
    for (std::size_t i = 0; i < std::min(wall.size(), cpu.size()); ++i)
      result.rounds.push_back({wall[i], cpu[i]});
    c.legs.push_back(std::move(result));
  }
  for (const Json& bar : j.at("bars")) {
    c.bars.push_back({bar.at("against"), bar.at("least-speed"), bar.at("most-extra-seconds")});
  }
  if (c.legs.empty()) throw Error(ErrorCode::corrupt_data, text("benchmark \"", c.name, "\" has no legs"));
  return c;
}

// Where the quartiles of both do not overlap, the change is more than the noise of a run.
void put_change(std::ostream& out, const std::string& label, const Spread& before, const Spread& after) {
  const bool apart = before.high < after.low || after.high < before.low;
  out << "  " << std::left << std::setw(24) << label << std::right << std::fixed
      << std::setprecision(before.median < 100 ? 3 : 0) << std::setw(12) << before.median << std::setw(12)
      << after.median << std::setprecision(1) << std::showpos << std::setw(9)
      << 100 * (after.median / before.median - 1) << " %" << (apart ? "" : "  within the spread") << '\n'
      << std::noshowpos;
}

Spread rate(const LegResult& leg, Measure measure) {
  std::vector<double> values = times(leg, measure);
  for (double& value : values) value = 1 / value;
  return spread(values);
}

void put_changes(std::ostream& out, const ComparisonResult& before, const ComparisonResult& after) {
  const Measure measure = after.measure;
  const LegResult &a = before.legs.front(), &b = after.legs.front();
  out << after.name << '\n';
  put_change(out, after.unit + "s a second", rate(a, measure), rate(b, measure));
  for (const LegResult& peer : after.legs) {
    const auto old = std::find_if(before.legs.begin(), before.legs.end(),
                                  [&](const LegResult& leg) { return leg.name == peer.name; });
    if (&peer == &b || old == before.legs.end()) continue;
    put_change(out, "speed x " + peer.name, speed(a, *old, measure), speed(b, peer, measure));
  }
}

}  // namespace

std::string describe(const Machine& m) {
  std::string lines =
      text("processor  ", m.processor, " (", m.processor_class, "), ", m.cores, " cores\nsoftware   ",
           m.compiler, ", ", m.gstreamer, "\nload       ", m.load, '\n');
  for (const Peak& peak : m.peaks)
    lines += text("peak       ", std::round(10 * peak.rate) / 10, ' ', peak.unit, ", ", peak.work, ", ",
                  peak.threads, peak.threads == 1 ? " thread\n" : " threads\n");
  return lines;
}

void write_report(const Report& report, const std::string& path) {
  Json comparisons = Json::array();
  for (const auto& comparison : report.comparisons) comparisons.push_back(to_json(comparison));
  const Json all{{"schema", schema}, {"machine", to_json(report.machine)}, {"comparisons", comparisons}};
  std::ofstream file(path);
  file << all.dump(1) << '\n';
  if (!file.flush()) throw Error(ErrorCode::io, "cannot write " + path);
}

Report read_report(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(ErrorCode::io, "cannot read " + path);
  try {
    const Json all = Json::parse(file);
    if (all.at("schema") > schema) throw Error(ErrorCode::unsupported, path + " is of a newer version");
    Report report{machine_from(all.at("machine")), {}};
    for (const Json& comparison : all.at("comparisons"))
      report.comparisons.push_back(comparison_from(comparison));
    return report;
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::corrupt_data, text(path, " is no benchmark file: ", error.what()));
  }
}

std::string side_by_side(const Report& before, const Report& after) {
  std::ostringstream out;
  out << "BEFORE\n" << describe(before.machine) << "AFTER\n" << describe(after.machine) << '\n';
  out << std::setw(38) << "before" << std::setw(12) << "after" << std::setw(11) << "change" << '\n';
  for (const auto& comparison : after.comparisons) {
    const auto old = std::find_if(before.comparisons.begin(), before.comparisons.end(),
                                  [&](const ComparisonResult& c) { return c.name == comparison.name; });
    if (old != before.comparisons.end()) put_changes(out, *old, comparison);
  }
  return out.str();
}

}  // namespace mpq::bench
