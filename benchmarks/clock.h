// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Wall-clock and processor time of a stretch of work.
#pragma once

#include <sys/resource.h>
#include <time.h>

namespace mpq::bench {

/// Seconds. Processor time is that of all threads together; it leaves out what other programs on the machine
/// took, and so repeats better than wall-clock time where the work has one thread.
struct Cost {
  double wall = 0;
  double cpu = 0;

  Cost& operator+=(const Cost& other) {
    wall += other.wall;
    cpu += other.cpu;
    return *this;
  }
  friend Cost operator-(Cost a, const Cost& b) { return {a.wall - b.wall, a.cpu - b.cpu}; }
  friend Cost operator/(Cost a, double divisor) { return {a.wall / divisor, a.cpu / divisor}; }
};

/// Which of the two times counts.
enum class Measure { cpu, wall };

/// This process. start() and stop() may be called by different threads, one after the other.
/// Runs from each start() to the next stop().
class Clock {
 public:
  void start() { begin_ = now(); }
  void stop() { spent_ += now() - begin_; }
  Cost cost() const { return spent_; }

 private:
  static double read(clockid_t id) {
    timespec t{};
    clock_gettime(id, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  }
  static Cost now() { return {read(CLOCK_MONOTONIC), read(CLOCK_PROCESS_CPUTIME_ID)}; }

  Cost begin_, spent_;
};

}  // namespace mpq::bench
