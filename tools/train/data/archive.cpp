// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <cerrno>

#include "core/error.h"
#include "core/text.h"

namespace mpq::train {

struct Archive::Source {
  archive* outer;
  std::array<std::uint8_t, std::size_t{1} << 16> part;

  /// libarchive's callback: the next bytes of the member that `outer` is at.
  static la_ssize_t read(archive* inner, void* data, const void** bytes) {
    auto* source = static_cast<Source*>(data);
    const la_ssize_t size = archive_read_data(source->outer, source->part.data(), source->part.size());
    if (size < 0) archive_set_error(inner, EILSEQ, "%s", archive_error_string(source->outer));
    *bytes = source->part.data();
    return size;
  }
};

void Archive::Free::operator()(archive* a) const {
  archive_read_free(a);
}

namespace {

archive* new_reader() {
  archive* reader = archive_read_new();
  archive_read_support_filter_gzip(reader);
  archive_read_support_filter_xz(reader);
  archive_read_support_filter_zstd(reader);
  archive_read_support_filter_bzip2(reader);
  archive_read_support_format_ar(reader);
  archive_read_support_format_tar(reader);
  archive_read_support_format_zip(reader);
  return reader;
}

}  // namespace

Archive::Archive(const std::filesystem::path& file)
    : name_(file.filename().string()), archive_(new_reader()) {
  if (archive_read_open_filename(archive_.get(), file.c_str(), std::size_t{1} << 16) != ARCHIVE_OK) damaged();
}

Archive::Archive(Archive& outer)
    : name_(outer.name_ + ": " + outer.path_),
      source_(new Source{outer.archive_.get(), {}}),
      archive_(new_reader()) {
  if (archive_read_open(archive_.get(), source_.get(), nullptr, &Source::read, nullptr) != ARCHIVE_OK)
    damaged();
}

Archive::~Archive() = default;

void Archive::damaged() const {
  const char* reason = archive_error_string(archive_.get());
  throw Error(ErrorCode::corrupt_data,
              text("the package ", name_, " is damaged: ", reason == nullptr ? "unknown reason" : reason),
              "Delete it and run the same command again.");
}

bool Archive::next() {
  for (;;) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(archive_.get(), &entry);
    if (result == ARCHIVE_EOF) return false;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) damaged();
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr || archive_entry_filetype(entry) != AE_IFREG ||
        archive_entry_hardlink(entry) != nullptr)
      continue;
    path_ = path;
    if (path_.starts_with("./")) path_.erase(0, 2);
    path_.erase(0, path_.find_first_not_of('/'));
    return true;
  }
}

std::vector<std::uint8_t> Archive::contents(std::size_t most) {
  std::vector<std::uint8_t> bytes;
  std::array<std::uint8_t, std::size_t{1} << 16> part;
  for (;;) {
    const la_ssize_t size = archive_read_data(archive_.get(), part.data(), part.size());
    if (size < 0) damaged();
    if (size == 0) return bytes;
    bytes.insert(bytes.end(), part.begin(), part.begin() + size);
    if (bytes.size() > most)
      throw Error(ErrorCode::limit_exceeded, text(name_, ": ", path_, " has more than ", most >> 20, " MiB"));
  }
}

}  // namespace mpq::train
