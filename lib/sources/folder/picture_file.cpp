// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "sources/folder/picture_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/error.h"
#include "core/text.h"

namespace mpq::folder {
namespace {

constexpr std::uintmax_t max_bytes = std::uintmax_t{2} << 30;

/// Runs one step of a codec, whose errors do not know the file's name.
template <class Step>
auto naming(const std::filesystem::path& file, const Step& step) {
  try {
    return step();
  } catch (const Error& error) {
    throw Error(error.code(), text(file.string(), " cannot be decoded: ", error.what()), error.remedy());
  }
}

}  // namespace

std::vector<std::uint8_t> read_file(const std::filesystem::path& file) {
  const auto fail = [&](const std::string& why) {
    throw Error(ErrorCode::io, text(file.string(), " cannot be read: ", why), "Check the file");
  };
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) fail(error.message());
  if (size > max_bytes) fail("it has more than 2 GiB");
  std::vector<std::uint8_t> bytes(size);
  std::ifstream stream(file, std::ios::binary);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!stream) fail(std::strerror(errno));
  return bytes;
}

PictureFile::Kind PictureFile::kind_of(const std::vector<std::uint8_t>& bytes) {
  if (bytes.empty()) throw Error(ErrorCode::corrupt_data, "the file is empty");
  if (png::is_png(bytes)) return Kind::png;
  if (bytes.size() >= 2 && bytes[0] == 0xFF && bytes[1] == 0xD8) return Kind::jpeg;
  if (bytes.size() >= 12 && std::memcmp(bytes.data(), "RIFF", 4) == 0 &&
      std::memcmp(bytes.data() + 8, "WEBP", 4) == 0)
    return Kind::webp;
  throw Error(ErrorCode::unsupported, "it is neither JPEG, PNG nor WebP", "Convert or remove it");
}

const ImageHeader& PictureFile::open(const std::filesystem::path& file, std::uint64_t max_pixels) {
  file_ = file;
  bytes_ = read_file(file);
  header_ = naming(file_, [&] {
    kind_ = kind_of(bytes_);
    return kind_ == Kind::jpeg  ? jpeg_.read_header(bytes_)
           : kind_ == Kind::png ? png_.read_header(bytes_)
                                : webp_.read_header(bytes_);
  });
  if (static_cast<std::uint64_t>(header_.width) * static_cast<std::uint64_t>(header_.height) > max_pixels)
    throw Error(ErrorCode::limit_exceeded,
                text(file_.string(), " is ", header_.width, 'x', header_.height, ", more than ", max_pixels,
                     " pixels"),
                "Raise the property max-pixels to allow it");
  std::erase_if(header_.formats, is_yuv);
  return header_;
}

DecodedImageInfo PictureFile::decode(const MutableImageView& target) {
  return naming(file_, [&] {
    return kind_ == Kind::jpeg  ? jpeg_.decode(bytes_, target)
           : kind_ == Kind::png ? png_.decode(bytes_, target)
                                : webp_.decode(bytes_, target);
  });
}

}  // namespace mpq::folder
