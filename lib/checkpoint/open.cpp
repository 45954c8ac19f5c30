// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Opens a file: maps it, finds out what it is, and says what to do where it is something else.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <new>

#include "checkpoint/checkpoint.h"
#include "checkpoint/contents.h"
#include "checkpoint/cursor.h"

namespace mpq::checkpoint {
namespace {

struct Format {
  bool (*looks_like)(Bytes);
  Contents (*read)(const Source&);
};

// In this order: those without a signature come last.
constexpr std::array<Format, 6> formats{{{looks_like_zip, read_zip},
                                         {looks_like_npy, read_npy},
                                         {looks_like_torch_legacy, read_torch_legacy},
                                         {looks_like_pickle, read_pickle},
                                         {looks_like_safetensors, read_safetensors},
                                         {looks_like_onnx, read_onnx}}};

struct Stranger {
  std::size_t at;
  std::string_view signature;
  const char* what;
  const char* remedy;
};

using namespace std::string_view_literals;
constexpr std::array<Stranger, 10> strangers{{
    {0, "version https://git-lfs"sv, "a pointer of Git LFS, not the file itself",
     "Run `git lfs pull` in its repository."},
    {0, "<"sv, "a web page or XML, not a checkpoint",
     "Download the file itself, not the page that shows it."},
    {0, "\x1f\x8b"sv, "compressed by gzip", "Unpack it first: gzip -dk FILE."},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "compressed by xz", "Unpack it first: xz -dk FILE."},
    {0, "\x28\xb5\x2f\xfd"sv, "compressed by zstd", "Unpack it first: zstd -dk FILE."},
    {0, "BZh"sv, "compressed by bzip2", "Unpack it first: bzip2 -dk FILE."},
    {257, "ustar"sv, "a tar archive", "Unpack it first: tar -xf FILE."},
    {0, "\x89HDF\r\n"sv, "HDF5 (Keras), which this version does not read",
     "Convert it to .safetensors or .npz."},
    {0, "GGUF"sv, "GGUF, which this version does not read", "Use the original weights as .safetensors."},
    {4, "TFL3"sv, "TensorFlow Lite, which this version does not read",
     "Use the original weights as .safetensors."},
}};

[[noreturn]] void unknown(Bytes bytes) {
  for (const Stranger& stranger : strangers) {
    if (bytes.size() > stranger.at && starts_with(bytes.subspan(stranger.at), stranger.signature))
      throw Error(ErrorCode::unsupported, text("this is ", stranger.what), stranger.remedy);
  }
  throw Error(ErrorCode::unsupported, bytes.empty() ? "the file is empty" : "the format is not known",
              "Name a .safetensors, .pt, .pth, .bin, .th, .npz, .npy or .onnx file.");
}

Contents read_any(const Source& source) {
  for (const Format& format : formats)
    if (format.looks_like(source.bytes)) return format.read(source);
  unknown(source.bytes);
}

class Descriptor {
 public:
  explicit Descriptor(int file) : file_(file) {}
  ~Descriptor() {
    if (file_ >= 0) close(file_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return file_; }

 private:
  int file_;
};

[[noreturn]] void cannot_open(const std::filesystem::path& path, const char* why) {
  throw Error(ErrorCode::io, text("cannot open ", path.string(), ": ", why),
              "Check the name and the permissions of the file.");
}

// Mapped pages come from the disk when they are touched, and leave memory when it is scarce.
Source map_file(const std::filesystem::path& path) {
  // Without waiting: the name may be that of a pipe that nobody writes to.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) cannot_open(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    cannot_open(path, S_ISDIR(status.st_mode) ? "it is a folder" : "it is no regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return {};
  void* const memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) cannot_open(path, std::strerror(errno));
  std::shared_ptr<const void> owner(memory,
                                    [size](const void* mapped) { munmap(const_cast<void*>(mapped), size); });
  return {{static_cast<const std::uint8_t*>(memory), size}, std::move(owner), /*mapped=*/true};
}

std::shared_ptr<const Checkpoint> read_source(const Source& source, const std::string& name) {
  try {
    Contents contents = read_any(source);
    if (source.mapped) contents.mapping = source.bytes;
    return std::make_shared<const Checkpoint>(name, source.bytes.size(), std::move(contents));
  } catch (const Error& error) {
    rethrow_for(name, error);
  } catch (const std::bad_alloc&) {
    rethrow_for(name, Error(ErrorCode::limit_exceeded, "not enough memory to open it"));
  }
}

}  // namespace

void Checkpoint::release(const Data& data) const noexcept {
  const Bytes mapping = contents_->mapping;
  const std::less<const std::uint8_t*> before;
  const std::uint8_t* const first = data.bytes.data();
  if (data.bytes.empty() || mapping.empty() || before(first, mapping.data()) ||
      !before(first, mapping.data() + mapping.size()))
    return;
  // Whole pages, those shared with neighbours too: a page that is dropped is only read once more.
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto begin = static_cast<std::size_t>(first - mapping.data()) / page * page;
  const auto end = static_cast<std::size_t>(first - mapping.data()) + data.bytes.size();
  madvise(const_cast<std::uint8_t*>(mapping.data()) + begin, end - begin, MADV_DONTNEED);
}

std::shared_ptr<const Checkpoint> open(const std::filesystem::path& path) {
  return read_source(map_file(path), path.string());
}

std::shared_ptr<const Checkpoint> read(Bytes bytes, const std::string& name,
                                       std::shared_ptr<const void> owner) {
  return read_source({bytes, std::move(owner)}, name);
}

}  // namespace mpq::checkpoint
