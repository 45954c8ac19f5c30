// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "extract.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "files.h"

namespace mpq::models {
namespace {

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file)
      : name_(file.filename().string()), archive_(archive_read_new()) {
    archive_read_support_filter_gzip(archive_.get());
    archive_read_support_format_tar(archive_.get());
    archive_read_support_format_zip(archive_.get());
    if (archive_read_open_filename(archive_.get(), file.c_str(), std::size_t{1} << 16) != ARCHIVE_OK)
      damaged();
  }

  // Null at the end.
  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(archive_.get(), &entry);
    if (result == ARCHIVE_EOF) return nullptr;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) damaged();
    return entry;
  }

  // Empty at the member's end.
  std::span<const std::uint8_t> read(std::span<std::uint8_t> buffer) {
    const la_ssize_t size = archive_read_data(archive_.get(), buffer.data(), buffer.size());
    if (size < 0) damaged();
    return buffer.first(static_cast<std::size_t>(size));
  }

  const std::string& name() const { return name_; }

 private:
  [[noreturn]] void damaged() {
    const char* reason = archive_error_string(archive_.get());
    throw Error(ErrorCode::corrupt_data,
                text("the package ", name_, " is damaged: ", reason == nullptr ? "unknown reason" : reason),
                "Try again; pip and npm keep what they have loaded: pip cache purge, npm cache verify.");
  }

  struct Free {
    void operator()(archive* a) const { archive_read_free(a); }
  };
  std::string name_;
  std::unique_ptr<archive, Free> archive_;
};

void find(Reader& reader, const std::string& member) {
  while (archive_entry* entry = reader.next()) {
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr || path != member) continue;
    if (archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == nullptr) return;
    throw Error(ErrorCode::corrupt_data, text(member, " in the package ", reader.name(), " is no file"),
                "The package is not what mpq's list says: do not use it.");
  }
  throw Error(ErrorCode::corrupt_data, text("the package ", reader.name(), " has no file ", member),
              "The publisher may have changed the package: mpq's list is out of date.");
}

}  // namespace

void extract_member(const std::filesystem::path& archive, const std::string& member,
                    const std::filesystem::path& target, std::uint64_t max_bytes) {
  Reader reader(archive);
  find(reader, member);
  const FileDescriptor out = open_to_write(target, false);
  std::vector<std::uint8_t> buffer(std::size_t{1} << 20);
  std::uint64_t total = 0;
  for (auto part = reader.read(buffer); !part.empty(); part = reader.read(buffer)) {
    total += part.size();
    if (total > max_bytes) {
      throw Error(ErrorCode::limit_exceeded, text(member, " has more than ", size_text(max_bytes)),
                  "If that is right, allow it with --max-size.");
    }
    write_all(out, part, target);
  }
}

}  // namespace mpq::models
