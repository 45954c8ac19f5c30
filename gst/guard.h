// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The wall between C++ and GLib: no exception crosses it, each becomes a posted error with cause and remedy.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <exception>
#include <string>

#include "core/error.h"

namespace mpq::gst {

/// Posts `error` as an element error: the user sees cause and remedy, the debug text holds the code.
void post_error(GstElement* element, const std::exception& error) noexcept;

/// Posts a warning: streaming goes on.
void post_warning(GstElement* element, const std::string& cause, const std::string& remedy = {}) noexcept;

/// Of one kind from one element; further ones are only counted: a bus is no log file.
constexpr std::uint64_t warnings_posted = 10;

/// Posts an information message.
void post_info(GstElement* element, const std::string& what) noexcept;

/// Runs `body` and returns its result; an exception is posted on `element` and gives `failure` instead.
template <class Result, class Body>
Result guarded(GstElement* element, Result failure, Body&& body) noexcept {
  try {
    return body();
  } catch (const std::exception& error) {
    post_error(element, error);
  }
  return failure;
}

}  // namespace mpq::gst
