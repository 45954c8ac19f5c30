// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "installation.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <ctime>
#include <iostream>

#include "core/error.h"
#include "core/text.h"

namespace mpq::models {
namespace {

namespace fs = std::filesystem;

FileDescriptor locked(const fs::path& file, const std::string& name) {
  // The file stays for ever: removing it would let a third process lock a new one.
  FileDescriptor lock(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!lock.is_open()) file_error("create", file);
  if (flock(lock.number(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) std::cerr << "Another mpq-models installs " << name << "; waiting for it.\n";
  while (flock(lock.number(), LOCK_EX) != 0) {
    if (errno != EINTR) file_error("lock", file);
  }
  return lock;
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char date[32] = "";
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return date;
}

}  // namespace

Installation::Installation(const fs::path& store, const std::string& name)
    : name_(name), folder_(store / name) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) {
    errno = error.value();
    file_error("create the folder", folder_);
  }
  lock_ = locked(folder_ / ".lock", name);
  remove_packages();  // of a process that was killed
}

Installation::~Installation() {
  remove_packages();
}

void Installation::remove_packages() const noexcept {
  std::error_code ignored;
  fs::remove_all(folder_ / ".package", ignored);
}

void Installation::discard_partial() const noexcept {
  std::error_code ignored;
  fs::remove(partial(), ignored);
  fs::remove(partial_state(), ignored);
}

fs::path Installation::package_folder() {
  remove_packages();
  fs::path package = folder_ / ".package";
  std::error_code error;
  fs::create_directory(package, error);
  if (error) {
    errno = error.value();
    file_error("create the folder", package);
  }
  return package;
}

StoredModel Installation::commit(StoredModel model) {
  model.name = name_;
  model.folder = folder_;
  model.date = now();
  if (!fs::is_symlink(partial())) flush_to_disk(open_to_read(partial()), partial());
  rename_over(partial(), model.path());
  write_record(model);
  discard_partial();
  return model;
}

}  // namespace mpq::models
