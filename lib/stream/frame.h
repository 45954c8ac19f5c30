// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The mpq stream: frames that carry what a learned codec's decoder needs, one after the other and nothing
// between them. docs/bitstream.md describes the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mpq::stream {

/// What the frames' sections are to be decoded by. A header may name a number that is not listed here: a
/// later release's codec, which decoders refuse.
enum class Codec : std::uint8_t { mbt2018 = 1, mbt2018_mean = 2, bmshj2018_hyperprior = 3 };

/// "mbt2018", "mbt2018-mean", "bmshj2018-hyperprior"; "unknown" for other numbers.
const char* name(Codec codec);
/// Whether the number is one of those listed.
bool is_known(Codec codec);

inline constexpr std::uint8_t version = 1;                  ///< of the format, as written
inline constexpr std::size_t max_frame_bytes = 1U << 30;    ///< of a whole frame
inline constexpr std::size_t min_frame_bytes = 31;          ///< of a whole frame, in every version
inline constexpr std::size_t max_dimensions = 4;            ///< at least one
inline constexpr std::uint32_t max_dimension = 0x7FFFFFFF;  ///< at least 1
inline constexpr std::uint32_t max_picture_side = 65535;    ///< of the codecs listed: two dimensions
inline constexpr std::size_t max_sections = 255;

struct FrameHeader {
  Codec codec = Codec::mbt2018;
  std::uint8_t mode = 0;             ///< coder mode: what the codec's sections are and how they are coded
  std::vector<std::uint32_t> shape;  ///< of what was coded; pictures: height, width
  std::uint64_t model = 0;           ///< hash of the model and its tables
  std::uint32_t latents_crc = 0;     ///< CRC-32 of the quantised latents, for the decoder to compare
};

struct Frame {
  FrameHeader header;
  std::vector<std::span<const std::uint8_t>> sections;  ///< within the bytes that were read
  std::size_t length = 0;                               ///< bytes of the whole frame
};

/// Appends one frame to `out`, which none of the sections may lie in. Throws Error(invalid_argument) for a
/// shape or a number of sections beyond the limits above, Error(limit_exceeded) for a frame beyond them;
/// `out` is then as before.
void write(const FrameHeader& header, std::span<const std::span<const std::uint8_t>> sections,
           std::vector<std::uint8_t>* out);

/// Reads the frame at the start of `bytes`; more may follow it. Nothing in it is believed before its CRC
/// fits, and nothing is allocated that is not there. Throws Error(corrupt_data) where no frame starts, it is
/// cut short or damaged, and Error(unsupported) for a frame of a later version, which it names.
Frame read(std::span<const std::uint8_t> bytes);

/// Length in bytes of the frame at the start of `bytes` as it declares it, whatever its version, or nothing
/// if `bytes` holds less than that. Throws Error(corrupt_data) if this cannot be the start of a frame.
std::optional<std::size_t> frame_length(std::span<const std::uint8_t> bytes);

/// The same length before the frame is complete: nothing if `bytes` is shorter than magic, version and
/// length.
std::optional<std::size_t> declared_length(std::span<const std::uint8_t> bytes);

/// How many bytes to discard until the next start of a frame, or what may become one as bytes arrive; all
/// where none is.
std::size_t find_start(std::span<const std::uint8_t> bytes);

/// zlib's CRC-32 of bytes, the first of which follow bytes whose CRC-32 is `so_far`.
std::uint32_t crc32(std::span<const std::uint8_t> bytes, std::uint32_t so_far = 0);

/// Finds the end of a frame while its bytes arrive. The time it takes is linear in the bytes, also over many
/// frames, damaged ones included.
class FrameScanner {
 public:
  /// `bytes` starts with the frame's first byte and is, after the first call, the previous call's bytes
  /// followed by zero or more new ones. Returns the frame's length if its CRC fits; nothing if its end is not
  /// there yet. Where a whole frame, whose CRC fits, lies inside, the frame was cut short or its length is
  /// damaged: returns where that one starts. Where the CRC does not fit, returns how many bytes to give up:
  /// up to the declared end, or to the next place where a frame may start. Which of these it is does not
  /// depend on the pieces that the bytes come in. Throws as frame_length() does. Call reset() before the next
  /// frame.
  std::optional<std::size_t> length(std::span<const std::uint8_t> bytes);
  void reset() { *this = {}; }

 private:
  using Bytes = std::span<const std::uint8_t>;

  /// What looks like the beginning of a frame and whose end has not arrived.
  struct Candidate {
    std::size_t start = 0, end = 0;
    std::uint32_t seed = 0;  // of its CRC
  };

  void hash_up_to(Bytes bytes, std::size_t end);
  void add_candidate(Bytes bytes, std::size_t start);
  bool is_whole(Bytes bytes, const Candidate& candidate) const;
  std::optional<std::size_t> take_end(Bytes bytes, std::vector<Candidate>::iterator candidate);
  std::optional<std::size_t> give_up(Bytes bytes) const;

  std::vector<Candidate> pending_;  // by their starts; few
  std::size_t searched_ = 0;        // no frame but those pending starts before this place
  std::size_t hashed_ = 0;          // bytes that crc_ covers
  std::uint32_t crc_ = 0;
  bool damaged_ = false;  // the first frame's CRC does not fit
};

}  // namespace mpq::stream
