// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Whole processes as legs of a comparison.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "benchmarks/harness.h"

namespace mpq::bench {

using Arguments = std::vector<std::string>;

/// Runs a program (looked for on the path) to its end; `environment` entries are "NAME=value" and replace
/// those of this process. Standard output is dropped; standard error too, or returned in `errors`. Throws
/// where the program cannot be run or fails.
Cost run_process(const Arguments& arguments, const Arguments& environment = {},
                 std::string* errors = nullptr);

/// Whether the program is there.
bool have_program(const std::string& name);

/// Each piece of work is one run.
Leg process_leg(std::string name, Arguments arguments, Arguments environment = {});

/// A folder for temporary files, in memory where possible; removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace mpq::bench
