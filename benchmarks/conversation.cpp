// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/conversation.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <vector>

#include "core/error.h"
#include "core/text.h"

namespace mpq::bench {

Conversation::Conversation(const Arguments& arguments) {
  std::array<int, 2> in{}, out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
    throw Error(ErrorCode::io, "no pipe can be had");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  std::vector<char*> pointers;
  for (const auto& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const int failure = posix_spawnp(&process_, pointers[0], &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  to_ = fdopen(in[1], "w");
  from_ = fdopen(out[0], "r");
  if (failure != 0)
    throw Error(ErrorCode::io, text("cannot run ", arguments[0], ": ", std::strerror(failure)));
}

Conversation::~Conversation() {
  std::fclose(to_);  // the program's end of input
  std::fclose(from_);
  waitpid(process_, nullptr, 0);
}

std::string Conversation::ask(const std::string& line) {
  if (std::fprintf(to_, "%s\n", line.c_str()) < 0 || std::fflush(to_) != 0)
    throw Error(ErrorCode::io, "the peer program has ended");
  std::string answer;
  for (int c = std::fgetc(from_); c != '\n'; c = std::fgetc(from_)) {
    if (c == EOF) throw Error(ErrorCode::io, "the peer program has ended");
    answer += static_cast<char>(c);
  }
  return answer;
}

}  // namespace mpq::bench
