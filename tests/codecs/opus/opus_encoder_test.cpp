// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>
#include <opus/opus_multistream.h>

#include <algorithm>
#include <limits>
#include <random>

#include "codecs/opus/opus_codec.h"
#include "core/error.h"
#include "tests/support/audio_packets.h"
#include "tests/support/audio_signal.h"
#include "tests/support/shared.h"
#include "tests/support/tools.h"
#include "tests/support/wav.h"

namespace mpq::opus {
namespace {

using test::encode_all, test::Packet, test::tones, test::total, test::view;

/// A rate that codes tones well: 64 kbit/s a channel.
EncoderOptions clear(int channels) {
  return {.bitrate = 64000 * channels};
}

std::vector<float> decode_clipped(const std::vector<Packet>& packets, const Head& head, int rate) {
  Decoder decoder(head, rate, SampleFormat::f32);
  std::vector<float> out;
  for (const auto& packet : packets)
    test::append(&out, decoder.decode(packet.bytes), packet.info.clip_start, packet.info.clip_end);
  return out;
}

class OpusAlignment : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(OpusAlignment, ClippedDecodesLineUpWithTheInputAndHaveItsLength) {
  const auto [rate, channels] = GetParam();
  const auto frames = static_cast<std::size_t>(rate + 123);
  const auto input = tones(frames, channels, rate);
  Encoder encoder(rate, channels, clear(channels));
  const auto packets = encode_all(encoder, view(input, channels));
  const auto decoded = decode_clipped(packets, encoder.head(), rate);
  EXPECT_EQ(total(packets, &EncodedAudio::samples), static_cast<std::int64_t>(frames));
  EXPECT_EQ(total(packets, &EncodedAudio::clip_start), encoder.delay());
  ASSERT_EQ(decoded.size(), input.size());
  const int full_band = channels >= 6 ? channels - 1 : channels;  // the last of six and more is the LFE
  for (int i = 0; i < full_band; ++i) {
    const auto in = test::channel_of(input, channels, i), out = test::channel_of(decoded, channels, i);
    EXPECT_EQ(test::best_lag(in, out, 10), 0) << "channel " << i;
    EXPECT_GT(test::correlation(in, out, 0), 0.95) << "channel " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(RatesAndChannels, OpusAlignment,
                         testing::Combine(testing::Values(8000, 12000, 16000, 24000, 48000),
                                          testing::Range(1, 9)));

TEST(OpusEncoder, DecodesInTimeAtAnotherRateToo) {
  Encoder encoder(48000, 1, clear(1));
  const auto packets = encode_all(encoder, view(tones(48000, 1, 48000), 1));
  Decoder decoder(encoder.head(), 16000, SampleFormat::f32);
  std::vector<float> decoded;
  for (const auto& packet : packets) test::append(&decoded, decoder.decode(packet.bytes));
  decoded.erase(decoded.begin(), decoded.begin() + encoder.head().pre_skip_at(16000));
  EXPECT_EQ(test::best_lag(tones(16000, 1, 16000), decoded), 0);
}

TEST(OpusEncoder, SpendsExactlyItsRateOnAMinuteOfMusic) {
  MPQ_REQUIRE_SHARED(path, "data/music/encodec_test_48k.wav");
  auto music = test::wav_samples(test::read_file(path));
  ASSERT_GT(music.size(), 48000u);
  const std::size_t clip = music.size() / 2 * 2, minute = 2 * 48000 * 60;
  for (std::size_t i = clip; i < minute; ++i) music.push_back(music[i - clip]);
  music.resize(minute);
  Encoder encoder(48000, 2);
  const auto packets = encode_all(encoder, view(music, 2));
  for (const auto& packet : packets) EXPECT_EQ(packet.bytes.size(), 15u);
  EXPECT_EQ(packets.size(), 3001u);  // the last one holds what the look-ahead delays
}

struct Bare {
  int rate, channels, bitrate, vbr, frame;
};

/// What libopus itself writes, called as its documentation says.
std::vector<std::vector<std::uint8_t>> bare_libopus(const std::vector<float>& audio, const Bare& b) {
  int streams = 0, coupled = 0, error = 0;
  unsigned char mapping[255];
  OpusEncoder* plain = opus_encoder_create(b.rate, std::min(2, b.channels), OPUS_APPLICATION_AUDIO, &error);
  OpusMSEncoder* surround = opus_multistream_surround_encoder_create(
      b.rate, b.channels, 1, &streams, &coupled, mapping, OPUS_APPLICATION_AUDIO, &error);
  const bool many = b.channels > 2;
  const auto set = [&](int request, int value) {
    many ? opus_multistream_encoder_ctl(surround, request, value) : opus_encoder_ctl(plain, request, value);
  };
  set(OPUS_SET_BITRATE_REQUEST, b.bitrate);
  set(OPUS_SET_VBR_REQUEST, b.vbr);
  set(OPUS_SET_COMPLEXITY_REQUEST, 10);
  std::vector<std::vector<std::uint8_t>> packets;
  for (std::size_t at = 0; at + static_cast<std::size_t>(b.frame * b.channels) <= audio.size();
       at += static_cast<std::size_t>(b.frame * b.channels)) {
    std::vector<std::uint8_t> packet(20000);
    const int size = many ? opus_multistream_encode_float(surround, &audio[at], b.frame, packet.data(), 20000)
                          : opus_encode_float(plain, &audio[at], b.frame, packet.data(), 20000);
    packet.resize(static_cast<std::size_t>(std::max(0, size)));
    packets.push_back(packet);
  }
  opus_encoder_destroy(plain);
  opus_multistream_encoder_destroy(surround);
  return packets;
}

TEST(OpusEncoder, WritesTheBytesThatABareLibopusLoopWrites) {
  for (const Bare b :
       {Bare{48000, 2, 6000, 0, 960}, Bare{48000, 2, 96000, 1, 960}, Bare{16000, 1, 12000, 0, 320},
        Bare{48000, 6, 200000, 1, 960}, Bare{24000, 2, 24000, 0, 1440}}) {
    const auto audio = tones(static_cast<std::size_t>(b.rate), b.channels, b.rate);
    const int microseconds = static_cast<int>(1000000LL * b.frame / b.rate);
    Encoder encoder(b.rate, b.channels,
                    {.bitrate = b.bitrate,
                     .rate_control = b.vbr ? RateControl::constrained : RateControl::constant,
                     .frame_duration_us = microseconds});
    const auto packets = encode_all(encoder, view(audio, b.channels));
    const auto expected = bare_libopus(audio, b);
    ASSERT_GE(packets.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(packets[i].bytes, expected[i]) << i;
  }
}

class OpusDurations : public testing::TestWithParam<int> {};

TEST_P(OpusDurations, EachPacketHoldsTheChosenDuration) {
  Encoder encoder(48000, 2, {.bitrate = 96000, .frame_duration_us = GetParam()});
  const auto packets = encode_all(encoder, view(tones(50000, 2, 48000), 2));
  for (const auto& packet : packets) {
    EXPECT_EQ(packet_samples(packet.bytes, 48000), 48 * GetParam() / 1000);
    EXPECT_EQ(packet.info.samples + packet.info.clip_start + packet.info.clip_end, encoder.frame_samples());
  }
  EXPECT_EQ(total(packets, &EncodedAudio::samples), 50000);
}

INSTANTIATE_TEST_SUITE_P(Microseconds, OpusDurations,
                         testing::Values(2500, 5000, 10000, 20000, 40000, 60000));

TEST(OpusEncoder, WritesTheSameBytesWhateverTheBufferSizes) {
  const auto audio = test::to_s16(tones(20000, 2, 48000));
  Encoder encoder(48000, 2);
  const auto whole = test::concatenate(encode_all(encoder, view(audio, 2), 20000));
  EXPECT_EQ(test::concatenate(encode_all(encoder, view(audio, 2), 7)), whole);  // and in a second stream
}

TEST(OpusEncoder, BeginsANewStreamAfterReset) {
  const auto audio = tones(20000, 1, 16000);
  Encoder encoder(16000, 1);
  const auto first = encode_all(encoder, view(audio, 1));
  encoder.encode(view(tones(5000, 1, 16000), 1), {});
  encoder.reset();
  EXPECT_EQ(test::concatenate(encode_all(encoder, view(audio, 1))), test::concatenate(first));
}

TEST(OpusEncoder, CountsAllButTheTableOfContentsAsEntropyCoded) {
  Encoder encoder(48000, 2, {.bitrate = 64000});
  for (const auto& packet : encode_all(encoder, view(tones(48000, 2, 48000), 2)))
    EXPECT_EQ(packet.info.entropy_coded_bytes, packet.bytes.size() - 1);
}

TEST(OpusEncoder, TakesANewBitrateInMidStream) {
  Encoder encoder(48000, 1, {.bitrate = 24000});
  std::vector<std::size_t> sizes;
  const PacketSink sink = [&](const EncodedAudio& packet) { sizes.push_back(packet.bytes.size()); };
  const auto audio = tones(960, 1, 48000);
  encoder.encode(view(audio, 1), sink);
  encoder.set_options({.bitrate = 48000});
  encoder.encode(view(audio, 1), sink);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{60, 120}));
  EXPECT_THROW(encoder.set_options({.application = Application::voip}), Error);
  EXPECT_THROW(encoder.set_options({.bitrate = 1}), Error);
  EXPECT_EQ(encoder.options().bitrate, 48000);
}

TEST(OpusEncoder, TakesShorterFramesInMidPacket) {
  Encoder encoder(48000, 1, {.bitrate = 64000, .frame_duration_us = 60000});
  std::int64_t samples = 0;
  const PacketSink sink = [&](const EncodedAudio& packet) { samples += packet.samples; };
  const auto audio = tones(2000, 1, 48000);
  encoder.encode(view(audio, 1), sink);
  encoder.set_options({.bitrate = 64000, .frame_duration_us = 10000});
  encoder.finish(sink);
  EXPECT_EQ(samples, 2000);
}

TEST(OpusEncoder, SendsAByteOrTwoInSilenceWithDtx) {
  Encoder encoder(16000, 1, {.bitrate = 16000, .application = Application::voip, .dtx = true});
  std::size_t small = 0;
  for (const auto& packet : encode_all(encoder, view(std::vector<float>(48000), 1)))
    small += packet.bytes.size() <= 2;
  EXPECT_GT(small, 80u);
}

TEST(OpusEncoder, SurvivesSamplesThatAreNoNumbers) {
  auto audio = tones(48000, 2, 48000);
  audio[100] = std::numeric_limits<float>::quiet_NaN();
  audio[2000] = std::numeric_limits<float>::infinity();
  audio[40000] = -1e30f;
  Encoder encoder(48000, 2);
  EXPECT_EQ(total(encode_all(encoder, view(audio, 2)), &EncodedAudio::samples), 48000);
}

TEST(OpusEncoder, GivesNoPacketsForNoInput) {
  Encoder encoder(48000, 2);
  EXPECT_TRUE(encode_all(encoder, view(std::vector<float>{}, 2)).empty());
}

TEST(OpusEncoder, ReturnsASingleSample) {
  Encoder encoder(48000, 2);
  EXPECT_EQ(total(encode_all(encoder, view(std::vector<float>(2), 2)), &EncodedAudio::samples), 1);
}

TEST(OpusEncoder, NamesABitrateThatIsEnough) {
  try {
    Encoder encoder(48000, 6);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.remedy(), "set the bitrate to at least 36000");
  }
  EXPECT_NO_THROW(Encoder(48000, 6, {.bitrate = 36000}));
  EXPECT_THROW(Encoder(48000, 2, {.frame_duration_us = 2500}), Error);
  EXPECT_NO_THROW(Encoder(48000, 2, {.bitrate = 24000, .frame_duration_us = 2500}));
}

TEST(OpusEncoder, RefusesWhatOpusDoesNotHave) {
  EXPECT_THROW(Encoder(44100, 2), Error);
  EXPECT_THROW(Encoder(48000, 9, {.bitrate = 100000}), Error);
  EXPECT_THROW(Encoder(48000, 0), Error);
  EXPECT_THROW(Encoder(48000, 2, {.bitrate = 600000}), Error);
  EXPECT_THROW(Encoder(48000, 2, {.complexity = 11}), Error);
  EXPECT_THROW(Encoder(48000, 2, {.frame_duration_us = 30000}), Error);
  EXPECT_THROW(Encoder(48000, 2, {.expected_loss_percent = 101}), Error);
  Encoder encoder(48000, 2);
  EXPECT_THROW(encoder.encode(view(std::vector<float>(10), 1), {}), Error);
}

}  // namespace
}  // namespace mpq::opus
