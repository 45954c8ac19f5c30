// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Other programs, run without a shell.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mpq {

struct ChildOptions {
  std::filesystem::path folder;  ///< that it runs in; empty: ours
  bool silent = false;           ///< what it says is thrown away
};

/// Runs the program of PATH that the first word names, to its end. What it prints goes to our standard error:
/// our own output is for results. Returns its exit status, 128 if a signal ended it; nothing where there is
/// no such program. Throws Error(io) where it cannot be run.
std::optional<int> run_child(std::vector<std::string> command, const ChildOptions& options = {});

}  // namespace mpq
