// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "progress.h"

#include <unistd.h>

#include <iostream>
#include <utility>

#include "core/text.h"
#include "files.h"

namespace mpq::models {

Progress::Progress(std::string title) : title_(std::move(title)), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (line_open_) std::cerr << '\n';
}

void Progress::show(std::uint64_t done, std::uint64_t total) {
  const auto now = Clock::now();
  if (!started_ || done < first_) {
    begin_ = now;
    first_ = done;
  }
  const bool first = !std::exchange(started_, true);
  if (!terminal_ || (!first && now - shown_ < std::chrono::milliseconds(200) && done != total)) return;
  shown_ = now;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  std::string line = text("\r", title_, ": ", size_text(done));
  if (total > 0) line += text(" of ", size_text(total), " (", done * 100 / total, " %)");
  if (seconds > 1) {
    const double speed = static_cast<double>(done - first_) / seconds;  // bytes/s
    line += text(", ", size_text(static_cast<std::uint64_t>(speed)), "/s");
    if (total > done && speed > 1)
      line += text(", ", static_cast<int>(static_cast<double>(total - done) / speed), " s left");
  }
  std::cerr << line << "\x1b[K" << std::flush;
  line_open_ = true;
}

void Progress::say(const std::string& line) {
  if (std::exchange(line_open_, false)) std::cerr << '\n';
  std::cerr << line << '\n';
}

}  // namespace mpq::models
