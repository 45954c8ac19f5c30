// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Thousands of damaged packets: the decoder answers each with a whole frame or an error, and goes on.
#include <gtest/gtest.h>

#include <random>

#include "codecs/mp3/mp3.h"
#include "core/error.h"
#include "tests/support/audio_packets.h"
#include "tests/support/audio_signal.h"

namespace mpq::mp3 {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::vector<test::Packet> stream(int kbps) {
  Encoder encoder(44100, 2, {.bitrate_kbps = kbps});
  return test::encode_all(encoder, test::view(test::tones(88200, 2, 44100), 2));
}

struct Outcome {
  int decoded = 0;
  int refused = 0;
};

void decode(Decoder& decoder, const Bytes& packet, Outcome* outcome) {
  try {
    const auto result = decoder.decode(packet);
    const auto header = parse_frame_header(packet);
    ASSERT_TRUE(header);
    if (result.audio.frames != 0) {
      ASSERT_EQ(result.audio.frames, static_cast<std::size_t>(header->samples()));
    }
    ++outcome->decoded;
  } catch (const Error& error) {
    ASSERT_EQ(error.code(), ErrorCode::corrupt_data) << error.what();
    ++outcome->refused;
  }
}

TEST(Mp3Robustness, FlippedBitsGiveAFrameOrAnError) {
  std::mt19937 random(3);
  for (const int kbps : {8, 48, 320}) {
    Outcome outcome;
    const auto packets = stream(kbps);
    Decoder decoder(SampleFormat::f32);
    for (int i = 0; i < 4000; ++i) {
      Bytes packet = packets[random() % packets.size()].bytes;
      for (auto flips = random() % 20; flips > 0; --flips)
        packet[random() % packet.size()] ^= static_cast<std::uint8_t>(1 << random() % 8);
      decode(decoder, packet, &outcome);
    }
    EXPECT_GT(outcome.decoded, 1000);
    EXPECT_GT(outcome.refused, 20);
  }
}

TEST(Mp3Robustness, CutAndRandomPacketsGiveAnError) {
  std::mt19937 random(4);
  const auto packets = stream(64);
  Decoder decoder(SampleFormat::s16);
  Outcome cut, noise;
  for (int i = 0; i < 2000; ++i) {
    Bytes packet = packets[random() % packets.size()].bytes;
    packet.resize(random() % packet.size());
    decode(decoder, packet, &cut);
    for (auto& byte : packet) byte = static_cast<std::uint8_t>(random());
    decode(decoder, packet, &noise);
  }
  EXPECT_EQ(cut.decoded, 0);
  EXPECT_LT(noise.decoded, 20);
}

TEST(Mp3Robustness, SideInformationOfRandomBitsDecodes) {
  std::mt19937 random(5);
  const auto packets = stream(320);
  Decoder decoder(SampleFormat::f32);
  Outcome outcome;
  for (int i = 0; i < 3000; ++i) {
    Bytes packet = packets[random() % packets.size()].bytes;
    for (std::size_t at = 4; at < 200; ++at) packet[at] = static_cast<std::uint8_t>(random());
    decode(decoder, packet, &outcome);
  }
  EXPECT_EQ(outcome.refused, 0);
}

TEST(Mp3Robustness, CuttingAnyBytesIntoFramesEnds) {
  std::mt19937 random(6);
  const Bytes clean = test::concatenate(stream(8));
  for (int round = 0; round < 100; ++round) {
    Bytes bytes = clean;
    for (int i = 0; i < 200; ++i)
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random() % 4 ? random() : 0xff);
    std::size_t at = 0, frames = 0;
    while (at < bytes.size()) {
      const auto position = find_frame(std::span(bytes).subspan(at), true);
      if (position.length == 0) break;
      at += position.skip + position.length;
      ++frames;
    }
    EXPECT_GT(frames, 0u);
    EXPECT_LT(frames, 2 * bytes.size() / 24);
  }
}

}  // namespace
}  // namespace mpq::mp3
