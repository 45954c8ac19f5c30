// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Sends streams through a route's pipeline in processes of their own, so that a crash or a hang is a finding
// that is counted, and the next process goes on behind it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "routes.h"
#include "runner.h"

namespace mpq::test {

inline constexpr double most_seconds = 1;            ///< of processor time beyond the clean stream's
inline constexpr double most_wall_seconds = 20;      ///< then it hangs: it may wait for other programs too
inline constexpr long most_kilobytes = 1024 * 1024;  ///< resident in memory
inline constexpr std::size_t streams_a_process = 2000;
inline constexpr std::size_t streams_a_check = 100;  ///< then a clean one must still decode as at first

/// What one process tells the other; in memory that both have.
struct Report {
  std::atomic<std::uint64_t> next = 0;    ///< index of the stream that runs, or comes next
  std::atomic<std::int64_t> started = 0;  ///< by the monotonic clock, in nanoseconds; 0: no stream runs
  std::array<std::uint64_t, static_cast<std::size_t>(Outcome::count)> outcomes{};
  double slowest = 0;               ///< seconds of processor time
  long peak = 0;                    ///< kilobytes
  std::array<char, 200> failure{};  ///< why the stream that ran is a finding, where it ended in good order
  std::size_t input_size = 0;
  std::array<std::uint8_t, std::size_t{1} << 20> input{};  ///< the stream that runs, packed
};

struct Total {
  std::uint64_t streams = 0, findings = 0;
  double seconds = 0;
};

/// Streams from `saved` first, then damaged ones, `count` in all. Every finding is printed and its input put
/// into `folder`.
Total watch(const Route& route, const std::vector<std::filesystem::path>& saved, std::uint64_t count,
            const std::filesystem::path& folder, Report* report);

/// In the process made for it: the streams from report->next on. Returns the process's exit status: 0, or 1
/// for a finding, which report->failure tells.
int run_streams(const Route& route, const std::vector<std::filesystem::path>& saved, std::uint64_t end,
                Report* report);

}  // namespace mpq::test
