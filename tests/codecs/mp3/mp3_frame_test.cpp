// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>
#include <lame/lame.h>

#include <algorithm>
#include <string_view>

#include "codecs/mp3/mp3.h"
#include "tests/support/audio_packets.h"

namespace mpq::mp3 {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// `count` frames of MPEG-1, 128 kbps, 44100 Hz, joint stereo: 417 bytes each.
Bytes frames(int count) {
  Bytes all;
  for (int i = 0; i < count; ++i) {
    all.insert(all.end(), {0xff, 0xfb, 0x90, 0x64});
    all.insert(all.end(), 413, 0);
  }
  return all;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(Mp3FrameHeader, ReadsMpeg1) {
  const auto header = parse_frame_header(Bytes{0xff, 0xfb, 0x90, 0x64});
  ASSERT_TRUE(header);
  EXPECT_EQ(header->mpeg_audio_version, 1);
  EXPECT_EQ(header->bitrate_kbps, 128);
  EXPECT_EQ(header->sample_rate, 44100);
  EXPECT_EQ(header->channels, 2);
  EXPECT_EQ(header->length, 417u);  // 144 * 128000 / 44100 = 417.96
  EXPECT_EQ(header->samples(), 1152);
  EXPECT_EQ(header->overhead(), 36u);
}

TEST(Mp3FrameHeader, ReadsMpeg25WithChecksum) {
  const auto header = parse_frame_header(Bytes{0xff, 0xe2, 0x1a, 0xc4});  // 8 kbps, 8000 Hz, padded, mono
  ASSERT_TRUE(header);
  EXPECT_EQ(header->mpeg_audio_version, 3);
  EXPECT_EQ(header->bitrate_kbps, 8);
  EXPECT_EQ(header->sample_rate, 8000);
  EXPECT_EQ(header->length, 73u);  // 72 * 8000 / 8000 + 1
  EXPECT_EQ(header->overhead(), 15u);
}

TEST(Mp3FrameHeader, RefusesWhatIsNoLayerIIIFrameOfStatedBitrate) {
  EXPECT_FALSE(parse_frame_header(Bytes{0xff, 0xfb, 0x90}));        // three bytes
  EXPECT_FALSE(parse_frame_header(Bytes{0xff, 0xfd, 0x90, 0x64}));  // layer II
  EXPECT_FALSE(parse_frame_header(Bytes{0xff, 0xeb, 0x90, 0x64}));  // reserved version
  EXPECT_FALSE(parse_frame_header(Bytes{0xff, 0xfb, 0x00, 0x64}));  // free format
  EXPECT_FALSE(parse_frame_header(Bytes{0xff, 0xfb, 0xf0, 0x64}));  // no such bitrate
  EXPECT_FALSE(parse_frame_header(Bytes{0xff, 0xfb, 0x9c, 0x64}));  // no such rate
  EXPECT_FALSE(parse_frame_header(Bytes{0xff, 0x1b, 0x90, 0x64}));  // no sync
}

TEST(Mp3FindFrame, SkipsAnId3TagAndGarbage) {
  const Bytes id3 = Bytes{'I', 'D', '3', 4, 0, 0, 0, 0, 1, 2} + Bytes(130, 0xff);  // 1 * 128 + 2 bytes follow
  const auto position = find_frame(id3 + Bytes{0xff, 0xfb, 0, 1, 2} + frames(2), false);
  EXPECT_EQ(position.skip, 145u);
  EXPECT_EQ(position.length, 417u);
}

TEST(Mp3FindFrame, SkipsATagThatHasNotArrivedYet) {
  const auto position = find_frame(Bytes{'I', 'D', '3', 4, 0, 0, 0, 0, 7, 127} + Bytes(5), false);
  EXPECT_EQ(position.skip, 10u + 7 * 128 + 127);
  EXPECT_EQ(position.length, 0u);
}

TEST(Mp3FindFrame, TakesAFrameOnlyWhenAnotherOneFollows) {
  EXPECT_EQ(find_frame(frames(1), false).length, 0u);
  EXPECT_EQ(find_frame(frames(1) + Bytes{0xff, 0xfb, 0x90, 0x64}, false).length, 417u);
  EXPECT_EQ(find_frame(frames(1) + Bytes(10), false).length, 0u);
  EXPECT_EQ(find_frame(frames(1), true).length, 417u);
}

TEST(Mp3FindFrame, TakesAFrameAtOnceWhenItFitsTheOneBefore) {
  const auto previous = parse_frame_header(frames(1));
  EXPECT_EQ(find_frame(frames(1), false, &*previous).length, 417u);
  auto cut = frames(1);
  cut.pop_back();
  EXPECT_EQ(find_frame(cut, false, &*previous).length, 0u);
  EXPECT_EQ(find_frame(cut, false, &*previous).skip, 0u);
}

TEST(Mp3FindFrame, DropsACutFrameAtTheEnd) {
  auto cut = frames(1);
  cut.pop_back();
  const auto position = find_frame(cut, true);
  EXPECT_EQ(position.length, 0u);
  EXPECT_EQ(position.skip, 416u);
}

TEST(Mp3InfoTag, ComputesTheStandardsChecksum) {
  constexpr std::string_view digits = "123456789";
  EXPECT_EQ(crc16(0, Bytes(digits.begin(), digits.end())), 0xbb3d);  // CRC-16/ARC's check value
}

TEST(Mp3InfoTag, IsNotSeenInAudio) {
  EXPECT_FALSE(parse_info_tag(frames(1)));
}

TEST(Mp3InfoTag, SurvivesBeingCutShort) {
  Encoder encoder(8000, 1);
  Bytes tag = encoder.info_tag();
  while (!tag.empty()) {
    tag.pop_back();
    EXPECT_FALSE(parse_info_tag(tag));
  }
}

/// The tag that LAME itself writes for the same audio and settings, where its frame is large enough for one.
Bytes lame_tag(std::vector<std::int16_t> stereo, int kbps) {
  lame_t lame = lame_init();
  lame_set_brate(lame, kbps);
  lame_set_bWriteVbrTag(lame, 1);
  lame_set_findReplayGain(lame, 0);
  lame_init_params(lame);
  Bytes buffer(1 << 20);
  lame_encode_buffer_interleaved(lame, stereo.data(), static_cast<int>(stereo.size() / 2), buffer.data(),
                                 1 << 20);
  lame_encode_flush(lame, buffer.data(), 1 << 20);
  buffer.resize(lame_get_lametag_frame(lame, buffer.data(), buffer.size()));
  lame_close(lame);
  return buffer;
}

TEST(Mp3InfoTag, SaysWhatLamesOwnTagSays) {
  std::vector<std::int16_t> audio(2 * 50000);
  for (std::size_t i = 0; i < audio.size(); ++i) audio[i] = static_cast<std::int16_t>(i * i % 9973);
  Encoder encoder(44100, 2, {.bitrate_kbps = 128});
  test::encode_all(encoder, test::view(audio, 2));
  const Bytes ours = encoder.info_tag(), lames = lame_tag(audio, 128);
  ASSERT_EQ(ours.size(), lames.size());
  const auto same = [&](std::size_t first, std::size_t count) {
    return std::equal(ours.begin() + first, ours.begin() + first + count, lames.begin() + first);
  };
  constexpr std::size_t xing = 36, extension = xing + 120;
  EXPECT_TRUE(same(0, 3)) << "header";
  EXPECT_EQ(ours[3] & 0xcf, lames[3] & 0xcf)
      << "header but for the mode extension, which LAME takes from the last frame";
  EXPECT_TRUE(same(xing, 16)) << "magic, flags, frames, bytes";
  EXPECT_TRUE(same(extension, 11)) << "encoder, method, lowpass";
  EXPECT_TRUE(same(extension + 20, 4)) << "bitrate, delay, padding";
  EXPECT_TRUE(same(extension + 28, 6)) << "length and checksum of the music";
  EXPECT_EQ(crc16(0, std::span(lames).first(190)), lames[190] << 8 | lames[191]);
  EXPECT_EQ(crc16(0, std::span(ours).first(190)), ours[190] << 8 | ours[191]);
}

TEST(Mp3InfoTag, KeepsItsLengthWhenItBecomesFinal) {
  for (const int kbps : {8, 24, 64, 320}) {
    Encoder encoder(48000, 2, {.bitrate_kbps = kbps});
    const auto provisional = encoder.info_tag();
    const auto packets = test::encode_all(encoder, test::view(std::vector<float>(2 * 96000), 2));
    const auto tag = parse_info_tag(encoder.info_tag());
    ASSERT_TRUE(tag) << kbps;
    EXPECT_EQ(encoder.info_tag().size(), provisional.size());
    EXPECT_EQ(tag->frames, packets.size());
    EXPECT_EQ(tag->bytes, test::concatenate(packets).size() + provisional.size());
    EXPECT_EQ(tag->delay + tag->padding + 2 * encoder.codec_rate(),
              static_cast<int>(packets.size()) * encoder.samples_per_frame());
  }
}

}  // namespace
}  // namespace mpq::mp3
