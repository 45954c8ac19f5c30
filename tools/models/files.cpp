// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iomanip>
#include <sstream>
#include <utility>

#include "core/error.h"
#include "core/text.h"

namespace mpq::models {
namespace {

const char* remedy_for(int reason) {
  switch (reason) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "Make room, or choose a folder on another disk with --store or MPQ_MODEL_PATH; a download goes "
             "on where it "
             "stopped.";
    case EACCES:
    case EPERM:
    case EROFS:
      return "Choose a folder that you may write to with --store or MPQ_MODEL_PATH.";
    default:
      return "Check the name, and the permissions of the file and its folder.";
  }
}

FileDescriptor opened(const std::filesystem::path& file, int flags, const char* action) {
  FileDescriptor descriptor(open(file.c_str(), flags | O_CLOEXEC, 0666));
  if (!descriptor.is_open()) file_error(action, file);
  return descriptor;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (number_ >= 0) close(number_);
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

void file_error(const std::string& action, const std::filesystem::path& file) {
  const int reason = errno;
  throw Error(ErrorCode::io, text("cannot ", action, " ", file.string(), ": ", std::strerror(reason)),
              remedy_for(reason));
}

FileDescriptor open_to_read(const std::filesystem::path& file) {
  return opened(file, O_RDONLY, "open");
}

FileDescriptor open_to_write(const std::filesystem::path& file, bool append) {
  return opened(file, O_WRONLY | O_CREAT | O_NOFOLLOW | (append ? O_APPEND : O_TRUNC), "create");
}

std::size_t read_some(const FileDescriptor& in, std::span<std::uint8_t> buffer,
                      const std::filesystem::path& file) {
  for (;;) {
    const ssize_t size = read(in.number(), buffer.data(), buffer.size());
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno != EINTR) file_error("read", file);
  }
}

void write_all(const FileDescriptor& out, std::span<const std::uint8_t> bytes,
               const std::filesystem::path& file) {
  while (!bytes.empty()) {
    const ssize_t size = write(out.number(), bytes.data(), bytes.size());
    if (size >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(size));
    } else if (errno != EINTR) {
      file_error("write", file);
    }
  }
}

void flush_to_disk(const FileDescriptor& out, const std::filesystem::path& file) {
  if (fsync(out.number()) != 0 && errno != EINVAL) file_error("write", file);
}

void rename_over(const std::filesystem::path& file, const std::filesystem::path& target) {
  if (std::rename(file.c_str(), target.c_str()) != 0) file_error("create", target);
}

std::uint64_t size_or_zero(const std::filesystem::path& file) noexcept {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

void check_space(const std::filesystem::path& folder, std::uint64_t bytes) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(folder, error);
  if (error || space.available >= bytes) return;
  throw Error(ErrorCode::io,
              text(size_text(bytes), " more are needed in ", folder.string(), ", where ",
                   size_text(space.available), " are free"),
              remedy_for(ENOSPC));
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1000) return text(bytes, " B");
  const char* const units[] = {"kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < std::size(units); ++unit) value /= 1000;
  std::ostringstream out;
  out << std::setprecision(3) << value << ' ' << units[unit];
  return out.str();
}

}  // namespace mpq::models
