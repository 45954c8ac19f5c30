// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "core/error.h"
#include "core/text.h"

namespace mpq::bench {
namespace {

std::vector<char*> pointers(const Arguments& strings) {
  std::vector<char*> result;
  for (const auto& s : strings) result.push_back(const_cast<char*>(s.c_str()));
  result.push_back(nullptr);
  return result;
}

Arguments merged_environment(const Arguments& changes) {
  Arguments merged = changes;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::size_t name = std::strcspn(*entry, "=") + 1;
    bool replaced = false;
    for (const auto& change : changes) replaced = replaced || change.compare(0, name, *entry, name) == 0;
    if (!replaced) merged.emplace_back(*entry);
  }
  return merged;
}

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
}

pid_t spawn(const Arguments& arguments, const Arguments& environment, const std::string& error_file) {
  const Arguments merged = merged_environment(environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, error_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t pid = 0;
  const int failure = posix_spawnp(&pid, arguments.front().c_str(), &actions, nullptr,
                                   pointers(arguments).data(), pointers(merged).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0)
    throw Error(ErrorCode::io, text("cannot run ", arguments.front(), ": ", std::strerror(failure)));
  return pid;
}

}  // namespace

Cost run_process(const Arguments& arguments, const Arguments& environment, std::string* errors) {
  const TemporaryFolder folder;
  const std::string error_file = errors != nullptr ? (folder.path() / "stderr").string() : "/dev/null";
  Clock clock;
  clock.start();
  const pid_t pid = spawn(arguments, environment, error_file);
  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  clock.stop();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw Error(ErrorCode::internal, text(arguments.front(), " ended with status ", status));
  }
  if (errors != nullptr) {
    std::ifstream file(error_file);
    errors->assign(std::istreambuf_iterator<char>(file), {});
  }
  return {clock.cost().wall, seconds(usage.ru_utime) + seconds(usage.ru_stime)};
}

bool have_program(const std::string& name) {
  try {
    run_process({"sh", "-c", "command -v " + name});
    return true;
  } catch (const Error&) {
    return false;
  }
}

Leg process_leg(std::string name, Arguments arguments, Arguments environment) {
  return {std::move(name), [arguments = std::move(arguments), environment = std::move(environment)](
                               std::size_t count, Bytes*) {
            Cost total;
            for (std::size_t i = 0; i < count; ++i) total += run_process(arguments, environment);
            return total;
          }};
}

TemporaryFolder::TemporaryFolder() {
  std::error_code none;
  std::string name =
      std::filesystem::is_directory("/dev/shm", none) ? "/dev/shm/mpq-bench-XXXXXX" : "/tmp/mpq-bench-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw Error(ErrorCode::io, "cannot make a temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code none;
  std::filesystem::remove_all(path_, none);
}

}  // namespace mpq::bench
