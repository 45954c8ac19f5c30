// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Compares ways to do the same work: in alternating rounds of one run, so that whatever slows the machine
// down slows all of them. A benchmark is a function registered by MPQ_BENCHMARK in a file of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "benchmarks/clock.h"

namespace mpq::bench {

using Bytes = std::vector<std::uint8_t>;

/// How many pieces of work a leg does before its clock starts.
inline constexpr std::size_t warm_up = 3;

/// One way to do the work.
struct Leg {
  std::string name;
  /// Does `count` pieces of work and returns what they cost. If `output` is not null, everything that was
  /// made is appended to it, and nothing is done to warm up.
  std::function<Cost(std::size_t count, Bytes* output)> run;
};

/// What the first leg must reach.
struct Bar {
  std::string against;      ///< name of another leg
  double least_speed = 0;   ///< ratio of speeds, or 0: no bar
  double most_extra_s = 0;  ///< seconds a piece of work more than the other, or 0: no bar
};

struct Comparison {
  std::string name;          ///< "jpeg/encode/rgb/768x512/q5"
  std::string unit;          ///< what one cost is of: "picture", "packet", "process"
  double units_a_piece = 1;  ///< units in a piece of work
  std::vector<Leg> legs;     ///< the first is the one that is judged
  std::vector<Bar> bars = {};
  std::size_t check = 0;           ///< pieces of work whose output is compared before timing; 0: none
  std::size_t pieces = 0;          ///< pieces of work a round, or 0: as many as fill Options::seconds
  Measure measure = Measure::cpu;  ///< wall where legs may use several threads, or wait
};

struct LegResult {
  std::string name;
  std::vector<Cost> rounds;  ///< seconds a unit
  std::string output;        ///< "same bytes", "+0.02 % bytes", or empty where not compared
};

struct ComparisonResult {
  std::string name, unit;
  std::vector<LegResult> legs;
  std::vector<Bar> bars;
  Measure measure = Measure::cpu;
};

struct Options {
  std::vector<std::string> only;  ///< parts of names; empty: all
  int rounds = 15;
  double seconds = 0.1;  ///< a leg and round
  std::string leg;       ///< name of the only leg to run, for a profiler; empty: all
  bool wall = false;     ///< wall-clock time counts everywhere
};

/// What a benchmark function gets.
class Bench {
 public:
  using Listener = std::function<void(const ComparisonResult&)>;
  Bench(Options options, Listener listener) : options_(std::move(options)), listener_(std::move(listener)) {}

  /// Whether a comparison with this name, or any that begins with it, was asked for.
  bool wants(const std::string& name) const;

  /// Checks that the legs agree and times them. Throws where the first leg's output is not that of the leg
  /// called "library".
  void compare(Comparison comparison);

 private:
  Options options_;
  Listener listener_;
};

using Function = void (*)(Bench&);
/// All benchmarks by name.
std::map<std::string, Function>& registry();
struct Registration {
  Registration(const char* name, Function function) { registry()[name] = function; }
};

/// A leg that does its work in a loop. `prepare` returns the body, untimed; `body(i, output)` does piece i,
/// and body.finish(output), where there is one, what is left when the stream ends.
template <class Prepare>
Leg loop_leg(std::string name, Prepare prepare) {
  return {std::move(name), [prepare](std::size_t count, Bytes* output) {
            auto body = prepare();
            std::size_t i = 0;
            for (; output == nullptr && i < warm_up; ++i) body(i, nullptr);
            Clock clock;
            clock.start();
            for (const std::size_t end = i + count; i < end; ++i) body(i, output);
            if constexpr (requires { body.finish(output); }) body.finish(output);
            clock.stop();
            return clock.cost();
          }};
}

}  // namespace mpq::bench

#define MPQ_BENCHMARK(name, function)                            \
  namespace {                                                    \
  const ::mpq::bench::Registration registration(name, function); \
  }
