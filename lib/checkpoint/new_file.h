// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A file that is there whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace mpq::checkpoint {

/// Is written under another name in the same folder, and takes its own with commit(); without that, nothing
/// is left of it. Errors are Error(io) with the file, the system's reason and a remedy.
class NewFile {
 public:
  /// Throws, too, where `path` is something that a file cannot replace: a folder, or a device.
  explicit NewFile(std::filesystem::path path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::span<const std::uint8_t> bytes);
  /// Returns when the file is on the disk and has replaced what had its name.
  void commit();

 private:
  std::filesystem::path path_, draft_;
  int descriptor_ = -1;
};

}  // namespace mpq::checkpoint
