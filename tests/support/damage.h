// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Damaged copies of coded data, and what any decoder may answer to them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "core/error.h"

namespace mpq::test {

/// Hands `use` the first n bytes of `data`, for n from 0 on in steps of `step`. Each is a block of its own,
/// so that the address sanitizer sees a read past its end.
inline void for_each_truncation(std::span<const std::uint8_t> data, std::size_t step,
                                const std::function<void(std::span<const std::uint8_t>)>& use) {
  for (std::size_t n = 0; n < data.size(); n += step) {
    const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[n]);
    std::copy_n(data.begin(), n, copy.get());
    use({copy.get(), n});
  }
}

/// Hands `use` copies with 1 to 4 random bits flipped. The same on every machine.
inline void for_each_bit_flip(std::span<const std::uint8_t> data, int count,
                              const std::function<void(std::span<const std::uint8_t>)>& use) {
  std::mt19937 random(1);
  for (int i = 0; i < count; ++i) {
    std::vector<std::uint8_t> copy(data.begin(), data.end());
    for (int flips = 0; flips <= i % 4; ++flips)
      copy[random() % copy.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    use(copy);
  }
}

/// Runs `use`; an Error must have a cause and must not be a bug of ours. Returns whether there was none.
inline bool succeeds_or_explains(const std::function<void()>& use) {
  try {
    use();
    return true;
  } catch (const Error& error) {
    EXPECT_NE(error.code(), ErrorCode::internal) << error.what();
    EXPECT_STRNE(error.what(), "");
    return false;
  }
}

/// The code of the Error that `use` throws. Fails the test if there is none.
inline ErrorCode code_of(const std::function<void()>& use) {
  try {
    use();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no Error was thrown";
  return ErrorCode::internal;
}

}  // namespace mpq::test
