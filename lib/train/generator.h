// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pseudo-random numbers that are the same on every machine and need no state between steps of a training:
// each step makes its generators anew from the seed and its number.
#pragma once

#include <cstdint>

namespace mpq::train {

/// What numbers are for: streams of one step do not depend on each other.
enum class Purpose : std::uint64_t { weights, crops, noise };

/// SplitMix64 (Steele, Lea, Flood 2014). Not thread-safe: one for each thread.
class Generator {
 public:
  Generator(std::uint64_t seed, Purpose purpose, std::uint64_t step)
      : state_(mix(mix(mix(seed + increment) + static_cast<std::uint64_t>(purpose)) + step)) {}

  std::uint64_t bits() { return mix(state_ += increment); }
  /// 0 to 1, without 1.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// 0 to `count` - 1; `count` is at least 1 and so much below 2^64 that the remainder's bias does not count.
  std::uint64_t below(std::uint64_t count) { return bits() % count; }
  bool chance(double probability) { return uniform() < probability; }

 private:
  static constexpr std::uint64_t increment = 0x9E3779B97F4A7C15;

  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
    x = (x ^ x >> 27) * 0x94D049BB133111EB;
    return x ^ x >> 31;
  }

  std::uint64_t state_;
};

}  // namespace mpq::train
