// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// JPEG by libjpeg-turbo (ISO/IEC 10918-1): encoder, decoder, and where a picture ends in a run of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/encoded.h"
#include "core/image.h"
#include "core/image_header.h"

namespace mpq::jpeg {

enum class Subsampling {
  s420,  ///< chroma halved both ways
  s422,  ///< chroma halved horizontally
  s444,  ///< chroma at full size
  gray,  ///< luma only
};

struct EncoderOptions {
  int quality = 5;  ///< 1 to 100, libjpeg's scaling of the tables of ISO/IEC 10918-1 annex K
  Subsampling subsampling = Subsampling::s420;
  bool progressive = false;      ///< several scans; implies optimize_coding
  bool optimize_coding = false;  ///< Huffman tables made for each picture: smaller, slower, same pixels

  bool operator==(const EncoderOptions&) const = default;
};

inline constexpr int max_dimension = 65500;  ///< width and height that libjpeg writes and reads
inline constexpr int max_scans = 100;        ///< a progressive picture with more is refused

/// Writes JFIF pictures with 8-bit quantization tables at every quality (`cjpeg -baseline`): the bytes are
/// those of that tool for the same picture and settings. Keeps its state and buffers between calls. Not
/// thread-safe: one for each thread.
class Encoder {
 public:
  Encoder();
  ~Encoder();
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;

  /// Takes rgb24, rgba32 (alpha is ignored), gray8 (always gives a gray JPEG), and i420, y42b, y444 (full
  /// range, BT.601, as JFIF has it) where the subsampling option is theirs; with Subsampling::gray their Y
  /// plane alone is coded. The result has an owner. Throws Error(invalid_argument) for other combinations and
  /// for options out of range, Error(unsupported) beyond max_dimension.
  EncodedImage encode(const ImageView& image, const EncoderOptions& options);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads baseline, extended and progressive pictures, 8 bits a sample. The pixels are those of `djpeg` at its
/// defaults. Not thread-safe: one for each thread.
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// Reads up to the first scan. `formats` is rgb24, the stream's own YUV layout if it has one of ours,
  /// rgba32, gray8 for colour; gray8, rgb24, rgba32 for gray. Throws Error(corrupt_data); Error(unsupported)
  /// for CMYK, 12-bit and other kinds of JPEG.
  ImageHeader read_header(std::span<const std::uint8_t> bytes);

  /// Writes the whole picture into `image`, whose size must be the header's and whose format one of
  /// `formats`, otherwise Error(invalid_argument). rgba32 gets alpha 255; YUV is full range, BT.601. Where
  /// data are missing or damaged the picture is what the library makes of it, and `warnings` says so. Throws
  /// as read_header() does, and Error(limit_exceeded) beyond max_scans.
  DecodedImageInfo decode(std::span<const std::uint8_t> bytes, const MutableImageView& image);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Finds the end of a picture while its bytes arrive, without reading any byte twice.
class FrameScanner {
 public:
  /// `bytes` starts with the picture's first byte and is, after the first call, the previous call's bytes
  /// followed by zero or more new ones. Returns the picture's length, SOI to EOI, or nothing if its end is
  /// not there yet. A new SOI inside ends the picture too: it was cut short. Throws Error(corrupt_data) if
  /// `bytes` does not start with SOI. Call reset() before the next picture.
  std::optional<std::size_t> length(std::span<const std::uint8_t> bytes);
  void reset() { *this = {}; }

 private:
  std::size_t position_ = 0;  // where the search for the next marker goes on; may lie beyond the bytes
};

/// FrameScanner for bytes that are all there.
std::optional<std::size_t> frame_length(std::span<const std::uint8_t> bytes);

/// How many bytes to discard until the next SOI, or what may become one as bytes arrive; all where none is.
std::size_t find_start(std::span<const std::uint8_t> bytes);

}  // namespace mpq::jpeg
