// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// One file out of a package: wheels (zip) and npm's packages (tar, gzip), by libarchive.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace mpq::models {

/// Writes the content of `member` to `target`. Only the content: no name, link or permission of the archive
/// has any effect. Throws Error(corrupt_data) if there is no such member, if it is a link or a folder, or if
/// the archive is damaged; Error(limit_exceeded) if it has more than `max_bytes`; Error(io).
void extract_member(const std::filesystem::path& archive, const std::string& member,
                    const std::filesystem::path& target, std::uint64_t max_bytes);

}  // namespace mpq::models
