// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What starts the processes and watches them.
#include "watch.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <thread>

#include "core/text.h"

namespace mpq::test {
namespace {

using Clock = std::chrono::steady_clock;

double since(std::int64_t nanoseconds) {
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count() -
         1e-9 * static_cast<double>(nanoseconds);
}

/// Waits for the process, and kills it where its stream hangs. Returns why it ended, or nothing where it
/// finished.
std::string wait_for(pid_t process, Report* report) {
  int status = 0;
  bool hangs = false;
  while (waitpid(process, &status, WNOHANG) == 0) {
    const std::int64_t started = report->started;
    hangs = hangs || (started != 0 && since(started) > most_wall_seconds);
    if (hangs) kill(process, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  if (hangs) return text("it did not end within ", most_wall_seconds, " s");
  if (report->failure[0] != '\0') return report->failure.data();
  if (WIFSIGNALED(status)) return text("it crashed: ", strsignal(WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) return text("the process ended with ", WEXITSTATUS(status));
  return {};
}

void keep_finding(const Route& route, const std::filesystem::path& folder, const std::string& why,
                  const Report& report) {
  const auto path = folder / route.name / std::to_string(report.next);
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(report.input.data()),
             static_cast<std::streamsize>(report.input_size));
  std::cout << route.name << ", stream " << report.next << ": " << why << "\n  kept as " << path.string()
            << "; again: "
            << "mutate_pipelines --replay " << route.name << ' ' << path.string() << std::endl;
}

}  // namespace

Total watch(const Route& route, const std::vector<std::filesystem::path>& saved, std::uint64_t count,
            const std::filesystem::path& folder, Report* report) {
  Total total;
  const auto start = Clock::now();
  const std::uint64_t begin = report->next;
  while (report->next < count) {
    std::cout.flush();
    const pid_t process = fork();
    if (process < 0) throw std::runtime_error("no process can be made");
    if (process == 0) std::exit(run_streams(route, saved, count, report));
    const std::uint64_t first = report->next;
    const std::string why = wait_for(process, report);
    report->started = 0;
    if (why.empty()) continue;
    ++total.findings;
    keep_finding(route, folder, why, *report);
    report->failure = {};
    if (total.findings >= 20 || (report->next == first && report->input_size == 0)) break;
    ++report->next;
  }
  total.streams = report->next - begin;
  total.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return total;
}

}  // namespace mpq::test
