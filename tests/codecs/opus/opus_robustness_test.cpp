// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Thousands of damaged packets and headers: the decoder answers each with audio of at most 120 ms or an
// error.
#include <gtest/gtest.h>

#include <random>

#include "codecs/opus/opus_codec.h"
#include "core/error.h"
#include "tests/support/audio_packets.h"
#include "tests/support/audio_signal.h"

namespace mpq::opus {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Outcome {
  int decoded = 0;
  int refused = 0;
};

void decode(Decoder& decoder, const Bytes& packet, Outcome* outcome) {
  try {
    const AudioView audio = decoder.decode(packet);
    ASSERT_GT(audio.frames, 0u);
    ASSERT_LE(audio.frames, 5760u);
    ++outcome->decoded;
  } catch (const Error& error) {
    ASSERT_EQ(error.code(), ErrorCode::corrupt_data) << error.what();
    ++outcome->refused;
  }
}

class OpusRobustness : public testing::TestWithParam<int> {
 protected:
  OpusRobustness()
      : encoder_(48000, GetParam(), {.bitrate = 32000 * GetParam(), .rate_control = RateControl::variable}),
        packets_(test::encode_all(encoder_, test::view(test::tones(24000, GetParam(), 48000), GetParam()))),
        decoder_(encoder_.head(), 48000, SampleFormat::f32) {}

  Bytes packet() { return packets_[random_() % packets_.size()].bytes; }

  std::mt19937 random_{9};
  Encoder encoder_;
  std::vector<test::Packet> packets_;
  Decoder decoder_;
  Outcome outcome_;
};

TEST_P(OpusRobustness, FlippedBitsGiveAudioOrAnError) {
  for (int i = 0; i < 2000; ++i) {
    Bytes damaged = packet();
    for (auto flips = random_() % 20; flips > 0; --flips)
      damaged[random_() % damaged.size()] ^= static_cast<std::uint8_t>(1 << random_() % 8);
    decode(decoder_, damaged, &outcome_);
    compressed_bytes(damaged, encoder_.head().stream_count);
  }
  EXPECT_GT(outcome_.decoded, 500);
  EXPECT_GT(outcome_.refused, 10);
}

TEST_P(OpusRobustness, CutAndRandomPacketsGiveAudioOrAnError) {
  for (int i = 0; i < 1000; ++i) {
    Bytes damaged = packet();
    damaged.resize(random_() % damaged.size());
    decode(decoder_, damaged, &outcome_);
    for (auto& byte : damaged) byte = static_cast<std::uint8_t>(random_());
    decode(decoder_, damaged, &outcome_);
  }
  EXPECT_GT(outcome_.refused, 10);
}

TEST_P(OpusRobustness, RandomHeadersGiveALayoutThatDecodesOrAnError) {
  int accepted = 0;
  for (int i = 0; i < 1000; ++i) {
    Bytes head = write_head(encoder_.head());
    for (int flips = 0; flips < 3; ++flips)
      head[8 + random_() % (head.size() - 8)] ^= static_cast<std::uint8_t>(1 << random_() % 8);
    try {
      const Decoder decoder(parse_head(head), 8000, SampleFormat::s16);
      ++accepted;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::internal) << error.what();
    }
  }
  EXPECT_GT(accepted, 20);
}

INSTANTIATE_TEST_SUITE_P(Channels, OpusRobustness, testing::Values(1, 2, 6));

}  // namespace
}  // namespace mpq::opus
