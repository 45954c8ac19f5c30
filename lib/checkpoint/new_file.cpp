// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/text.h"

namespace mpq::checkpoint {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char* action, const fs::path& path) {
  const int reason = errno;
  const bool full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
  throw Error(ErrorCode::io, text("cannot ", action, ' ', path.string(), ": ", std::strerror(reason)),
              full ? "Make room, or write to another disk."
                   : "Name a file in a folder that is there and that you may write to.");
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// Of its own for each file, also those that several threads or processes write at once.
fs::path draft_name() {
  static std::atomic<unsigned> count{0};
  return text(".mpq-", getpid(), '-', count++, ".partial");
}

// A rename is on the disk when its folder is. Not every file system can be asked, and nothing is lost.
void flush_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace

NewFile::NewFile(fs::path path) : path_(std::move(path)) {
  std::error_code ignored;
  const fs::file_status old = fs::status(path_, ignored);
  if (fs::exists(old) && !fs::is_regular_file(old))
    throw Error(
        ErrorCode::io,
        text(path_.string(), fs::is_directory(old) ? " is a folder" : " is there, and no regular file"),
        "Name a file.");
  do {  // what a process of the same number left behind stays
    draft_ = folder_of(path_) / draft_name();
    descriptor_ = ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) fail("create", path_);
}

NewFile::~NewFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(draft_.c_str());
}

void NewFile::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(descriptor_, bytes.data(), bytes.size());
    if (size >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(size));
    } else if (errno != EINTR) {
      fail("write", path_);
    }
  }
}

void NewFile::commit() {
  if (fsync(descriptor_) != 0 && errno != EINVAL) fail("write", path_);
  if (std::rename(draft_.c_str(), path_.c_str()) != 0) fail("create", path_);
  close(std::exchange(descriptor_, -1));
  flush_folder(folder_of(path_));
}

}  // namespace mpq::checkpoint
