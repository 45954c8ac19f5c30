// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What every fuzz target stands on. A target is one function that takes any bytes whatever; it may ask of the
// library more than that it does not crash, by require() and answers().
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "core/error.h"

/// The target, under the name that libFuzzer wants. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace mpq::test {

using Bytes = std::span<const std::uint8_t>;

/// Where `condition` does not hold, this input is a finding: the process ends as in a crash.
inline void require(bool condition, const char* sentence) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", sentence);
  std::abort();
}

/// Runs `use`, whose arguments all are valid but for the bytes: an Error must say that these are at fault.
/// Returns whether there was none. Other exceptions end the process.
template <class Use>
bool answers(const Use& use) {
  try {
    use();
    return true;
  } catch (const Error& error) {
    const bool fault_of_bytes =
        error.code() != ErrorCode::internal && error.code() != ErrorCode::invalid_argument;
    if (!fault_of_bytes) std::fprintf(stderr, "%s\n", error.what());
    require(fault_of_bytes, "an error on bytes from outside says what is wrong with them");
    require(*error.what() != '\0', "an error has a cause");
    return false;
  }
}

/// Takes bytes off the front of an input, for targets that need more than one run of them. Where too few are
/// left, it gives what there is.
class InputReader {
 public:
  explicit InputReader(Bytes input) : rest_(input) {}
  Bytes take(std::size_t count) {
    const Bytes taken = rest_.first(count < rest_.size() ? count : rest_.size());
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  /// 0 at the end.
  std::uint8_t byte() {
    const Bytes taken = take(1);
    return taken.empty() ? std::uint8_t{0} : taken[0];
  }
  /// A run of bytes that its length precedes, 16 bits with the low byte first.
  Bytes block() {
    const std::size_t low = byte();
    return take(low | std::size_t{byte()} << 8);
  }
  Bytes rest() const { return rest_; }

 private:
  Bytes rest_;
};

}  // namespace mpq::test
