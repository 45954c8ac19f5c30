// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A fuzz target as a plain program, where there is no libFuzzer: runs it on every file of the folders (or on
// the files) named, then on a fixed number of damaged copies of them.
//   fuzz_TARGET [--mutations=N] FOLDER|FILE...
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fuzz.h"
#include "tests/support/mutate.h"

// Findings of the sanitizers become signals, so that the input can be kept.
extern "C" const char* __asan_default_options();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __ubsan_default_options();  // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __asan_default_options() {
  return "abort_on_error=1";
}
extern "C" const char* __ubsan_default_options() {
  return "abort_on_error=1:halt_on_error=1";
}

namespace {

using Data = std::vector<std::uint8_t>;

// The input that is run, for keep_input().
const std::uint8_t* current_data = nullptr;
std::size_t current_size = 0;
std::string finding_name;

// Only what may be called in a signal handler.
void keep_input(int signal) {
  const int file = open(finding_name.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const bool kept = write(file, current_data, current_size) == static_cast<ssize_t>(current_size);
  const char* sentence = kept ? "the input was kept as " : "the input could not be kept as ";
  for (const char* text : {sentence, finding_name.c_str(), "\n"})
    if (write(STDERR_FILENO, text, std::strlen(text)) < 0) break;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// A block of exactly the input's size, so that reading beyond its end shows.
void run(const Data& data) {
  const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[data.size()]);
  std::copy(data.begin(), data.end(), copy.get());
  current_data = copy.get();
  current_size = data.size();
  LLVMFuzzerTestOneInput(copy.get(), data.size());
}

// In the order of their names, so that every run is the same.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return {};  // there were no crashes yet
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Data read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view option = "--mutations=";
  finding_name = std::filesystem::path(argv[0]).filename().string() + ".finding";
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, keep_input);
  std::size_t mutations = 0;
  std::vector<Data> inputs{{}};
  for (const std::string_view argument : std::vector<std::string_view>(argv + 1, argv + argc)) {
    if (argument.starts_with(option)) {
      std::from_chars(argument.data() + option.size(), argument.data() + argument.size(), mutations);
    } else {
      for (const auto& path : files_of(argument)) inputs.push_back(read_file(path));
    }
  }
  for (const Data& input : inputs) run(input);
  mpq::test::Mutator mutator(1);
  for (std::size_t i = 0; i < mutations; ++i) {
    Data damaged = inputs[i % inputs.size()];
    mutator.damage(&damaged);
    run(damaged);
  }
  std::cout << inputs.size() << " inputs and " << mutations << " damaged ones passed\n";
  return inputs.size() > 1 ? 0 : 1;  // without a seed this proves nothing
}
