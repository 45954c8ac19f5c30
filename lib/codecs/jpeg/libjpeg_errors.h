// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// libjpeg's errors and warnings, kept apart from C++: no exception passes through its frames and its
// longjmp() passes over no destructor. Private to this folder.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>

#include <string>
#include <type_traits>
#include <vector>

namespace mpq::jpeg {

/// What libjpeg said since begin(). Its arrays are of fixed size because libjpeg's callbacks fill them, where
/// nothing may throw.
struct ErrorHandler : jpeg_error_mgr {
  static constexpr int max_warnings = 8;
  std::jmp_buf jump;
  int error_code;
  char error[JMSG_LENGTH_MAX];
  int warning_count;
  int warning_codes[max_warnings];
  char warnings[max_warnings][JMSG_LENGTH_MAX];
};

/// Installs the callbacks; the result goes into `err` of a libjpeg structure.
jpeg_error_mgr* install(ErrorHandler& handler);

/// Forgets earlier errors and warnings.
void begin(ErrorHandler& handler);

/// Runs `body`, which may call libjpeg, and returns whether it came to its end; if not, libjpeg's message is
/// in the handler. longjmp() leaves `body`, so every variable inside it must be trivially destructible; nor
/// may it throw.
template <class Body>
[[nodiscard, gnu::noinline]] bool run_guarded(ErrorHandler& handler, const Body& body) {
  static_assert(std::is_trivially_destructible_v<Body>, "longjmp() would not run the destructors");
  if (setjmp(handler.jump) != 0) return false;
  body();
  return true;
}

/// Fails as libjpeg itself does, from within run_guarded(); throw_error() makes it an Error(limit_exceeded).
[[noreturn]] void fail_limit(j_common_ptr info, const char* message);

/// Throws the handler's message as an Error whose code follows from libjpeg's.
[[noreturn]] void throw_error(const ErrorHandler& handler);

std::vector<std::string> collect_warnings(const ErrorHandler& handler);

}  // namespace mpq::jpeg
