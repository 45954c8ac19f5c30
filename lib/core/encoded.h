// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What encoders hand out: coded bytes, and how many of them are entropy-coded data rather than framing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace mpq {

/// One coded picture. The bytes belong to the encoder and stay valid until its next call, or for as long as
/// the owner lives, where there is one.
struct EncodedImage {
  std::span<const std::uint8_t> bytes;
  std::size_t entropy_coded_bytes = 0;          ///< <= bytes.size(); the rest is headers, tables and markers
  std::shared_ptr<const void> owner = nullptr;  ///< the encoder never touches its bytes again
};

/// One coded audio packet. The bytes are valid only during the call of the PacketSink that receives them.
/// Decoding the packet gives `samples + clip_start + clip_end` samples a channel at the codec's rate, of
/// which the first `clip_start` (encoder and decoder delay) and the last `clip_end` (padding) are not part of
/// the encoder's input: a decoder that drops them returns the input's length, aligned to the sample.
struct EncodedAudio {
  std::span<const std::uint8_t> bytes;
  std::size_t entropy_coded_bytes = 0;
  std::int64_t samples = 0;
  std::int64_t clip_start = 0;
  std::int64_t clip_end = 0;
};

using PacketSink = std::function<void(const EncodedAudio&)>;

}  // namespace mpq
