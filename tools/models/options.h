// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The command line of mpq-models.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/dtype.h"

namespace mpq::models {

struct Options {
  std::string command;                     ///< "list", "fetch", ...; "help" for --help anywhere
  std::vector<std::string> names;          ///< what follows the command and is no option
  std::string store;                       ///< --store, absolute; empty: writable_model_folder()
  std::string from;                        ///< --from: an https URL or a file instead of the listed sources
  std::optional<std::uint64_t> max_bytes;  ///< --max-size
  std::optional<checkpoint::Dtype> type;   ///< --type; nothing: keep
  bool yes = false, force = false, link = false, installed = false;
};

extern const char* const usage;

/// Throws Error(invalid_argument) for wrong usage.
Options parse_options(const std::vector<std::string>& arguments);

}  // namespace mpq::models
