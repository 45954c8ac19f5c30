// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>
#include <mpg123.h>

#include <algorithm>
#include <cmath>

#include "codecs/mp3/mp3.h"
#include "core/error.h"
#include "tests/support/audio_packets.h"
#include "tests/support/audio_signal.h"

namespace mpq::mp3 {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::vector<test::Packet> stream(int kbps, int channels = 2, std::size_t frames = 44100) {
  Encoder encoder(44100, channels, {.bitrate_kbps = kbps});
  return test::encode_all(encoder, test::view(test::tones(frames, channels, 44100), channels));
}

/// What libmpg123 makes of a whole stream fed at once, without gapless trimming.
Bytes bare_mpg123(const Bytes& stream, int encoding) {
  mpg123_init();
  mpg123_handle* handle = mpg123_new(nullptr, nullptr);
  mpg123_param(handle, MPG123_ADD_FLAGS, MPG123_QUIET, 0);
  mpg123_param(handle, MPG123_REMOVE_FLAGS, MPG123_GAPLESS, 0);
  mpg123_format_none(handle);
  for (const int rate : sample_rates) mpg123_format(handle, rate, MPG123_MONO | MPG123_STEREO, encoding);
  mpg123_open_feed(handle);
  Bytes out(64 << 20);
  std::size_t size = 0, more = 0;
  mpg123_decode(handle, stream.data(), stream.size(), out.data(), out.size(), &size);  // the new format
  while (mpg123_decode(handle, nullptr, 0, out.data() + size, out.size() - size, &more) == MPG123_OK)
    size += more;
  out.resize(size + more);
  mpg123_delete(handle);
  return out;
}

Bytes decode_all(const std::vector<test::Packet>& packets, SampleFormat format) {
  Decoder decoder(format);
  Bytes out;
  for (const auto& packet : packets) {
    const AudioView audio = decoder.decode(packet.bytes).audio;
    const auto* bytes = static_cast<const std::uint8_t*>(audio.data);
    out.insert(out.end(), bytes, bytes + audio.bytes());
  }
  return out;
}

TEST(Mp3Decoder, GivesTheSamplesThatABareMpg123LoopGives) {
  for (const int kbps : {8, 48, 128}) {
    const auto packets = stream(kbps);
    const auto whole = test::concatenate(packets);
    EXPECT_EQ(decode_all(packets, SampleFormat::s16), bare_mpg123(whole, MPG123_ENC_SIGNED_16)) << kbps;
    EXPECT_EQ(decode_all(packets, SampleFormat::f32), bare_mpg123(whole, MPG123_ENC_FLOAT_32)) << kbps;
  }
}

TEST(Mp3Decoder, SaturatesSixteenBitSamplesAsMpg123Does) {
  std::vector<float> loud = test::tones(44100, 2, 44100);
  for (float& sample : loud) sample *= 12;
  Encoder encoder(44100, 2, {.bitrate_kbps = 128});
  const auto packets = test::encode_all(encoder, test::view(loud, 2));
  const Bytes decoded = decode_all(packets, SampleFormat::s16);
  EXPECT_EQ(decoded, bare_mpg123(test::concatenate(packets), MPG123_ENC_SIGNED_16));
  const auto* samples = reinterpret_cast<const std::int16_t*>(decoded.data());
  for (const int limit : {-32768, 32767})
    EXPECT_GT(std::count(samples, samples + decoded.size() / 2, limit), 1000);
}

// A damaged gain can make samples a billion times as loud as full scale.
TEST(Mp3Decoder, SaturatesWithTheRightSignWhatNo32BitsHold) {
  std::vector<float> loud = test::tones(44100, 1, 44100);
  Encoder encoder(44100, 1, {.bitrate_kbps = 128});
  auto packets = test::encode_all(encoder, test::view(loud, 1));
  for (auto& packet : packets) {  // global_gain: 8 bits, 39 bits into mono's side information
    const std::size_t at = parse_frame_header(packet.bytes)->overhead() - 17 + 4;
    packet.bytes[at] |= 0x01;
    packet.bytes[at + 1] |= 0xfe;
  }
  const Bytes decoded = decode_all(packets, SampleFormat::s16),
              exact = decode_all(packets, SampleFormat::f32);
  const auto* samples = reinterpret_cast<const std::int16_t*>(decoded.data());
  const auto* floats = reinterpret_cast<const float*>(exact.data());
  int beyond = 0;
  for (std::size_t i = 0; i < decoded.size() / 2; ++i) {
    if (std::abs(floats[i]) < 1) continue;
    ASSERT_EQ(samples[i], floats[i] > 0 ? 32767 : -32768) << floats[i];
    if (floats[i] >= 65536) ++beyond;
  }
  EXPECT_GT(beyond, 1000);
}

TEST(Mp3Decoder, GivesEachFrameAtOnce) {
  Decoder decoder(SampleFormat::s16);
  for (const auto& packet : stream(128)) {
    const auto decoded = decoder.decode(packet.bytes);
    EXPECT_EQ(decoded.audio.frames, 1152u);
    EXPECT_EQ(decoded.audio.channels, 2);
    EXPECT_EQ(decoded.rate, 44100);
    EXPECT_EQ(decoded.warning, "");
  }
}

TEST(Mp3Decoder, ClipsAsTheInformationTagSays) {
  Encoder encoder(44100, 2);
  const auto packets = test::encode_all(encoder, test::view(test::tones(44100, 2, 44100), 2));
  Decoder decoder(SampleFormat::f32);
  EXPECT_EQ(decoder.decode(encoder.info_tag()).audio.frames, 0u);
  for (const auto& packet : packets) {
    const auto decoded = decoder.decode(packet.bytes);
    EXPECT_EQ(decoded.clip_start, packet.info.clip_start);
    EXPECT_EQ(decoded.clip_end, packet.info.clip_end);
  }
}

TEST(Mp3Decoder, ClipsTheStartAloneForAProvisionalTag) {
  Encoder encoder(44100, 2);
  const Bytes tag = encoder.info_tag();
  Decoder decoder(SampleFormat::f32);
  decoder.decode(tag);
  for (const auto& packet : test::encode_all(encoder, test::view(test::tones(44100, 2, 44100), 2))) {
    const auto decoded = decoder.decode(packet.bytes);
    EXPECT_EQ(decoded.clip_start, packet.info.clip_start);
    EXPECT_EQ(decoded.clip_end, 0);
  }
}

TEST(Mp3Decoder, ClipsNothingWithoutATag) {
  Decoder decoder(SampleFormat::f32);
  for (const auto& packet : stream(64)) {
    const auto decoded = decoder.decode(packet.bytes);
    EXPECT_EQ(decoded.clip_start + decoded.clip_end, 0);
  }
}

TEST(Mp3Decoder, FillsMissingReservoirWithSilenceAndRecovers) {
  const auto packets = stream(32, 2, 441000);
  Decoder whole(SampleFormat::f32), late(SampleFormat::f32);
  for (std::size_t i = 0; i < 20; ++i) whole.decode(packets[i].bytes);
  const auto first = late.decode(packets[20].bytes);
  EXPECT_NE(first.warning, "");
  EXPECT_EQ(first.audio.frames, static_cast<std::size_t>(whole.decode(packets[20].bytes).audio.frames));
  const auto* silent = static_cast<const float*>(first.audio.data);
  for (std::size_t i = 0; i < 1152; ++i) EXPECT_LT(std::abs(silent[i]), 1e-3);
  std::vector<float> expected, recovered;
  for (std::size_t i = 21; i < 40; ++i) {
    const auto decoded = late.decode(packets[i].bytes);
    const auto reference = whole.decode(packets[i].bytes);
    if (i < 30) continue;
    EXPECT_EQ(decoded.warning, "");
    test::append(&expected, reference.audio);
    test::append(&recovered, decoded.audio);
  }
  EXPECT_EQ(expected, recovered);
}

TEST(Mp3Decoder, RefusesWhatIsNoFrame) {
  Decoder decoder(SampleFormat::s16);
  const auto packet = stream(128)[0].bytes;
  EXPECT_THROW(decoder.decode({}), Error);
  EXPECT_THROW(decoder.decode(Bytes(417)), Error);
  EXPECT_THROW(decoder.decode(std::span(packet).first(416)), Error);
  auto free_format = packet;
  free_format[2] &= 0x0f;
  EXPECT_THROW(decoder.decode(free_format), Error);
  EXPECT_EQ(decoder.decode(packet).audio.frames, 1152u);
}

TEST(Mp3Decoder, KeepsTheClipsInPlaceAfterACutFrame) {
  Encoder encoder(44100, 2, {.bitrate_kbps = 128});
  auto packets = test::encode_all(encoder, test::view(test::tones(44100, 2, 44100), 2));
  Decoder decoder(SampleFormat::f32);
  decoder.decode(encoder.info_tag());
  packets[10].bytes.resize(100);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (i == 10) {
      EXPECT_THROW(decoder.decode(packets[i].bytes), Error);
    } else {
      EXPECT_EQ(decoder.decode(packets[i].bytes).clip_end, packets[i].info.clip_end);
    }
  }
}

