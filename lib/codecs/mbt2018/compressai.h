// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Files as CompressAI's examples/codec.py writes and reads them: for exchange with it, and exact only as far
// as floating point is. A picture that another machine, number of threads or LibTorch coded may come out
// garbled, and nothing in the file would tell.
//
// Big-endian: u8 model, u8 metric << 4 | quality - 1, u32 height, u32 width, u8 bit depth (not in files
// before CompressAI 1.2), u32 height and u32 width of z, u32 number of strings (2), and for each a u32 length
// and its bytes: y, then z.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "codecs/mbt2018/architecture.h"
#include "core/encoded.h"
#include "core/image.h"
#include "core/image_header.h"

namespace mpq::mbt2018 {

class Reference;
class Transforms;
struct Tables;

/// Length in bytes of the file at the start of `bytes`, or nothing if its end is not there yet. Throws
/// Error(corrupt_data) where none starts.
std::optional<std::size_t> compressai_length(std::span<const std::uint8_t> bytes);

/// Codes and decodes with one model, in float32. Not thread-safe: one for each thread.
class CompressaiCodec {
 public:
  /// `quality`, 1 to 8, is written into files, where CompressAI looks which model to take. Throws what open()
  /// throws.
  CompressaiCodec(const std::filesystem::path& weights, int threads, int quality);
  ~CompressaiCodec();

  /// Codes a picture (rgb24). The bytes are valid until the next call.
  EncodedImage encode(const ImageView& picture);

  /// Throws Error(corrupt_data, mismatch, unsupported).
  ImageHeader read_header(std::span<const std::uint8_t> bytes) const;
  /// `image` is rgb24 and of the header's size. Throws as read_header() does.
  DecodedImageInfo decode(std::span<const std::uint8_t> bytes, const MutableImageView& image);

 private:
  Architecture architecture_;
  int quality_;
  std::unique_ptr<const Tables> tables_;
  std::vector<float> scale_steps_;
  std::shared_ptr<const Reference> reference_;
  std::shared_ptr<const Transforms> transforms_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace mpq::mbt2018
