// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/opus/head.h"

#include <opus/opus.h>

#include <cstring>
#include <string_view>

#include "core/error.h"
#include "core/text.h"

namespace mpq::opus {
namespace {

constexpr std::size_t fixed_bytes = 19;  // up to and with the mapping family

std::uint32_t read_le(std::span<const std::uint8_t> data, std::size_t at, int bytes) {
  std::uint32_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) value = value << 8 | data[at + static_cast<std::size_t>(i)];
  return value;
}

void append_le(std::vector<std::uint8_t>* out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void append(std::vector<std::uint8_t>* out, std::string_view characters) {
  out->insert(out->end(), characters.begin(), characters.end());
}

/// Empty, or what is wrong with the layout.
std::string layout_fault(const Head& h) {
  const int most = h.mapping_family == 0 ? 2 : h.mapping_family == 1 ? 8 : 255;
  if (h.channels < 1 || h.channels > most)
    return text(h.channels, " channels in mapping family ", h.mapping_family);
  if (h.stream_count < 1 || h.coupled_count < 0 || h.coupled_count > h.stream_count ||
      h.stream_count + h.coupled_count > 255)
    return text(h.stream_count, " streams of which ", h.coupled_count, " coupled");
  for (int i = 0; i < h.channels; ++i) {
    const int source = h.mapping[static_cast<std::size_t>(i)];
    if (source != 255 && source >= h.stream_count + h.coupled_count)
      return text("channel ", i, " from decoded channel ", source);
  }
  return {};
}

}  // namespace

Head Head::plain(int channels) {
  Head head;
  head.channels = channels;
  head.coupled_count = channels == 2 ? 1 : 0;
  head.mapping[1] = 1;
  return head;
}

void check(const Head& head) {
  if (head.mapping_family != 0 && head.mapping_family != 1 && head.mapping_family != 255)
    throw Error(ErrorCode::unsupported, text("Opus channel mapping family ", head.mapping_family),
                "use a stream of mapping family 0, 1 or 255");
  if (const std::string fault = layout_fault(head); !fault.empty())
    throw Error(ErrorCode::invalid_argument, "Opus has no layout with " + fault,
                "use the layout of the stream's OpusHead");
  if (head.pre_skip < 0 || head.pre_skip > 65535 || head.gain_q8 < -32768 || head.gain_q8 > 32767)
    throw Error(ErrorCode::invalid_argument, text("Opus pre-skip ", head.pre_skip, " or gain ", head.gain_q8),
                "keep the pre-skip below 65536 and the gain in 16 bits");
}

Head parse_head(std::span<const std::uint8_t> data) {
  const auto corrupt = [](const std::string& cause) { return Error(ErrorCode::corrupt_data, cause); };
  if (data.size() < fixed_bytes || std::memcmp(data.data(), "OpusHead", 8) != 0)
    throw corrupt("no OpusHead packet");
  if ((data[8] & 0xf0) != 0)
    throw Error(ErrorCode::unsupported, text("OpusHead of version ", int{data[8]}),
                "use a stream of version 1");
  Head head;
  head.channels = data[9];
  head.pre_skip = static_cast<int>(read_le(data, 10, 2));
  const std::uint32_t rate = read_le(data, 12, 4);
  head.input_rate = rate > 0x7fffffffu ? 0 : static_cast<int>(rate);
  head.gain_q8 = static_cast<std::int16_t>(read_le(data, 16, 2));
  head.mapping_family = data[18];
  if (head.mapping_family == 0) {
    const Head plain = Head::plain(head.channels);
    head.coupled_count = plain.coupled_count;
    head.mapping = plain.mapping;
  } else {
    if (data.size() < fixed_bytes + 2 + data[9]) throw corrupt("the OpusHead packet is cut short");
    head.stream_count = data[19];
    head.coupled_count = data[20];
    std::memcpy(head.mapping.data(), data.data() + 21, data[9]);
  }
  if (head.mapping_family == 0 || head.mapping_family == 1 || head.mapping_family == 255)
    if (const std::string fault = layout_fault(head); !fault.empty()) throw corrupt("OpusHead says " + fault);
  check(head);
  return head;
}

std::vector<std::uint8_t> write_head(const Head& head) {
  check(head);
  std::vector<std::uint8_t> out;
  append(&out, "OpusHead");
  out.push_back(1);
  out.push_back(static_cast<std::uint8_t>(head.channels));
  append_le(&out, static_cast<std::uint32_t>(head.pre_skip), 2);
  append_le(&out, static_cast<std::uint32_t>(head.input_rate), 4);
  append_le(&out, static_cast<std::uint32_t>(head.gain_q8), 2);
  out.push_back(static_cast<std::uint8_t>(head.mapping_family));
  if (head.mapping_family == 0) return out;
  out.push_back(static_cast<std::uint8_t>(head.stream_count));
  out.push_back(static_cast<std::uint8_t>(head.coupled_count));
  for (std::size_t c = 0; c < static_cast<std::size_t>(head.channels); ++c) out.push_back(head.mapping[c]);
  return out;
}

std::vector<std::uint8_t> write_tags() {
  const std::string_view vendor = opus_get_version_string(), comment = "ENCODER=mpq";
  std::vector<std::uint8_t> out;
  append(&out, "OpusTags");
  append_le(&out, static_cast<std::uint32_t>(vendor.size()), 4);
  append(&out, vendor);
  append_le(&out, 1, 4);
  append_le(&out, static_cast<std::uint32_t>(comment.size()), 4);
  append(&out, comment);
  return out;
}

}  // namespace mpq::opus
