// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The Xing/LAME information frame. Layout after the side information: "Info" or "Xing", flags, frames, bytes,
// 100 seek points, quality (120 bytes); then LAME's extension with version, delays and checksums (36 bytes).
#include <algorithm>
#include <cstring>

#include "codecs/mp3/frame.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::mp3 {
namespace {

constexpr std::size_t xing_bytes = 120;
constexpr std::size_t extension_bytes = 36;
constexpr std::uint32_t has_frames = 1, has_bytes = 2, has_toc = 4, has_quality = 8;

std::uint32_t read32(std::span<const std::uint8_t> data, std::size_t at) {
  return static_cast<std::uint32_t>(data[at]) << 24 | static_cast<std::uint32_t>(data[at + 1]) << 16 |
         static_cast<std::uint32_t>(data[at + 2]) << 8 | data[at + 3];
}

void put(std::uint8_t* at, std::uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) *at++ = static_cast<std::uint8_t>(value >> (8 * i));
}

/// Where the tag begins, or 0 where `frame` has none. Writers disagree whether a CRC shifts it.
std::size_t tag_offset(const FrameHeader& header, std::span<const std::uint8_t> frame) {
  for (const std::size_t at : {4 + header.side_info_length(), header.overhead()}) {
    if (at + 8 > frame.size()) continue;
    if (std::memcmp(frame.data() + at, "Info", 4) == 0 || std::memcmp(frame.data() + at, "Xing", 4) == 0)
      return at;
  }
  return 0;
}

bool is_encoder_name(std::span<const std::uint8_t> name) {
  return std::all_of(name.begin(), name.end(), [](std::uint8_t c) { return c >= 0x20 && c < 0x7f; });
}

/// The four bytes of a frame header at `bitrate_kbps`, without CRC, padding or mode extension.
std::uint32_t raw_header(const InfoTagSettings& settings, int bitrate_kbps) {
  const FrameHeader& stream = settings.header;
  const auto legal = bitrates(stream.mpeg_audio_version);
  const auto bitrate = std::find(legal.begin(), legal.end(), bitrate_kbps) - legal.begin() + 1;
  constexpr std::array<std::uint32_t, 3> version_bits{3, 2, 0};
  const int as_mpeg1 = stream.sample_rate << (stream.mpeg_audio_version - 1);
  const std::uint32_t rate = as_mpeg1 == 48000 ? 1 : as_mpeg1 == 32000 ? 2 : 0;
  const std::uint32_t mode = stream.channels == 1 ? 3 : settings.joint_stereo ? 1 : 0;
  constexpr std::uint32_t sync = 0xffe00000, layer3_without_crc = 0x00030000, original = 4;
  return sync | version_bits[static_cast<std::size_t>(stream.mpeg_audio_version - 1)] << 19 |
         layer3_without_crc | static_cast<std::uint32_t>(bitrate) << 12 | rate << 10 | mode << 6 | original;
}

/// The lowest bitrate from the stream's own upwards whose frame holds the tag.
FrameHeader tag_frame_header(const InfoTagSettings& settings, std::uint32_t* raw) {
  const FrameHeader& stream = settings.header;
  for (const int kbps : bitrates(stream.mpeg_audio_version)) {
    if (kbps < stream.bitrate_kbps) continue;
    *raw = raw_header(settings, kbps);
    std::array<std::uint8_t, 4> bytes{};
    put(bytes.data(), *raw, 4);
    const auto header = parse_frame_header(bytes);
    if (header && header->length >= header->overhead() + xing_bytes + extension_bytes) return *header;
  }
  throw Error(ErrorCode::internal,
              text("no frame at ", stream.sample_rate, " Hz can hold an information tag"));
}

void write_extension(std::uint8_t* at, const InfoTag& tag, const InfoTagSettings& settings) {
  std::copy_n(settings.encoder.data(), std::min<std::size_t>(9, settings.encoder.size()), at);
  at[9] = 1;  // tag revision 0, constant bitrate
  at[10] = static_cast<std::uint8_t>(std::min(255, (settings.lowpass_hz + 50) / 100));
  at[20] = static_cast<std::uint8_t>(std::min(255, settings.header.bitrate_kbps));
  put(at + 21, static_cast<std::uint32_t>(tag.delay << 12 | tag.padding), 3);
  put(at + 28, tag.bytes, 4);
  put(at + 32, settings.music_crc, 2);
}

}  // namespace

