// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mp3/frame.h"

#include <algorithm>

namespace mpq::mp3 {
namespace {

constexpr std::array<int, 14> mpeg1_bitrates{32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
constexpr std::array<int, 14> mpeg2_bitrates{8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160};
constexpr std::size_t header_bytes = 4;

/// Bytes of an ID3v2 tag at the start of `data` (ten of them are there), or 0 where there is none.
std::size_t id3v2_length(std::span<const std::uint8_t> data) {
  if (data[0] != 'I' || data[1] != 'D' || data[2] != '3' || data[3] == 0xff || data[4] == 0xff) return 0;
  std::size_t size = 0;
  for (const std::size_t i : {6, 7, 8, 9}) {
    if (data[i] & 0x80) return 0;
    size = size << 7 | data[i];
  }
  const bool footer = data[5] & 0x10;
  return size + (footer ? 20 : 10);
}

bool may_begin_id3(std::span<const std::uint8_t> data) {
  constexpr std::array<std::uint8_t, 3> magic{'I', 'D', '3'};
  return std::equal(data.begin(),
                    data.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(3, data.size())),
                    magic.begin());
}

enum class Verdict { frame, garbage, more_data };

/// Whether a frame begins at the start of `data`.
Verdict judge(std::span<const std::uint8_t> data, bool at_end, const FrameHeader* previous,
              std::size_t* length) {
  if (data.size() < header_bytes) return at_end ? Verdict::garbage : Verdict::more_data;
  const auto header = parse_frame_header(data);
  if (!header) return Verdict::garbage;
  *length = header->length;
  const bool whole = data.size() >= header->length;
  if (!whole) return at_end ? Verdict::garbage : Verdict::more_data;
  if (previous != nullptr && same_stream(*previous, *header)) return Verdict::frame;
  const auto rest = data.subspan(header->length);
  if (rest.size() < header_bytes) return at_end ? Verdict::frame : Verdict::more_data;
  const auto next = parse_frame_header(rest);
  return next && same_stream(*next, *header) ? Verdict::frame : Verdict::garbage;
}

}  // namespace

std::size_t FrameHeader::side_info_length() const {
  if (mpeg_audio_version == 1) return channels == 1 ? 17 : 32;
  return channels == 1 ? 9 : 17;
}

std::optional<FrameHeader> parse_frame_header(std::span<const std::uint8_t> data) {
  if (data.size() < header_bytes || data[0] != 0xff || (data[1] & 0xe0) != 0xe0) return {};
  const int version_bits = data[1] >> 3 & 3;  // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const int layer_bits = data[1] >> 1 & 3;
  const int bitrate_index = data[2] >> 4;
  const int rate_index = data[2] >> 2 & 3;
  if (version_bits == 1 || layer_bits != 1 || bitrate_index == 0 || bitrate_index == 15 || rate_index == 3)
    return {};

  FrameHeader header;
  header.mpeg_audio_version = version_bits == 3 ? 1 : version_bits == 2 ? 2 : 3;
  const bool mpeg1 = header.mpeg_audio_version == 1;
  const auto index = static_cast<std::size_t>(bitrate_index - 1);
  header.bitrate_kbps = mpeg1 ? mpeg1_bitrates[index] : mpeg2_bitrates[index];
  constexpr std::array<int, 3> mpeg1_rates{44100, 48000, 32000};
  header.sample_rate = mpeg1_rates[static_cast<std::size_t>(rate_index)] >> (header.mpeg_audio_version - 1);
  header.channels = (data[3] >> 6) == 3 ? 1 : 2;
  header.has_crc = (data[1] & 1) == 0;
  const int padding = data[2] >> 1 & 1;
  const int slots = (mpeg1 ? 144000 : 72000) * header.bitrate_kbps / header.sample_rate + padding;
  header.length = static_cast<std::size_t>(slots);
  if (header.length < header.overhead()) return {};
  return header;
}

bool same_stream(const FrameHeader& a, const FrameHeader& b) {
  return a.mpeg_audio_version == b.mpeg_audio_version && a.sample_rate == b.sample_rate &&
         a.channels == b.channels;
}

int main_data_begin(const FrameHeader& header, std::span<const std::uint8_t> frame) {
  const std::size_t at = header_bytes + (header.has_crc ? 2 : 0);
  if (frame.size() < at + 2) return 0;
  return header.mpeg_audio_version == 1 ? frame[at] << 1 | frame[at + 1] >> 7 : frame[at];
}

FramePosition find_frame(std::span<const std::uint8_t> data, bool at_end, const FrameHeader* previous) {
  for (std::size_t skip = 0; skip < data.size(); ++skip) {
    const auto rest = data.subspan(skip);
    if (rest[0] == 'I' && may_begin_id3(rest)) {
      if (rest.size() < 10 && !at_end) return {skip, 0};
      const std::size_t tag = rest.size() < 10 ? 0 : id3v2_length(rest);
      if (tag >= rest.size()) return {skip + tag, 0};
      if (tag > 0) skip += tag - 1;
      continue;
    }
    if (rest[0] != 0xff) continue;
    std::size_t length = 0;
    switch (judge(rest, at_end, previous, &length)) {
      case Verdict::frame:
        return {skip, length};
      case Verdict::more_data:
        return {skip, 0};
      case Verdict::garbage:
        break;
    }
  }
  return {data.size(), 0};
}

std::span<const int> bitrates(int mpeg_audio_version) {
  if (mpeg_audio_version == 1) return mpeg1_bitrates;
  const std::span<const int> lower = mpeg2_bitrates;
  return mpeg_audio_version == 2 ? lower : lower.first(8);
}

int version_of(int sample_rate) {
  if (std::find(sample_rates.begin(), sample_rates.end(), sample_rate) == sample_rates.end()) return 0;
  return sample_rate >= 32000 ? 1 : sample_rate >= 16000 ? 2 : 3;
}

bool can_carry(int sample_rate, int bitrate_kbps) {
  const int version = version_of(sample_rate);
  if (version == 0) return false;
  const auto legal = bitrates(version);
  return std::find(legal.begin(), legal.end(), bitrate_kbps) != legal.end();
}

}  // namespace mpq::mp3
