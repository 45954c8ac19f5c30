// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checksum.h"

#include <glib.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "files.h"

namespace mpq::models {

std::string sha256_of(const std::filesystem::path& file) {
  const std::unique_ptr<GChecksum, decltype(&g_checksum_free)> sum(g_checksum_new(G_CHECKSUM_SHA256),
                                                                   g_checksum_free);
  const FileDescriptor in = open_to_read(file);
  std::vector<std::uint8_t> part(std::size_t{1} << 20);
  while (const std::size_t size = read_some(in, part, file)) {
    g_checksum_update(sum.get(), part.data(), static_cast<gssize>(size));
  }
  return g_checksum_get_string(sum.get());
}

bool check_against_list(const ModelEntry& entry, std::uint64_t size, const std::string& sha256) {
  const char* const remedy =
      "Nothing was installed. If the publisher has changed the file, mpq's list is out of date; otherwise "
      "somebody "
      "else has, or it was damaged on its way: try again later.";
  if (entry.size && *entry.size != size) {
    throw Error(ErrorCode::mismatch,
                text("this file has ", size, " bytes, ", entry.name, " has ", *entry.size), remedy);
  }
  if (!sha256.starts_with(entry.sha256)) {
    throw Error(ErrorCode::mismatch,
                text("this file has the SHA-256 ", sha256, ", ", entry.name, " has ", entry.sha256,
                     entry.sha256.size() < 64 ? "..." : ""),
                remedy);
  }
  return !entry.sha256.empty();
}

}  // namespace mpq::models