TEST(Mp3Decoder, ForgetsTheStreamAtAReset) {
  const auto packets = stream(128);
  Decoder decoder(SampleFormat::f32);
  std::vector<float> first, second;
  for (const auto& packet : packets) test::append(&first, decoder.decode(packet.bytes).audio);
  decoder.reset();
  for (const auto& packet : packets) test::append(&second, decoder.decode(packet.bytes).audio);
  EXPECT_EQ(first, second);
}

TEST(Mp3Decoder, FollowsAChangeOfRateAndChannels) {
  Decoder decoder(SampleFormat::s16);
  decoder.decode(stream(128)[0].bytes);
  const auto decoded = decoder.decode(stream(8, 1)[0].bytes);
  EXPECT_EQ(decoded.rate, 8000);
  EXPECT_EQ(decoded.audio.channels, 1);
  EXPECT_EQ(decoded.audio.frames, 576u);
}

TEST(Mp3Decoder, IgnoresWhatFollowsTheFrameAndSaysSo) {
  auto packet = stream(128)[0].bytes;
  packet.resize(packet.size() + 5);
  Decoder decoder(SampleFormat::s16);
  EXPECT_NE(decoder.decode(packet).warning, "");
  EXPECT_EQ(decoder.decode(stream(128)[1].bytes).warning, "");
}

}  // namespace
}  // namespace mpq::mp3
