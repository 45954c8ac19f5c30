// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Development data beside the checkout (real photographs, parity cases); tests that need it skip without it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace mpq::test {

/// `relative` inside the shared folder, or an empty path where that is absent.
inline std::filesystem::path shared_file(const std::filesystem::path& relative) {
  const char* root = std::getenv("MPQ_SHARED_DIR");
  if (root == nullptr) return {};
  auto path = std::filesystem::path(root) / relative;
  return std::filesystem::exists(path) ? path : std::filesystem::path();
}

}  // namespace mpq::test

/// Skips the test, naming what it lacks. The test script fails a skip with this text where the folder exists.
#define MPQ_REQUIRE_SHARED(variable, relative)                               \
  const std::filesystem::path variable = ::mpq::test::shared_file(relative); \
  if (variable.empty()) GTEST_SKIP() << "needs the development data: " << (relative)