namespace {

/// Entry [k][i] is the register of the byte i after k zero bytes more.
using CrcTables = std::array<std::array<std::uint16_t, 256>, 4>;

constexpr CrcTables make_crc_tables() {
  CrcTables t{};
  for (unsigned i = 0; i < 256; ++i) {
    unsigned value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ 0xa001u : value >> 1;
    t[0][i] = static_cast<std::uint16_t>(value);
  }
  for (std::size_t k = 1; k < t.size(); ++k)
    for (std::size_t i = 0; i < 256; ++i)
      t[k][i] = static_cast<std::uint16_t>(t[k - 1][i] >> 8 ^ t[0][t[k - 1][i] & 0xff]);
  return t;
}

}  // namespace

// Four bytes a step: each step waits for the one before it.
std::uint16_t crc16(std::uint16_t crc, std::span<const std::uint8_t> data) {
  static constexpr CrcTables t = make_crc_tables();
  for (; data.size() >= 4; data = data.subspan(4))
    crc = t[3][(crc ^ data[0]) & 0xff] ^ t[2][crc >> 8 ^ data[1]] ^ t[1][data[2]] ^ t[0][data[3]];
  for (const std::uint8_t byte : data) crc = static_cast<std::uint16_t>(crc >> 8 ^ t[0][(crc ^ byte) & 0xff]);
  return crc;
}

std::optional<InfoTag> parse_info_tag(std::span<const std::uint8_t> frame) {
  const auto header = parse_frame_header(frame);
  if (!header || frame.size() < header->length) return {};
  frame = frame.first(header->length);
  std::size_t at = tag_offset(*header, frame);
  if (at == 0) return {};
  const std::uint32_t flags = read32(frame, at + 4);
  at += 8;
  InfoTag tag;
  const auto take = [&](std::uint32_t flag, std::size_t size) -> std::uint32_t {
    if ((flags & flag) == 0) return 0;
    const std::uint32_t value = at + 4 <= frame.size() ? read32(frame, at) : 0;
    at += size;
    return value;
  };
  tag.frames = take(has_frames, 4);
  tag.bytes = take(has_bytes, 4);
  take(has_toc, 100);
  take(has_quality, 4);
  if (at + 24 <= frame.size() && is_encoder_name(frame.subspan(at, 4))) {
    const std::uint32_t delays = read32(frame, at + 20) & 0xffffff;
    tag.has_delay = true;
    tag.delay = static_cast<int>(delays >> 12);
    tag.padding = static_cast<int>(delays & 0xfff);
  }
  return tag;
}

std::vector<std::uint8_t> write_info_tag(const InfoTag& tag, const InfoTagSettings& settings) {
  std::uint32_t raw = 0;
  const FrameHeader header = tag_frame_header(settings, &raw);
  std::vector<std::uint8_t> frame(header.length);
  put(frame.data(), raw, 4);
  std::uint8_t* xing = frame.data() + header.overhead();
  std::copy_n("Info", 4, xing);
  put(xing + 4, has_frames | has_bytes | has_toc | has_quality, 4);
  put(xing + 8, tag.frames, 4);
  InfoTag whole = tag;
  if (tag.bytes != 0) whole.bytes = tag.bytes + static_cast<std::uint32_t>(header.length);
  put(xing + 12, whole.bytes, 4);
  for (std::size_t i = 0; i < 100; ++i) xing[16 + i] = static_cast<std::uint8_t>(256 * i / 100);
  write_extension(xing + xing_bytes, whole, settings);
  const std::size_t checked = header.overhead() + xing_bytes + extension_bytes - 2;
  put(frame.data() + checked, crc16(0, std::span(frame).first(checked)), 2);
  return frame;
}

}  // namespace mpq::mp3
