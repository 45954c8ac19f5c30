// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Whether the library under test is built with AddressSanitizer, which tests are not told when they are
// compiled.
#pragma once

extern "C" [[gnu::weak]] void __asan_init();

namespace mpq::test {

inline bool sanitized() {
  return __asan_init != nullptr;
}

}  // namespace mpq::test
