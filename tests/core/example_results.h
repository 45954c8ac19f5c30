// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Results, and a folder for files of them, that the tests of result files share.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <limits>
#include <string>

#include "core/result.h"

namespace mpq::test {

inline constexpr const char* example_json =
    R"({"schema":1,"element":"mpqpsnr0","metric":"psnr","scope":"frame","input":"dist_0","index":0,)"
    R"("stream-time":0,"running-time":0,"duration":33333333,"value":31.4,"unit":"dB",)"
    R"("details":{"psnr-y":30.1,"mse":46.2}})";
inline constexpr const char* example_csv =
    R"(1,mpqpsnr0,psnr,frame,dist_0,0,0,0,33333333,31.4,dB,,"psnr-y=30.1;mse=46.2")";

/// A folder of this process that goes away with the object.
struct ResultFolder {
  ResultFolder() { std::filesystem::create_directories(path); }
  ~ResultFolder() { std::filesystem::remove_all(path); }
  ResultFolder(const ResultFolder&) = delete;
  ResultFolder& operator=(const ResultFolder&) = delete;

  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("mpq-results-" + std::to_string(getpid()));
};

/// What both lines above say.
inline Result example_result() {
  Result result;
  result.element = "mpqpsnr0";
  result.metric = "psnr";
  result.scope = Scope::frame;
  result.input = "dist_0";
  result.index = 0;
  result.stream_time = result.running_time = 0;
  result.duration = 33333333;
  result.value = 31.4;
  result.unit = "dB";
  result.details = {{"psnr-y", 30.1}, {"mse", 46.2}};
  return result;
}

inline Result pooled_result(const std::string& metric, double value) {
  Result result;
  result.element = "mpq" + metric + "0";
  result.metric = metric;
  result.scope = Scope::pooled;
  result.index = 24;
  result.value = value;
  result.unit = "dB";
  return result;
}

/// Everything that is awkward to write: no times, infinity, quotes, separators, newlines, UTF-8.
inline Result awkward_result() {
  Result result;
  result.element = "a \"b\",\n\tc;d=e";
  result.metric = "psnr";
  result.scope = Scope::pooled;
  result.index = std::numeric_limits<std::uint64_t>::max();
  result.running_time = -1;
  result.value = std::numeric_limits<double>::infinity();
  result.unit = "µ%";
  result.label = "great grey owl, \"Strix\"";
  result.details = {{"a=b;c%", 0.1}, {"z", -std::numeric_limits<double>::infinity()}, {"b", 5e-324}};
  return result;
}

}  // namespace mpq::test
