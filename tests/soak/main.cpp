// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs live pipelines for a long time and tells whether anything grows, lags or is lost.
//   soak [MINUTES] [NAME] [--most-lag=SECONDS] [--load=FACTOR]
// NAME is a pipeline's, or the beginning of some; without it all run. FACTOR: of the pictures a second.
// Exits with 1 where it finds something: a frame or sample lost that no element accounts for, an error, a lag
// beyond the limit (0.5 s), files or threads that grow, or memory that grows by more than 2 %. What grows is
// judged from the second quarter of the time to the last, and only where there are minutes to judge by.
#include <malloc.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "live.h"
#include "usage.h"

namespace {

using namespace mpq::test;

constexpr double most_growth = 0.02;
constexpr double fewest_minutes = 2;  // to judge growth by

struct Limits {
  double minutes = 10;
  double lag = 0.5;
  double load = 1;
  std::string name = {};
};

/// A line and what became of it so far.
struct Runner {
  Line line;
  std::unique_ptr<Live> live;
  double sent = 0, lost = 0, explained = 0;  // pictures or samples
  int runs = 0;
  std::vector<double> lags = {};  // the worst of each second
  std::vector<std::string> findings = {};

  void start() {
    live = std::make_unique<Live>(line);
    ++runs;
  }

  void stop() {
    const Counts counts = live->finish();
    const auto unit = static_cast<double>(std::max<std::uint64_t>(counts.unit, 1));
    const double missing = (static_cast<double>(counts.sent) - static_cast<double>(counts.received)) / unit;
    sent += static_cast<double>(counts.sent) / unit;
    lost += missing;
    explained += counts.explained;
    if (missing != counts.explained) findings.push_back(std::to_string(missing) + " lost without a word");
    if (missing != 0 && !line.may_drop) findings.push_back(std::to_string(missing) + " lost");
    if (const std::string error = live->error(); !error.empty()) findings.push_back(error);
    live.reset();
  }

  /// Once a second. A pipeline that failed stays down.
  void look() {
    if (live == nullptr) return;
    lags.push_back(live->take_worst_lag());
    const bool over = line.restart_seconds > 0 && live->age() >= line.restart_seconds;
    if (!over && live->error().empty()) return;
    stop();
    if (findings.empty()) start();
  }
};

double worst(const std::vector<double>& lags, std::size_t from, std::size_t to) {
  const auto at = [&](std::size_t i) { return lags.begin() + static_cast<std::ptrdiff_t>(i); };
  return from == to ? 0 : *std::max_element(at(from), at(to));
}

void print(const Runner& runner) {
  const auto& lags = runner.lags;
  std::printf("%-20s %6d %12.0f %8.0f %10.0f %12.0f %12.0f\n", runner.line.name.c_str(), runner.runs,
              runner.sent, runner.lost, runner.explained, 1000 * worst(lags, 0, lags.size() / 2),
              1000 * worst(lags, lags.size() / 2, lags.size()));
}

void judge_growth(const std::vector<Usage>& samples, const Limits& limits,
                  std::vector<std::string>* findings) {
  const Usage early = median_of_quarter(samples, 1), late = median_of_quarter(samples, 3);
  const double growth = late.memory / early.memory - 1;
  std::printf("\nmemory %.1f MiB -> %.1f MiB (%+.2f %%), files %.0f -> %.0f, threads %.0f -> %.0f\n",
              early.memory, late.memory, 100 * growth, early.files, late.files, early.threads, late.threads);
  if (limits.minutes < fewest_minutes) return;
  if (growth > most_growth) findings->push_back("memory grows");
  if (late.files > early.files) findings->push_back("open files grow");
  if (late.threads > early.threads) findings->push_back("threads grow");
}

int soak(const Limits& limits) {
  std::vector<Runner> runners;
  const TemporaryFolder models;
  for (const Line& line : lines(models, limits.load))
    if (line.name.starts_with(limits.name)) runners.push_back({line, nullptr});
  if (runners.empty()) throw std::runtime_error("no pipeline begins with " + limits.name);
  for (Runner& runner : runners) runner.start();
  const auto seconds = static_cast<int>(std::ceil(60 * limits.minutes));
  std::vector<Usage> samples;
  for (int second = 1; second <= seconds; ++second) {
    g_usleep(G_USEC_PER_SEC);
    for (Runner& runner : runners) runner.look();
    samples.push_back(usage_now());
    if (second % 30 == 0)
      std::printf("%4d of %d s: %.1f MiB, %.0f files, %.0f threads\n", second, seconds, samples.back().memory,
                  samples.back().files, samples.back().threads);
    std::fflush(stdout);
  }
  for (Runner& runner : runners)
    if (runner.live != nullptr) runner.stop();

  std::printf("\n%-20s %6s %12s %8s %10s %12s %12s\n%-20s %6s %12s %8s %10s %12s %12s\n", "", "",
              "pictures or", "", "", "worst lag ms", "worst lag ms", "pipeline", "runs", "samples", "lost",
              "explained", "first half", "second half");
  std::vector<std::string> findings;
  for (const Runner& runner : runners) {
    print(runner);
    if (runner.sent == 0) findings.push_back(runner.line.name + ": nothing was sent");
    for (const std::string& finding : runner.findings) findings.push_back(runner.line.name + ": " + finding);
    if (worst(runner.lags, 0, runner.lags.size()) > limits.lag)
      findings.push_back(runner.line.name + ": more than " + std::to_string(limits.lag) + " s late");
  }
  judge_growth(samples, limits, &findings);
  for (const std::string& finding : findings) std::printf("finding: %s\n", finding.c_str());
  if (findings.empty()) std::printf("passed\n");
  return findings.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  Limits limits;
  for (const std::string_view word : std::vector<std::string_view>(argv + 1, argv + argc)) {
    const auto value = word.data() + std::min(word.size(), word.find('=') + 1);
    if (word.starts_with("--most-lag="))
      limits.lag = std::atof(value);
    else if (word.starts_with("--load="))
      limits.load = std::atof(value);
    else if (std::isdigit(static_cast<unsigned char>(word[0])) != 0)
      limits.minutes = std::atof(word.data());
    else
      limits.name = word;
  }
  if (!(limits.minutes > 0)) {
    std::cerr << "usage: soak [MINUTES] [NAME] [--most-lag=SECONDS] [--load=FACTOR]\n";
    return EXIT_FAILURE;
  }
  // With an arena a thread, as by default, what is resident tells how threads and arenas met, not what is
  // used.
  mallopt(M_ARENA_MAX, 1);
  gst_init(nullptr, nullptr);
  try {
    return soak(limits);
  } catch (const std::exception& error) {
    std::cerr << "soak: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
