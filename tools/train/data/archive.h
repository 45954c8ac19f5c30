// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Archives, and archives within archives (a .deb is an ar of tars), by libarchive.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct archive;

namespace mpq::train {

/// Files of an archive, one after the other: ar, tar or zip, compressed by gzip, xz, zstd or bzip2. Only
/// names and contents: no link or permission of the archive has any effect. Not thread-safe.
class Archive {
 public:
  /// Throws Error(corrupt_data) that names the archive, as all the calls do where it is damaged.
  explicit Archive(const std::filesystem::path& file);
  /// Reads the member that `outer` is at, as an archive. `outer` must outlive this and stay where it is.
  explicit Archive(Archive& outer);
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  /// Goes to the next regular file; false at the end.
  bool next();
  /// Its path, without a leading "./" or "/".
  const std::string& path() const noexcept { return path_; }
  /// Its contents, once. Throws Error(limit_exceeded) where they have more than `most` bytes.
  std::vector<std::uint8_t> contents(std::size_t most);

 private:
  struct Free {
    void operator()(archive* a) const;
  };
  struct Source;
  [[noreturn]] void damaged() const;

  std::string name_, path_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<archive, Free> archive_;
};

}  // namespace mpq::train
