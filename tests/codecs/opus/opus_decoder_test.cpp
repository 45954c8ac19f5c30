// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>
#include <opus/opus_multistream.h>

#include <cstring>

#include "codecs/opus/opus_codec.h"
#include "core/error.h"
#include "tests/support/audio_packets.h"
#include "tests/support/audio_signal.h"

namespace mpq::opus {
namespace {

using test::tones, test::view;

std::vector<test::Packet> stream(int channels, const EncoderOptions& options) {
  Encoder encoder(48000, channels, options);
  return test::encode_all(encoder, view(tones(48000, channels, 48000), channels));
}

double power(const AudioView& audio) {
  const auto* samples = static_cast<const float*>(audio.data);
  double sum = 0;
  for (std::size_t i = 0; i < audio.frames; ++i) sum += samples[i] * samples[i];
  return sum / static_cast<double>(audio.frames);
}

TEST(OpusDecoder, GivesTheSamplesThatABareLibopusLoopGives) {
  const auto packets = stream(2, {.bitrate = 32000});
  Decoder decoder(Head::plain(2), 48000, SampleFormat::s16);
  int error = 0;
  OpusDecoder* bare = opus_decoder_create(48000, 2, &error);
  std::vector<std::int16_t> expected(2 * 5760);
  for (const auto& packet : packets) {
    const auto size = static_cast<int>(packet.bytes.size());
    const int frames = opus_decode(bare, packet.bytes.data(), size, expected.data(), 5760, 0);
    const AudioView audio = decoder.decode(packet.bytes);
    ASSERT_EQ(audio.frames, static_cast<std::size_t>(frames));
    EXPECT_EQ(std::memcmp(audio.data, expected.data(), audio.bytes()), 0);
  }
  opus_decoder_destroy(bare);
}

TEST(OpusDecoder, SoftensClippingAsABareLibopusLoopDoesAlsoAroundLosses) {
  for (const int channels : {1, 2}) {
    const auto packets = stream(channels, {.bitrate = 32000});
    Head head = Head::plain(channels);
    head.gain_q8 = 12 * 256;  // dB: a good part of the samples clips
    Decoder decoder(head, 48000, SampleFormat::s16);
    int error = 0;
    OpusDecoder* bare = opus_decoder_create(48000, channels, &error);
    opus_decoder_ctl(bare, OPUS_SET_GAIN(head.gain_q8));
    std::vector<std::int16_t> expected(2 * 5760);
    std::size_t clipped = 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      const bool lost = i % 7 == 3;
      const auto& bytes = packets[i].bytes;
      const int frames = opus_decode(bare, lost ? nullptr : bytes.data(),
                                     lost ? 0 : static_cast<int>(bytes.size()), expected.data(), 960, 0);
      const AudioView audio = lost ? decoder.decode_lost(960) : decoder.decode(bytes);
      ASSERT_EQ(audio.frames, static_cast<std::size_t>(frames));
      EXPECT_EQ(std::memcmp(audio.data, expected.data(), audio.bytes()), 0) << channels << ' ' << i;
      for (std::size_t k = 0; k < audio.bytes() / 2; ++k) clipped += std::abs(expected[k]) > 32600 ? 1 : 0;
    }
    EXPECT_GT(clipped, 100u);
    opus_decoder_destroy(bare);
  }
}

TEST(OpusDecoder, SoftensClippingInSurroundAsABareMultistreamLoopDoes) {
  Encoder encoder(48000, 5, {.bitrate = 160000});
  Head head = encoder.head();
  head.gain_q8 = 12 * 256;
  Decoder decoder(head, 48000, SampleFormat::s16);
  int error = 0;
  OpusMSDecoder* bare = opus_multistream_decoder_create(48000, 5, head.stream_count, head.coupled_count,
                                                        head.mapping.data(), &error);
  opus_multistream_decoder_ctl(bare, OPUS_SET_GAIN(head.gain_q8));
  std::vector<std::int16_t> expected(5 * 5760);
  for (const auto& packet : test::encode_all(encoder, view(tones(24000, 5, 48000), 5))) {
    const auto size = static_cast<int>(packet.bytes.size());
    const int frames = opus_multistream_decode(bare, packet.bytes.data(), size, expected.data(), 5760, 0);
    const AudioView audio = decoder.decode(packet.bytes);
    ASSERT_EQ(audio.frames, static_cast<std::size_t>(frames));
    EXPECT_EQ(std::memcmp(audio.data, expected.data(), audio.bytes()), 0);
  }
  opus_multistream_decoder_destroy(bare);
}

TEST(OpusDecoder, GivesTheSamplesThatABareMultistreamLoopGives) {
  Encoder encoder(48000, 5, {.bitrate = 160000});
  const Head& head = encoder.head();
  Decoder decoder(head, 24000, SampleFormat::f32);
  int error = 0;
  OpusMSDecoder* bare = opus_multistream_decoder_create(24000, 5, head.stream_count, head.coupled_count,
                                                        head.mapping.data(), &error);
  std::vector<float> expected(5 * 2880);
  for (const auto& packet : test::encode_all(encoder, view(tones(24000, 5, 48000), 5))) {
    const auto size = static_cast<int>(packet.bytes.size());
    const int frames =
        opus_multistream_decode_float(bare, packet.bytes.data(), size, expected.data(), 2880, 0);
    const AudioView audio = decoder.decode(packet.bytes);
    ASSERT_EQ(audio.frames, static_cast<std::size_t>(frames));
    EXPECT_EQ(std::memcmp(audio.data, expected.data(), audio.bytes()), 0);
  }
  opus_multistream_decoder_destroy(bare);
}

TEST(OpusDecoder, AppliesTheOutputGain) {
  const auto packets = stream(1, {.bitrate = 64000});
  Head louder = Head::plain(1);
  louder.gain_q8 = 1541;  // 6.02 dB: twice the amplitude
  Decoder plain(Head::plain(1), 48000, SampleFormat::f32), gained(louder, 48000, SampleFormat::f32);
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_NEAR(power(gained.decode(packets[i].bytes)) / power(plain.decode(packets[i].bytes)), 4.0, 0.01);
}

TEST(OpusDecoder, LeavesAChannelWithoutSourceSilent) {
  Head head = Head::plain(2);
  head.mapping_family = 255;
  head.mapping[0] = 255;
  Decoder decoder(head, 48000, SampleFormat::f32);
  const auto packets = stream(2, {.bitrate = 64000});
  decoder.decode(packets[0].bytes);
  const AudioView audio = decoder.decode(packets[1].bytes);
  const auto* samples = static_cast<const float*>(audio.data);
  double left = 0, right = 0;
  for (std::size_t i = 0; i < audio.frames; ++i)
    left += std::abs(samples[2 * i]), right += std::abs(samples[2 * i + 1]);
  EXPECT_EQ(left, 0);
  EXPECT_GT(right, 1);
}

TEST(OpusDecoder, ConcealsALostPacketWithSoundOfItsLength) {
  const auto packets = stream(1, {.bitrate = 64000});
  Decoder decoder(Head::plain(1), 48000, SampleFormat::f32);
  for (std::size_t i = 0; i < 10; ++i) decoder.decode(packets[i].bytes);
  const AudioView audio = decoder.decode_lost(960);
  EXPECT_EQ(audio.frames, 960u);
  EXPECT_GT(power(audio), 1e-3);
}

TEST(OpusDecoder, ConcealsOnlyWholeMultiplesOf2500Microseconds) {
  Decoder decoder(Head::plain(1), 48000, SampleFormat::f32);
  EXPECT_EQ(decoder.decode_lost(5760).frames, 5760u);
  EXPECT_EQ(decoder.decode_lost(120).frames, 120u);
  for (const int frames : {0, -960, 121, 5880}) EXPECT_THROW(decoder.decode_lost(frames), Error) << frames;
}

TEST(OpusDecoder, RestoresALostPacketFromTheNextOneAsLibopusDoes) {
  const auto packets = stream(1, {.bitrate = 24000,
                                  .signal = Signal::voice,
                                  .application = Application::voip,
                                  .inband_fec = true,
                                  .expected_loss_percent = 20});
  Decoder with(Head::plain(1), 48000, SampleFormat::f32), without(Head::plain(1), 48000, SampleFormat::f32);
  int error = 0;
  OpusDecoder* bare = opus_decoder_create(48000, 1, &error);
  std::vector<float> expected(960);
  for (std::size_t i = 0; i < 20; ++i) {
    const auto& bytes = packets[i].bytes;
    with.decode(bytes), without.decode(bytes);
    ASSERT_EQ(opus_decode_float(bare, bytes.data(), static_cast<int>(bytes.size()), expected.data(), 960, 0),
              960);
  }
  const auto& next = packets[21].bytes;
  ASSERT_EQ(opus_decode_float(bare, next.data(), static_cast<int>(next.size()), expected.data(), 960, 1),
            960);
  EXPECT_EQ(std::memcmp(with.decode_lost(960, next).data, expected.data(), 960 * sizeof(float)), 0);
  EXPECT_NE(std::memcmp(without.decode_lost(960).data, expected.data(), 960 * sizeof(float)), 0);
  opus_decoder_destroy(bare);
}

TEST(OpusDecoder, ConcealsWhereTheNextPacketIsBroken) {
  Decoder decoder(Head::plain(1), 48000, SampleFormat::f32);
  const std::vector<std::uint8_t> broken{0xff, 0x3f};
  EXPECT_EQ(decoder.decode_lost(960, broken).frames, 960u);
}

TEST(OpusDecoder, ForgetsTheStreamAtAReset) {
  const auto packets = stream(2, {.bitrate = 24000});
  Decoder decoder(Head::plain(2), 48000, SampleFormat::f32);
  std::vector<float> first, second;
  for (const auto& packet : packets) test::append(&first, decoder.decode(packet.bytes));
  decoder.reset();
  for (const auto& packet : packets) test::append(&second, decoder.decode(packet.bytes));
  EXPECT_EQ(first, second);
}

TEST(OpusDecoder, RefusesRatesLayoutsAndEmptyPackets) {
  EXPECT_THROW(Decoder(Head::plain(2), 44100, SampleFormat::s16), Error);
  EXPECT_THROW(Decoder(Head::plain(3), 48000, SampleFormat::s16), Error);
  Decoder decoder(Head::plain(2), 48000, SampleFormat::s16);
  EXPECT_THROW(decoder.decode({}), Error);
}

}  // namespace
}  // namespace mpq::opus
