// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Internal to full_reference*.cpp: one input's state and counts, the buffer at its head, and what is used
// next.
#pragma once

#include <optional>

#include "gst/full_reference.h"

namespace mpq::gst {

inline bool is_reference(const GstPad* pad) {
  return g_strcmp0(GST_PAD_NAME(pad), "ref_sink") == 0;
}

/// The order of the pads: the reference, dist_0, dist_1, ...
inline guint64 pad_rank(const GstPad* pad) {
  return is_reference(pad) ? 0 : g_ascii_strtoull(GST_PAD_NAME(pad) + strlen("dist_"), nullptr, 10) + 1;
}

/// Paired samples that wait to be scored, from one contiguous stretch of audio.
struct FullReference::Window {
  std::vector<std::uint8_t> reference, distorted;  // interleaved, equally long
  std::int64_t start = 0;                          // sample position of the first frame
  std::optional<std::int64_t> running_time, stream_time;

  bool empty() const { return reference.empty(); }
};

struct FullReference::Input {
  std::string pad_name;
  guint64 rank = 0;        // pad_rank
  std::size_t number = 0;  // 0 the reference; distorted inputs 1, 2, ... as they appeared

  // Guarded by state_mutex where another thread than the streaming one reads, or the streaming one writes.
  std::uint64_t scored = 0;     // frames or windows
  std::uint64_t unmatched = 0;  // its frames or samples that no reference had a partner for
  std::uint64_t missing = 0;    // reference frames or samples that it has no partner for
  std::uint64_t late = 0;       // frames or windows that were left out
  GstVideoInfo video{};         // valid where caps are raw video
  GstAudioInfo audio{};         // rate 0 where they are not raw audio

  // Streaming thread only.
  ObjectPtr<GstAggregatorPad> pad;
  CapsPtr caps;                     // of what comes next
  CapsPtr read;                     // those that video and audio were filled in from
  std::int64_t next_sample = -1;    // position after the last sample consumed; -1: unknown
  const GstBuffer* head = nullptr;  // which buffer `consumed` refers to; never dereferenced
  std::size_t consumed = 0;         // frames of the head buffer already used
  Window window;

  bool is_audio() const { return audio.rate > 0; }
  void forget_position() {
    next_sample = -1;
    head = nullptr;
    consumed = 0;
    window = {};
  }
};

/// What one pad has next. `start` and `end` are running time in nanoseconds for pictures (end unused), sample
/// positions for audio.
struct FullReference::Head {
  Input* input = nullptr;
  BufferPtr buffer;  // null: end of stream
  std::int64_t start = 0;
  std::int64_t end = 0;
};

/// Which heads are used next, for how many samples, and whether the reference is among them (as the first).
struct FullReference::Step {
  std::vector<Head*> used;
  bool with_reference = false;
  std::int64_t start = 0;   // audio: sample position
  std::int64_t length = 1;  // audio: samples
};

}  // namespace mpq::gst
