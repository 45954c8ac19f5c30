// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// WebP by libwebp (RFC 9649): encoder, decoder, and where a picture ends in a run of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/encoded.h"
#include "core/image.h"
#include "core/image_header.h"

namespace mpq::webp {

/// libwebp's tuning for kinds of pictures; its own settings of filter and noise shaping.
enum class Preset { default_, picture, photo, drawing, icon, text };

struct EncoderOptions {
  float quality = 0;  ///< 0 to 100; where lossless: effort, not fidelity
  int method = 4;     ///< 0 (fast) to 6 (small)
  Preset preset = Preset::default_;
  bool lossless = false;
  int near_lossless = 100;  ///< 0 (most preprocessing) to 100 (none); for lossless only
  int alpha_quality = 100;  ///< 0 to 100 (lossless alpha); for lossy only
  bool exact = false;       ///< keep the colours under fully transparent pixels

  bool operator==(const EncoderOptions&) const = default;
};

inline constexpr int max_dimension = 16383;  ///< width and height that the format can express

/// Writes one still picture a call, without metadata; the bytes are those of `cwebp` for the same picture and
/// settings. Keeps its configuration and buffers between calls. Not thread-safe: one for each thread.
class Encoder {
 public:
  Encoder();
  ~Encoder();
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;

  /// Takes rgb24; rgba32, whose alpha is coded where any pixel is not opaque; gray8, as the RGB picture with
  /// three equal channels; and i420, which a lossy picture codes as it is: limited range, BT.601 (lossless
  /// converts it to RGB first; Preset::photo does not dither it, as cwebp would). The bytes are valid until
  /// the next call or the encoder's end. Throws Error(invalid_argument) for y42b, y444 and options out of
  /// range, Error(unsupported) beyond max_dimension.
  EncodedImage encode(const ImageView& image, const EncoderOptions& options);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads still pictures, lossy and lossless, with and without alpha. The pixels are those of
/// `dwebp -nodither`. Not thread-safe: one for each thread.
class Decoder {
 public:
  /// `formats` is rgb24, i420 (limited range, BT.601), rgba32 for lossy pictures without alpha; rgb24, rgba32
  /// for lossless ones; rgba32, rgb24 (alpha dropped) where has_alpha. Throws Error(corrupt_data), and
  /// Error(unsupported) for animations.
  ImageHeader read_header(std::span<const std::uint8_t> bytes);

  /// Writes the whole picture into `image`, whose size must be the header's and whose format one of
  /// `formats`, otherwise Error(invalid_argument). Of a picture cut short the rows that are there are
  /// written, the rest is black, and `warnings` says so; Error(corrupt_data) if there is no row. Throws as
  /// read_header() does.
  DecodedImageInfo decode(std::span<const std::uint8_t> bytes, const MutableImageView& image);
};

/// Length in bytes of the picture at the start of `bytes` as its RIFF header declares it, or nothing if
/// `bytes` holds less than that length. Throws Error(corrupt_data) if this cannot be the start of a WebP
/// picture.
std::optional<std::size_t> frame_length(std::span<const std::uint8_t> bytes);

/// The same length before the picture is complete: nothing if `bytes` is shorter than the RIFF header.
std::optional<std::size_t> declared_length(std::span<const std::uint8_t> bytes);

/// How many bytes to discard until the next RIFF header of a WebP picture, or what may become one as bytes
/// arrive; all where none is.
std::size_t find_start(std::span<const std::uint8_t> bytes);

/// Finds the end of a picture while its bytes arrive, without reading any byte twice.
class FrameScanner {
 public:
  /// `bytes` starts with the picture's first byte and is, after the first call, the previous call's bytes
  /// followed by zero or more new ones. Returns the length that the RIFF header declares, or nothing if its
  /// end is not there yet. A new RIFF header of a WebP picture inside ends the picture too: it was cut short,
  /// or its size is damaged. Throws as frame_length() does. Call reset() before the next picture.
  std::optional<std::size_t> length(std::span<const std::uint8_t> bytes);
  void reset() { *this = {}; }

 private:
  std::size_t position_ = 1;  // where the search for a new header goes on
};

}  // namespace mpq::webp
