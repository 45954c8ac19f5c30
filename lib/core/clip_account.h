// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Which samples of each audio packet are the encoder's input, and which its delay or padding.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/encoded.h"

namespace mpq {

/// Shares a stream's leading delay, its input and the padding behind it out among its packets, in order. All
/// counts are samples a channel at the codec's rate.
class ClipAccount {
 public:
  ClipAccount() = default;
  explicit ClipAccount(std::int64_t delay) : delay_(delay) {}

  /// Input samples in the whole stream; until this is known, no packet is cut at its end.
  void set_length(std::int64_t length) { length_ = length; }

  /// Fills `samples`, `clip_start` and `clip_end` of the next packet, which decodes to `decoded` samples.
  void describe(std::int64_t decoded, EncodedAudio* packet) {
    const std::int64_t end = position_ + decoded;
    packet->clip_start = std::clamp<std::int64_t>(delay_ - position_, 0, decoded);
    packet->clip_end = std::clamp<std::int64_t>(end - delay_ - length_, 0, decoded - packet->clip_start);
    packet->samples = decoded - packet->clip_start - packet->clip_end;
    position_ = end;
  }

  std::int64_t delay() const { return delay_; }
  std::int64_t length() const { return length_; }
  std::int64_t position() const { return position_; }  ///< samples that the packets so far decode to

 private:
  static constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::max() / 2;
  std::int64_t delay_ = 0;
  std::int64_t length_ = unknown;
  std::int64_t position_ = 0;
};

}  // namespace mpq
