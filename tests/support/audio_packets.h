// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Collects what an audio encoder hands out, and glues decoded packets together.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "core/audio.h"
#include "core/encoded.h"

namespace mpq::test {

/// A packet that owns its bytes.
struct Packet {
  std::vector<std::uint8_t> bytes;
  EncodedAudio info;  ///< `bytes` points to the vector's only until the packet is copied
};

inline AudioView view(const std::vector<float>& audio, int channels) {
  return {SampleFormat::f32, channels, audio.data(), audio.size() / static_cast<std::size_t>(channels)};
}
inline AudioView view(const std::vector<std::int16_t>& audio, int channels) {
  return {SampleFormat::s16, channels, audio.data(), audio.size() / static_cast<std::size_t>(channels)};
}

/// `frames` of `audio` from frame `first` on.
inline AudioView part(const AudioView& audio, std::size_t first, std::size_t frames) {
  AudioView out = audio;
  const std::size_t frame_bytes = static_cast<std::size_t>(audio.channels) * sample_size(audio.format);
  out.data = static_cast<const std::uint8_t*>(audio.data) + first * frame_bytes;
  out.frames = std::min(frames, audio.frames - first);
  return out;
}

/// One whole stream: `audio` in pieces of `chunk` frames, then the end.
template <class Encoder>
std::vector<Packet> encode_all(Encoder& encoder, const AudioView& audio, std::size_t chunk = 997) {
  std::vector<Packet> packets;
  const PacketSink sink = [&](const EncodedAudio& packet) {
    packets.push_back({{packet.bytes.begin(), packet.bytes.end()}, packet});
  };
  for (std::size_t first = 0; first < audio.frames; first += chunk)
    encoder.encode(part(audio, first, chunk), sink);
  encoder.finish(sink);
  return packets;
}

inline std::vector<std::uint8_t> concatenate(const std::vector<Packet>& packets) {
  std::vector<std::uint8_t> all;
  for (const Packet& packet : packets) all.insert(all.end(), packet.bytes.begin(), packet.bytes.end());
  return all;
}

/// The sum of one of EncodedAudio's counts over a stream: total(packets, &EncodedAudio::samples).
inline std::int64_t total(const std::vector<Packet>& packets, std::int64_t EncodedAudio::*field) {
  return std::accumulate(packets.begin(), packets.end(), std::int64_t{0},
                         [&](std::int64_t sum, const Packet& packet) { return sum + packet.info.*field; });
}

/// Appends 32-bit float audio without its first `clip_start` and last `clip_end` frames.
inline void append(std::vector<float>* out, const AudioView& audio, std::int64_t clip_start = 0,
                   std::int64_t clip_end = 0) {
  const auto* samples = static_cast<const float*>(audio.data);
  const auto frames = static_cast<std::int64_t>(audio.frames);
  if (clip_start + clip_end < frames)
    out->insert(out->end(), samples + clip_start * audio.channels,
                samples + (frames - clip_end) * audio.channels);
}

}  // namespace mpq::test
