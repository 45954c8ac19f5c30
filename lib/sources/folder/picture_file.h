// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Files of pictures, whichever of our codecs they are coded with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "codecs/jpeg/jpeg.h"
#include "codecs/png/png.h"
#include "codecs/webp/webp.h"
#include "core/image_header.h"

namespace mpq::folder {

/// A whole file, of at most 2 GiB. Throws Error(io), which names it.
std::vector<std::uint8_t> read_file(const std::filesystem::path& file);

/// Decodes JPEG, PNG and WebP, told apart by their first bytes. Not thread-safe: one for each thread.
class PictureFile {
 public:
  /// Reads the file and its header, whose formats are the codec's without its YUV ones. Throws Error(io),
  /// Error(corrupt_data), Error(unsupported), and Error(limit_exceeded) beyond `max_pixels`; each names the
  /// file.
  const ImageHeader& open(const std::filesystem::path& file, std::uint64_t max_pixels);

  /// Writes the picture opened last; see the codecs' decoders for the target. Throws as open() does.
  DecodedImageInfo decode(const MutableImageView& target);

 private:
  enum class Kind { jpeg, png, webp };
  static Kind kind_of(const std::vector<std::uint8_t>& bytes);

  std::filesystem::path file_;
  std::vector<std::uint8_t> bytes_;
  Kind kind_ = Kind::jpeg;
  ImageHeader header_;
  jpeg::Decoder jpeg_;
  png::Decoder png_;
  webp::Decoder webp_;
};

}  // namespace mpq::folder
