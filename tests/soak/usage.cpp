// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "usage.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace mpq::test {
namespace {

double entries(const char* folder) {
  return static_cast<double>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

double median(const std::vector<Usage>& samples, double Usage::*figure) {
  std::vector<double> values;
  for (const Usage& sample : samples) values.push_back(sample.*figure);
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

}  // namespace

Usage usage_now() {
  malloc_trim(0);
  double pages = 0, resident = 0;
  if (!(std::ifstream("/proc/self/statm") >> pages >> resident))
    throw std::runtime_error("/proc/self/statm cannot be read: is /proc mounted?");
  const double megabytes = resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
  return {megabytes, entries("/proc/self/fd"), entries("/proc/self/task")};
}

Usage median_of_quarter(const std::vector<Usage>& samples, std::size_t which) {
  const auto at = [&](std::size_t quarter) {
    return samples.begin() + static_cast<std::ptrdiff_t>(quarter * samples.size() / 4);
  };
  const std::vector<Usage> part(at(which), at(which + 1));
  return {median(part, &Usage::memory), median(part, &Usage::files), median(part, &Usage::threads)};
}

}  // namespace mpq::test
