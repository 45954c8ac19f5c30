// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The one exception type of libmpq: what went wrong, and what the user can do about it.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace mpq {

enum class ErrorCode {
  invalid_argument,  ///< the caller's settings or input shape cannot be used
  unsupported,       ///< valid in its format, but not something this build or codec handles
  corrupt_data,      ///< a stream or file violates its format
  mismatch,          ///< inputs that must agree differ in size, rate or format
  limit_exceeded,    ///< a declared size is beyond a configured limit
  io,                ///< a file cannot be opened, read or written
  internal,          ///< a bug in mpq or in a library below it
};

/// Thrown by every libmpq function that documents an error. `what()` is the cause as one sentence without a
/// final full stop; `remedy()` says what to change, and is empty where nothing can be done (corrupt data).
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& cause, std::string remedy = {})
      : std::runtime_error(cause), code_(code), remedy_(std::move(remedy)) {}

  ErrorCode code() const noexcept { return code_; }
  const std::string& remedy() const noexcept { return remedy_; }

 private:
  ErrorCode code_;
  std::string remedy_;
};

}  // namespace mpq
