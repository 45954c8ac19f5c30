// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Sends damaged streams through the pipelines of every decoder and says what became of them.
//   mutate_pipelines [NAME] [COUNT] [--first=INDEX] [--saved=FOLDER] [--findings=FOLDER]
//   mutate_pipelines --replay NAME FILE...
// NAME is a route or the beginning of some ("mpqjpegdec"); COUNT streams go through each (50000). Files of
// FOLDER/ROUTE, findings of earlier days, come first. A finding that depends on the stream before it is seen
// again by beginning some streams earlier.
#include <sys/mman.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <new>
#include <string_view>

#include "watch.h"

namespace {

using namespace mpq::test;
using Paths = std::vector<std::filesystem::path>;

struct Arguments {
  std::string name;
  std::uint64_t count = 50000, first = 0;
  std::filesystem::path saved, findings = "findings";
  bool replay = false;
  Paths files;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (const std::string_view word : std::vector<std::string_view>(argv + 1, argv + argc)) {
    const auto value = word.substr(std::min(word.find('=') + 1, word.size()));
    std::uint64_t number = 0;
    const auto end = std::from_chars(word.data(), word.data() + word.size(), number);
    if (word == "--replay")
      arguments.replay = true;
    else if (word.starts_with("--saved="))
      arguments.saved = value;
    else if (word.starts_with("--first="))
      std::from_chars(value.data(), value.data() + value.size(), arguments.first);
    else if (word.starts_with("--findings="))
      arguments.findings = value;
    else if (arguments.replay && !arguments.name.empty())
      arguments.files.emplace_back(word);
    else if (end.ec == std::errc() && end.ptr == word.data() + word.size())
      arguments.count = number;
    else
      arguments.name = word;
  }
  if (arguments.replay) arguments.count = 0;
  return arguments;
}

Paths saved_for(const Route& route, const Arguments& arguments) {
  Paths files = arguments.files;
  if (const auto folder = arguments.saved / route.name; std::filesystem::is_directory(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// Zeros that a child process writes and its parent reads.
Report* shared_report() {
  void* memory = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return new (memory) Report;
}

void print_heading() {
  std::cout << std::left << std::setw(20) << "route" << std::right;
  for (const char* column : {"streams", "per s", "whole", "warned", "skipped", "refused", "silent", "stuck",
                             "findings", "slowest ms", "peak MiB"})
    std::cout << std::setw(11) << column;
  std::cout << std::endl;
}

void print_row(const Route& route, const Total& total, const Report& report) {
  std::cout << std::left << std::setw(20) << route.name << std::right << std::fixed << std::setprecision(0)
            << std::setw(11) << total.streams << std::setw(11)
            << static_cast<double>(total.streams) / std::max(total.seconds, 1e-9);
  for (const Outcome outcome :
       {Outcome::whole, Outcome::warned, Outcome::skipped, Outcome::refused, Outcome::silent, Outcome::stuck})
    std::cout << std::setw(11) << report.outcomes[static_cast<std::size_t>(outcome)];
  std::cout << std::setw(11) << total.findings << std::setw(11) << 1000 * report.slowest << std::setw(11)
            << report.peak / 1024 << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  bool any = false, found = false;
  print_heading();
  for (const Route& route : routes()) {
    if (!route.name.starts_with(arguments.name)) continue;
    any = true;
    Report* report = shared_report();
    const Paths saved = saved_for(route, arguments);
    report->next = arguments.first;
    const Total total =
        watch(route, saved, arguments.first + saved.size() + arguments.count, arguments.findings, report);
    print_row(route, total, *report);
    found = found || total.findings > 0;
    munmap(report, sizeof *report);
  }
  if (!any) std::cerr << "no route begins with " << arguments.name << '\n';
  return any && !found ? EXIT_SUCCESS : EXIT_FAILURE;
}
