// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs a program as a user's shell does.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace mpq::test {

struct Outcome {
  int status = -1;     // of the shell; -1: it did not run to its end
  std::string output;  // standard output and error together

  bool says(const std::string& words) const { return output.find(words) != std::string::npos; }
};

/// A command of the shell, in a folder.
inline Outcome run_in(const std::string& folder, const std::string& command) {
  FILE* pipe = popen(("cd '" + folder + "' && { " + command + "; } 2>&1").c_str(), "r");
  Outcome outcome;
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe))
    outcome.output.append(part.data(), size);
  const int state = pclose(pipe);
  outcome.status = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
  return outcome;
}

}  // namespace mpq::test
