// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// How far a download is: one line that is written over on a terminal; otherwise nothing but its end.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mpq::models {

class Progress {
 public:
  explicit Progress(std::string title);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of `total` bytes are there; total 0: unknown.
  void show(std::uint64_t done, std::uint64_t total);

  /// A line of its own between the progress.
  void say(const std::string& line);

 private:
  using Clock = std::chrono::steady_clock;

  std::string title_;
  bool terminal_, line_open_ = false;
  Clock::time_point begin_, shown_;
  std::uint64_t first_ = 0;  ///< bytes that were there when the clock was started
  bool started_ = false;
};

}  // namespace mpq::models
