// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// MPEG audio layer III frames: their headers (ISO/IEC 11172-3 and 13818-3, and the unofficial MPEG-2.5 for
// the lowest sampling rates), the Xing/LAME information frame, and how to cut a byte stream into frames.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mpq::mp3 {

/// What the four header bytes of a layer III frame say. Free-format frames (no bitrate stated) are not taken.
struct FrameHeader {
  int mpeg_audio_version = 1;  ///< 1, 2, or 3 for MPEG-2.5, as `mpegaudioversion` in GStreamer's caps
  int bitrate_kbps = 0;
  int sample_rate = 0;  ///< Hz
  int channels = 0;     ///< 1 or 2
  bool has_crc = false;
  std::size_t length = 0;  ///< bytes of the whole frame, header included; 24 to 1441

  /// Samples a channel: 1152 in MPEG-1, 576 otherwise.
  int samples() const { return mpeg_audio_version == 1 ? 1152 : 576; }
  /// Bytes of side information after the header (and the CRC): 17 or 32 in MPEG-1, 9 or 17 otherwise.
  std::size_t side_info_length() const;
  /// Bytes before the main data (scale factors and Huffman codes): header, CRC, side information.
  std::size_t overhead() const { return 4 + (has_crc ? 2 : 0) + side_info_length(); }
};

/// The header at the start of `data`, or nothing where those bytes are not the header of a layer III frame of
/// stated bitrate that is long enough for its side information. Reads four bytes at most.
std::optional<FrameHeader> parse_frame_header(std::span<const std::uint8_t> data);

/// True where frames with these headers may follow each other in one stream: version, rate, channels.
bool same_stream(const FrameHeader& a, const FrameHeader& b);

/// How many bytes of earlier frames' main data this frame needs (the bit reservoir). `frame` is a whole
/// frame.
int main_data_begin(const FrameHeader& header, std::span<const std::uint8_t> frame);

/// A place in a byte stream: drop `skip` bytes, then a frame of `length` bytes begins. `length` is 0 where
/// more data is needed to tell; `skip` may then exceed the data (an ID3 tag that is still to arrive).
struct FramePosition {
  std::size_t skip = 0;
  std::size_t length = 0;
};

/// Finds the next whole frame in an unparsed stream. Skips ID3v2 tags and garbage: a header counts when it
/// fits `previous`, or when another one of the same stream follows its frame, or when `at_end` says that
/// nothing more comes and the frame is whole. At the end, `length` 0 means that no frame is left.
FramePosition find_frame(std::span<const std::uint8_t> data, bool at_end,
                         const FrameHeader* previous = nullptr);

/// Bitrates in kbps, ascending, of a version as in FrameHeader. MPEG-2.5 counts as up to 64 kbps: its tables
/// go on to 160, but LAME does not use more.
std::span<const int> bitrates(int mpeg_audio_version);
/// The nine sampling rates of MPEG-1, 2 and 2.5, descending.
inline constexpr std::array<int, 9> sample_rates{48000, 44100, 32000, 24000, 22050,
                                                 16000, 12000, 11025, 8000};
/// The version that `sample_rate` belongs to; 0 where it is none of the above.
int version_of(int sample_rate);
/// True where a frame at `sample_rate` can have exactly this constant bitrate.
bool can_carry(int sample_rate, int bitrate_kbps);

/// The Xing/LAME information frame: a silent frame at the start of a file whose main data says how long the
/// stream is and how many samples of it are not the encoder's input.
struct InfoTag {
  std::uint32_t frames = 0;  ///< audio frames after this one; 0: not known
  std::uint32_t bytes = 0;   ///< of the file's audio, this frame included; 0: not known
  bool has_delay = false;    ///< the following two are stated
  int delay = 0;             ///< encoder delay in samples, without the decoder's 529; 0 to 4095
  int padding = 0;           ///< samples after the input's last, with the decoder's 529; 0 to 4095
};

/// The decoder delay in samples, of every layer III decoder: its filter banks' 528, and one.
inline constexpr int decoder_delay = 529;

/// The tag in `frame` (a whole frame), or nothing where the frame is audio.
std::optional<InfoTag> parse_info_tag(std::span<const std::uint8_t> frame);

/// What else the tag frame that an encoder writes tells.
struct InfoTagSettings {
  FrameHeader header;         ///< of the stream's frames; `length` and `has_crc` do not matter
  bool joint_stereo = false;  ///< the mode of two channels
  std::string encoder;        ///< up to 9 characters, "LAME3.100"
  int lowpass_hz = 0;
  std::uint16_t music_crc = 0;  ///< CRC-16 of all audio frames' bytes
};

/// A tag frame as LAME writes it for constant bitrates ("Info"). Its own bitrate is the stream's, or the
/// lowest above it that gives a frame large enough; so its length depends on the settings alone. `tag.bytes`
/// counts the audio frames; the tag frame's own length is added. Throws Error(internal) where no frame is
/// large enough.
std::vector<std::uint8_t> write_info_tag(const InfoTag& tag, const InfoTagSettings& settings);

/// CRC-16 (polynomial 0x8005, reflected) as the tag uses it, continued from `crc`; begin with 0.
std::uint16_t crc16(std::uint16_t crc, std::span<const std::uint8_t> data);

}  // namespace mpq::mp3
