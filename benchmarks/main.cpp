// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpq-bench: runs the benchmarks, prints their table, writes and compares their files.
#include <gst/gst.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>

#include "benchmarks/ends.h"
#include "benchmarks/media.h"
#include "benchmarks/report.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::bench {
namespace {

constexpr const char* usage = R"(usage: mpq-bench [OPTIONS] [NAME...]
       mpq-bench --compare BEFORE.json AFTER.json
Names are parts of benchmarks' names ("jpeg", "encode/I420", "psnr/filter"); all without.
  --json FILE    write every round of every benchmark
  --rounds N     rounds (default 15)
  --seconds S    length of a round of one leg (default 0.1)
  --wall         judge everything by wall-clock time
  --leg NAME     run this leg alone, for a profiler ("mpqjpegenc", "library")
  --list         print the families of benchmarks
)";

struct CommandLine {
  Options options;
  std::string json;
  std::vector<std::string> compare;
  bool list = false;
};

CommandLine parse(int argc, char** argv) {
  CommandLine line;
  const auto value = [&](int& i) -> std::string {
    if (i + 1 >= argc) throw Error(ErrorCode::invalid_argument, text(argv[i], " needs a value"), usage);
    return argv[++i];
  };
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--json")
      line.json = value(i);
    else if (argument == "--rounds")
      line.options.rounds = std::max(1, std::atoi(value(i).c_str()));
    else if (argument == "--seconds")
      line.options.seconds = std::max(0.001, std::atof(value(i).c_str()));
    else if (argument == "--wall")
      line.options.wall = true;
    else if (argument == "--leg")
      line.options.leg = value(i);
    else if (argument == "--list")
      line.list = true;
    else if (argument == "--compare") {
      line.compare.push_back(value(i));
      line.compare.push_back(value(i));
    } else if (argument[0] == '-') {
      throw Error(ErrorCode::invalid_argument, "unknown option " + argument, usage);
    } else {
      line.options.only.push_back(argument);
    }
  }
  return line;
}

// One count for each Verdict.
using Counts = std::array<int, 4>;

void count(Counts& counts, const ComparisonResult& result) {
  for (const LegResult& leg : result.legs) ++counts[static_cast<std::size_t>(judge(result, leg))];
}

void run_all(const CommandLine& line) {
  Report report{this_machine(), {}};
  report.machine.peaks = measure_peaks(report.machine.cores);
  std::cout << describe(report.machine) << "media      " << media_source() << "\n\n"
            << table_head() << std::endl;
  Counts counts{};
  const Bench::Listener listen = [&](const ComparisonResult& result) {
    std::cout << table_rows(result) << std::flush;
    count(counts, result);
    report.comparisons.push_back(result);
    if (!line.json.empty()) write_report(report, line.json);  // a run that is stopped leaves what it has
  };
  Bench bench(line.options, listen);
  for (const auto& [name, function] : registry()) function(bench);
  if (report.comparisons.empty())
    throw Error(ErrorCode::invalid_argument, "no benchmark has that name", usage);
  std::cout << "\nbars: " << counts[1] << " met, " << counts[2] << " missed within the spread, " << counts[3]
            << " missed; load at the end " << this_machine().load << '\n';
  if (!line.json.empty()) std::cout << "written: " << line.json << '\n';
}

int run(int argc, char** argv) {
  try {
    const CommandLine line = parse(argc, argv);
    if (line.list) {
      for (const auto& [name, function] : registry()) std::cout << name << '\n';
    } else if (!line.compare.empty()) {
      std::cout << side_by_side(read_report(line.compare[0]), read_report(line.compare[1]));
    } else {
      register_ends();
      run_all(line);
    }
    return 0;
  } catch (const Error& error) {
    std::cerr << "mpq-bench: " << error.what() << '\n' << error.remedy();
    return 1;
  }
}

}  // namespace
}  // namespace mpq::bench

int main(int argc, char** argv) {
  gst_init(nullptr, nullptr);
  g_thread_pool_set_max_unused_threads(0);  // a streaming thread that is over takes its OpenMP threads along
  return mpq::bench::run(argc, argv);
}
