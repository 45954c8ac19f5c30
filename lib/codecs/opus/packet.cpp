// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/opus/packet.h"

#include <opus/opus.h>

#include <algorithm>
#include <array>

namespace mpq::opus {
namespace {

constexpr int max_frames = 48;           // 120 ms of 2.5 ms frames
constexpr std::size_t max_frame = 1275;  // bytes, the largest that a length can say

/// Takes bytes off the front of a packet and remembers whether there were enough.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> data) : data_(data) {}
  bool ok() const { return ok_; }
  std::size_t left() const { return data_.size(); }
  std::size_t byte() {
    if (data_.empty()) return fail();
    const std::size_t value = data_[0];
    data_ = data_.subspan(1);
    return value;
  }
  /// A frame length: one byte below 252, or two.
  std::size_t length() {
    const std::size_t first = byte();
    return first < 252 ? first : first + 4 * byte();
  }
  void skip(std::size_t count) {
    if (count > data_.size()) count = fail();
    data_ = data_.subspan(count);
  }
  std::size_t fail() {
    ok_ = false;
    return 0;
  }

 private:
  std::span<const std::uint8_t> data_;
  bool ok_ = true;
};

/// What the bytes after the table of contents say about a stream's frames.
struct Framing {
  std::size_t frames = 1;
  bool variable = false;
  std::size_t padding = 0;
};

Framing read_framing(Reader* in) {
  Framing framing;
  const std::size_t code = in->byte() & 3;
  if (code == 1 || code == 2) framing.frames = 2;
  framing.variable = code == 2;
  if (code != 3) return framing;
  const std::size_t count = in->byte();
  framing.frames = count & 0x3f;
  framing.variable = count & 0x80;
  if (framing.frames == 0 || framing.frames > max_frames) in->fail();
  for (bool more = count & 0x40; more && in->ok();) {
    const std::size_t padding = in->byte();
    more = padding == 255;
    framing.padding += more ? 254 : padding;
  }
  return framing;
}

/// Reads one stream's part of a packet; all but the last stream say the length of their last frame too.
std::size_t read_stream(Reader* in, bool self_delimited) {
  const Framing framing = read_framing(in);
  std::size_t total = 0;
  if (framing.variable) {
    for (std::size_t i = 0; i + 1 < framing.frames; ++i) total += in->length();
    if (self_delimited) total += in->length();
  } else if (self_delimited) {
    total = framing.frames * in->length();
  }
  if (!in->ok() || in->left() < framing.padding) return in->fail();
  if (!self_delimited) {
    const std::size_t rest = in->left() - framing.padding;
    if (rest < total || (!framing.variable && rest % framing.frames != 0)) return in->fail();
    total = rest;
  }
  if (total > framing.frames * max_frame) return in->fail();
  in->skip(total + framing.padding);
  return total;
}

}  // namespace

std::optional<int> packet_samples(std::span<const std::uint8_t> packet, int rate) {
  if (packet.empty()) return {};
  const auto size = static_cast<opus_int32>(std::min<std::size_t>(packet.size(), 1u << 20));
  const int samples = opus_packet_get_nb_samples(packet.data(), size, rate);
  if (samples <= 0) return {};
  return samples;
}

std::size_t compressed_bytes(std::span<const std::uint8_t> packet, int streams) {
  Reader in(packet);
  std::size_t total = 0;
  for (int stream = 0; stream < streams && in.ok(); ++stream) total += read_stream(&in, stream + 1 < streams);
  return in.ok() ? total : 0;
}

}  // namespace mpq::opus
