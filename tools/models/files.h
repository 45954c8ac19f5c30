// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Files by descriptor: every failure is an Error(io) with the system's reason.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace mpq::models {

/// Owns a descriptor, which children do not inherit.
class FileDescriptor {
 public:
  explicit FileDescriptor(int number = -1) noexcept : number_(number) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  int number() const noexcept { return number_; }
  bool is_open() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

/// Throws the Error(io) "cannot ACTION FILE: reason", with a remedy that fits the reason, which is errno's.
[[noreturn]] void file_error(const std::string& action, const std::filesystem::path& file);

FileDescriptor open_to_read(const std::filesystem::path& file);
FileDescriptor open_to_write(const std::filesystem::path& file, bool append);

/// 0 at the end.
std::size_t read_some(const FileDescriptor& in, std::span<std::uint8_t> buffer,
                      const std::filesystem::path& file);
void write_all(const FileDescriptor& out, std::span<const std::uint8_t> bytes,
               const std::filesystem::path& file);

/// Asks the system to put the file on the disk itself, so that a rename that follows never shows a hollow
/// file.
void flush_to_disk(const FileDescriptor& out, const std::filesystem::path& file);

/// Replaces `target`, whole or not at all; both in one file system.
void rename_over(const std::filesystem::path& file, const std::filesystem::path& target);

/// 0 where there is no such file.
std::uint64_t size_or_zero(const std::filesystem::path& file) noexcept;

/// Throws Error(io) if `bytes` more do not fit on the disk that `folder` is on.
void check_space(const std::filesystem::path& folder, std::uint64_t bytes);

/// "75.6 MB": for people.
std::string size_text(std::uint64_t bytes);

}  // namespace mpq::models
