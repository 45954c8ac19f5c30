// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// One measured value: what every metric, task and meter reports, and what result files hold
// (docs/results.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mpq {

/// Version of the result schema; raised when a field changes its meaning or goes away.
inline constexpr int result_schema_version = 1;

enum class Scope {
  frame,   ///< one video frame, or one window of audio
  pooled,  ///< everything since the stream began
};

struct Result {
  std::string element;  ///< name of the element that measured, "mpqpsnr0"
  std::string metric;   ///< "psnr", "rate", "speed", ...
  Scope scope = Scope::frame;
  std::string input;        ///< which of several inputs, "dist_0"; empty where there is one
  std::uint64_t index = 0;  ///< frame: counted from 0; pooled: how many frames or windows were pooled
  std::optional<std::int64_t> stream_time, running_time, duration;  ///< nanoseconds
  double value = 0;   ///< may be +infinity (PSNR of identical inputs) or NaN (nothing was measured)
  std::string unit;   ///< of `value`: "dB", "bit/pixel", ...
  std::string label;  ///< what was recognised, "box turtle"; empty where the metric names nothing
  std::vector<std::pair<std::string, double>> details;  ///< further figures; each metric documents its own
};

/// The detail called `name`, or nothing.
std::optional<double> find_detail(const Result& result, const std::string& name);

}  // namespace mpq
