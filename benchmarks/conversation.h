// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A program that stays for the whole run and does pieces of work when it is asked to: a peer that takes long
// to start.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>

#include "benchmarks/process.h"

namespace mpq::bench {

class Conversation {
 public:
  /// Runs a program (looked for on the path). Throws Error(io) where it cannot be run.
  explicit Conversation(const Arguments& arguments);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// Sends a line and waits for a line, both without their ends. Throws Error(io) where the program has
  /// ended.
  std::string ask(const std::string& line);

 private:
  pid_t process_ = 0;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

}  // namespace mpq::bench
