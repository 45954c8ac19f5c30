// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a training tells of itself: rows of a CSV file, and a plot of them. No LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mpq::train {

/// Means over the steps since the row before.
struct LogRow {
  std::uint64_t step = 0;  ///< steps done
  double seconds = 0;      ///< trained, over all runs
  double loss = 0;
  double rate = 0;        ///< bits a pixel
  double distortion = 0;  ///< PSNR of the crops, dB
  double learning_rate = 0;
  double gradient = 0;  ///< norm, before clipping
  double crops_per_second = 0;
  double waited = 0;  ///< share of the time that was spent waiting for crops
};

/// Not thread-safe. Rows are written at once.
class Log {
 public:
  /// Reads the rows of an earlier run, but those after `step`, which will be done again; a row that cannot be
  /// read ends them. Throws Error(io).
  Log(std::filesystem::path file, std::uint64_t step);

  void add(const LogRow& row);
  const std::vector<LogRow>& rows() const noexcept { return rows_; }

 private:
  std::filesystem::path file_;
  std::vector<LogRow> rows_;
};

/// Rate, distortion and loss against the steps, three curves one above the other; empty axes without rows.
std::string plot_svg(const std::vector<LogRow>& rows);

}  // namespace mpq::train
