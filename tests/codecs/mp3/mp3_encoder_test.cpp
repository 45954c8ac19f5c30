// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>
#include <lame/lame.h>

#include <algorithm>
#include <limits>
#include <random>

#include "codecs/mp3/mp3.h"
#include "core/error.h"
#include "tests/support/audio_packets.h"
#include "tests/support/audio_signal.h"

namespace mpq::mp3 {
namespace {

using test::concatenate, test::encode_all, test::tones, test::total, test::view;

std::vector<std::int16_t> noise(std::size_t samples) {
  std::mt19937 random(7);
  std::vector<std::int16_t> audio(samples);
  for (auto& sample : audio) sample = static_cast<std::int16_t>(static_cast<int>(random() % 20000) - 10000);
  return audio;
}

std::string remedy_of(int input_rate, const EncoderOptions& options) {
  try {
    Encoder encoder(input_rate, 2, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.remedy();
  }
  return "no error";
}

struct Case {
  int input_rate, channels, kbps, codec_rate;
  ChannelMode mode = ChannelMode::automatic;
};

class Mp3Alignment : public testing::TestWithParam<Case> {};

TEST_P(Mp3Alignment, ClippedDecodesLineUpWithTheInputAndHaveItsLength) {
  const Case c = GetParam();
  Encoder encoder(c.input_rate, c.channels,
                  {.bitrate_kbps = c.kbps, .codec_rate = c.codec_rate, .mode = c.mode});
  const auto frames = static_cast<std::size_t>(3 * c.input_rate + 123);
  const auto packets = encode_all(encoder, view(tones(frames, c.channels, c.input_rate), c.channels));
  Decoder decoder(SampleFormat::f32);
  std::vector<float> decoded;
  for (const auto& packet : packets)
    test::append(&decoded, decoder.decode(packet.bytes).audio, packet.info.clip_start, packet.info.clip_end);

  const auto length =
      (static_cast<std::int64_t>(frames) * encoder.codec_rate() + c.input_rate - 1) / c.input_rate;
  EXPECT_EQ(total(packets, &EncodedAudio::samples), length);
  EXPECT_EQ(static_cast<long long>(decoded.size()), length * encoder.codec_channels());
  EXPECT_EQ(total(packets, &EncodedAudio::clip_start), encoder.delay());
  const auto reference = tones(static_cast<std::size_t>(length), c.channels, encoder.codec_rate());
  const auto left = test::channel_of(decoded, encoder.codec_channels(), 0);
  EXPECT_EQ(test::best_lag(test::channel_of(reference, c.channels, 0), left), 0);
}

INSTANTIATE_TEST_SUITE_P(Rates, Mp3Alignment,
                         testing::Values(Case{44100, 2, 8, 0}, Case{44100, 1, 8, 0}, Case{48000, 2, 8, 0},
                                         Case{16000, 1, 8, 0}, Case{8000, 1, 8, 0}, Case{44100, 2, 128, 0},
                                         Case{48000, 2, 320, 0}, Case{22050, 2, 32, 0},
                                         Case{44100, 2, 24, 22050}, Case{96000, 2, 64, 0},
                                         Case{192000, 1, 8, 0}, Case{16000, 1, 32, 48000},
                                         Case{44100, 2, 16, 11025}, Case{44100, 2, 64, 0, ChannelMode::mono},
                                         Case{44100, 2, 96, 0, ChannelMode::stereo}));

TEST(Mp3Encoder, SpendsEightKilobitsASecondOnAMinuteOfStereo) {
  Encoder encoder(44100, 2);
  const auto packets = encode_all(encoder, view(noise(2 * 44100 * 60), 2));
  EXPECT_EQ(encoder.codec_rate(), 8000);
  EXPECT_EQ(encoder.bitrate_kbps(), 8);
  const double seconds = 60;
  EXPECT_NEAR(static_cast<double>(concatenate(packets).size()) * 8 / seconds, 8000, 0.02 * 8000);
}

TEST(Mp3Encoder, HandsOutOneWholeFrameAPacket) {
  Encoder encoder(44100, 2, {.bitrate_kbps = 128});
  for (const auto& packet : encode_all(encoder, view(noise(2 * 44100), 2))) {
    const auto header = parse_frame_header(packet.bytes);
    ASSERT_TRUE(header);
    EXPECT_EQ(packet.bytes.size(), header->length);
    EXPECT_EQ(header->bitrate_kbps, 128);
    const auto& info = packet.info;
    EXPECT_EQ(info.samples + info.clip_start + info.clip_end, encoder.samples_per_frame());
  }
}

TEST(Mp3Encoder, CountsMainDataAsEntropyCoded) {
  Encoder encoder(8000, 1);  // 72-byte frames, of which 4 header and 9 side information
  for (const auto& packet : encode_all(encoder, view(noise(8000), 1)))
    EXPECT_EQ(packet.info.entropy_coded_bytes, 59u);
}

/// What LAME itself writes at these settings, called as its own documentation says.
std::vector<std::uint8_t> bare_lame(const std::vector<std::int16_t>& stereo, int rate, int kbps) {
  lame_t lame = lame_init();
  lame_set_in_samplerate(lame, rate);
  lame_set_brate(lame, kbps);
  lame_set_bWriteVbrTag(lame, 0);
  lame_init_params(lame);
  std::vector<std::uint8_t> out, buffer(1 << 20);
  std::vector<std::int16_t> copy = stereo;
  const int frames = static_cast<int>(copy.size() / 2);
  for (int first = 0; first < frames; first += 1152) {
    const int n = lame_encode_buffer_interleaved(lame, copy.data() + 2 * first,
                                                 std::min(1152, frames - first), buffer.data(), 1 << 20);
    out.insert(out.end(), buffer.begin(), buffer.begin() + n);
  }
  const int n = lame_encode_flush(lame, buffer.data(), 1 << 20);
  out.insert(out.end(), buffer.begin(), buffer.begin() + n);
  lame_close(lame);
  return out;
}

TEST(Mp3Encoder, WritesTheBytesThatABareLameLoopWrites) {
  const auto audio = noise(2 * 100000);
  for (const int kbps : {8, 32, 128, 320}) {
    Encoder encoder(44100, 2, {.bitrate_kbps = kbps});
    EXPECT_EQ(concatenate(encode_all(encoder, view(audio, 2))), bare_lame(audio, 44100, kbps)) << kbps;
  }
}

TEST(Mp3Encoder, WritesTheSameBytesWhateverTheBufferSizes) {
  const auto audio = noise(2 * 20000);
  Encoder encoder(48000, 2, {.bitrate_kbps = 64});
  const auto whole = concatenate(encode_all(encoder, view(audio, 2), 20000));
  EXPECT_EQ(concatenate(encode_all(encoder, view(audio, 2), 7)), whole);
}

TEST(Mp3Encoder, BeginsANewStreamAfterFinish) {
  const auto audio = noise(2 * 30000);
  Encoder encoder(44100, 2, {.bitrate_kbps = 128});
  const auto first = encode_all(encoder, view(audio, 2)), second = encode_all(encoder, view(audio, 2));
  EXPECT_EQ(concatenate(first), concatenate(second));
  EXPECT_EQ(total(second, &EncodedAudio::samples), 30000);
}

TEST(Mp3Encoder, BeginsANewStreamAfterReset) {
  const auto audio = noise(2 * 30000);
  Encoder encoder(44100, 2, {.bitrate_kbps = 96});
  const auto first = encode_all(encoder, view(audio, 2));
  encoder.encode(view(noise(2 * 5000), 2), {});
  encoder.reset();
  EXPECT_EQ(concatenate(encode_all(encoder, view(audio, 2))), concatenate(first));
}

TEST(Mp3Encoder, HoldsBackNoMoreThanItsLatency) {
  for (const int kbps : {8, 48, 128, 320}) {
    Encoder encoder(44100, 2, {.bitrate_kbps = kbps});
    const auto audio = noise(2 * 200000);
    std::int64_t taken = 0, given = 0, most = 0;
    const PacketSink sink = [&](const EncodedAudio& packet) {
      most = std::max(most, taken - given * 44100 / encoder.codec_rate());
      given += packet.samples;
    };
    for (std::size_t i = 0; i < 200000; i += 10, taken += 10)
      encoder.encode(test::part(view(audio, 2), i, 10), sink);
    EXPECT_LE(most, encoder.max_latency_frames()) << kbps;
    EXPECT_GT(2 * most, encoder.max_latency_frames()) << kbps;
  }
}

TEST(Mp3Encoder, GivesNoPacketsForNoInput) {
  Encoder encoder(44100, 2);
  EXPECT_TRUE(encode_all(encoder, view(std::vector<float>{}, 2)).empty());
}

TEST(Mp3Encoder, ReturnsASingleSample) {
  Encoder encoder(8000, 1);
  EXPECT_EQ(total(encode_all(encoder, view(noise(1), 1)), &EncodedAudio::samples), 1);
}

TEST(Mp3Encoder, SurvivesSamplesThatAreNoNumbers) {
  auto audio = tones(8000, 1, 8000);
  audio[100] = std::numeric_limits<float>::quiet_NaN();
  audio[200] = std::numeric_limits<float>::infinity();
  audio[300] = -1e30f;
  Encoder encoder(8000, 1);
  EXPECT_EQ(total(encode_all(encoder, view(audio, 1)), &EncodedAudio::samples), 8000);
}

TEST(Mp3Encoder, LowersTheSamplingRateWhereLamesChoiceCannotCarryTheBitrate) {
  Encoder encoder(44100, 2, {.bitrate_kbps = 144});  // MPEG-2 alone has 144
  EXPECT_EQ(encoder.codec_rate(), 24000);
  EXPECT_EQ(encoder.mpeg_audio_version(), 2);
  EXPECT_EQ(Encoder(8000, 1, {.bitrate_kbps = 128}).codec_rate(), 16000);  // 8000 Hz ends at 64
}

TEST(Mp3Encoder, NamesTheNearestBitratesForOneThatMpegDoesNotHave) {
  EXPECT_EQ(remedy_of(44100, {.bitrate_kbps = 9}), "set the bitrate to 8 or 16 kbps");
  EXPECT_EQ(remedy_of(44100, {.bitrate_kbps = 7}), "set the bitrate to 8 kbps");
  EXPECT_EQ(remedy_of(44100, {.bitrate_kbps = 321}), "set the bitrate to 320 kbps");
}

TEST(Mp3Encoder, NamesACodecRateThatCanCarryTheBitrate) {
  const auto remedy = remedy_of(44100, {.bitrate_kbps = 8, .codec_rate = 44100});
  EXPECT_EQ(remedy, "set the codec rate to 24000 or to 0, or the bitrate to 32 kbps");
  EXPECT_EQ(Encoder(44100, 2, {.bitrate_kbps = 8, .codec_rate = 24000}).bitrate_kbps(), 8);
  EXPECT_EQ(Encoder(44100, 2, {.bitrate_kbps = 32, .codec_rate = 44100}).bitrate_kbps(), 32);
}

TEST(Mp3Encoder, RefusesWhatMp3DoesNotHave) {
  EXPECT_THROW(Encoder(44100, 3), Error);
  EXPECT_THROW(Encoder(4000, 1), Error);
  EXPECT_THROW(Encoder(44100, 2, {.codec_rate = 44000}), Error);
  EXPECT_THROW(Encoder(44100, 2, {.effort = 10}), Error);
  Encoder encoder(44100, 2);
  EXPECT_THROW(encoder.encode(view(noise(10), 1), {}), Error);
}

}  // namespace
}  // namespace mpq::mp3
