// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Coded size against raw size: bits a pixel or a sample, compression ratio, bit rate, payload and framing.
#pragma once

#include <cstdint>
#include <optional>

namespace mpq::rate {

enum class Kind {
  unknown,  ///< only bytes and bit rate can be told
  video,
  audio,
};

/// Raw audio counts 16 bits a sample, whatever the encoder was fed with.
inline constexpr int raw_bits_per_sample = 16;

/// What was coded, in its raw form.
struct RawFormat {
  Kind kind = Kind::unknown;
  std::uint64_t pixels = 0;     ///< video: width * height, 0 where unknown
  int raw_bits_per_pixel = 24;  ///< video: 24 colour, 8 gray
  int rate = 0;                 ///< audio: samples a second, 0 where unknown
  int channels = 0;             ///< audio: 0 where unknown

  bool known() const;  ///< pixels, or channels, are known
};

/// Sizes and rates of one frame, or of everything so far. What cannot be told is empty.
struct Figures {
  std::uint64_t bytes = 0;  ///< coded bytes, headers without frames included
  double units = 0;         ///< video: frames; audio: samples a channel
  std::optional<std::uint64_t> entropy_coded_bytes;
  std::optional<std::uint64_t> framing_bytes;  ///< bytes - entropy_coded_bytes
  std::optional<double> bits_per_pixel;        ///< video
  std::optional<double> bits_per_sample;       ///< audio: a sample of one channel
  std::optional<double> compression_ratio;     ///< raw bits / coded bits; infinity for no coded bytes
  std::optional<double> bit_rate;              ///< bit/s
  std::optional<double> duration;              ///< seconds that bit_rate was taken over
};

/// One piece of a coded stream, usually one buffer.
struct Piece {
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> entropy_coded_bytes;  ///< <= bytes
  double units = 1;  ///< as in Figures; audio may be fractional; 0 for headers without a frame
  std::optional<std::int64_t> duration;  ///< nanoseconds, > 0; audio of known rate needs none
};

/// Accumulates pieces. A figure of the total is given only where every frame (piece of units > 0) since the
/// start could tell its share; headers need tell nothing, their bytes count as framing. Not thread-safe.
class Meter {
 public:
  /// The format of the pieces that follow; may change at any time (pixels and samples are summed). Throws
  /// Error(invalid_argument) for negative fields, or where video follows counted audio or the reverse.
  void set_format(const RawFormat& format);

  /// Counts `piece` and returns its own figures. Throws Error(invalid_argument), and counts nothing, where
  /// entropy_coded_bytes exceed bytes, or units or duration are negative or not finite.
  Figures add(const Piece& piece);

  /// Everything since the start: the running figures while the stream runs, the pooled ones at its end.
  Figures total() const;

  std::uint64_t frames() const { return frames_; }    ///< pieces of units > 0
  std::uint64_t headers() const { return headers_; }  ///< pieces of units 0
  const RawFormat& format() const { return format_; }

 private:
  struct Sums {
    std::uint64_t bytes = 0, entropy_coded = 0;
    double units = 0, elements = 0, raw_bits = 0, seconds = 0;
    Kind kind = Kind::unknown;
    bool knows_entropy = true, knows_raw = true, knows_time = true;

    void operator+=(const Sums& other);
    Figures figures() const;
  };
  Sums measure(const Piece& piece) const;

  RawFormat format_;
  Sums total_;
  std::uint64_t frames_ = 0, headers_ = 0;
};

}  // namespace mpq::rate
