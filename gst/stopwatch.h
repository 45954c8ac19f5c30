// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// How busy a codec is: the time spent in its own work, never in pushing downstream.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/result.h"

namespace mpq::gst {

/// Totals of a codec's work; guarded by the element's state_mutex.
struct Work {
  std::uint64_t frames = 0;   ///< pictures or packets
  double units = 0;           ///< pixels, or seconds of audio
  double seconds = 0;         ///< time spent
  std::uint64_t skipped = 0;  ///< damaged pictures or packets that gave no output

  /// Fills value and details of a pooled "speed" result. `scale` turns units a second into the result's unit.
  void describe(Result& result, double scale) const {
    result.index = frames;
    result.value = seconds > 0 ? units / seconds * scale : 0;
    result.details = {{"frames", static_cast<double>(frames)},
                      {"busy-seconds", seconds},
                      {"frames-per-second", seconds > 0 ? static_cast<double>(frames) / seconds : 0},
                      {"skipped-frames", static_cast<double>(skipped)}};
  }
};

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace mpq::gst
