// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What is known of a file that has come in part: kept beside it, so that a later process can go on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace mpq::models {

struct PartialState {
  std::string url;
  std::string version;      ///< strong ETag, or else Last-Modified; empty: the server tells none
  std::uint64_t total = 0;  ///< bytes of the whole; 0: unknown
};

/// All empty where there is none, or a damaged one: then the download begins anew.
PartialState read_state(const std::filesystem::path& path);

/// Throws Error(io).
void write_state(const PartialState& state, const std::filesystem::path& path);

}  // namespace mpq::models
