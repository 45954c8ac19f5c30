// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpqmp3enc and mpqmp3dec in pipelines: among each other, through files and containers, and with other
// programs' codecs.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/text.h"
#include "tests/support/audio_codec_conformance.h"
#include "tests/support/audio_pipeline.h"
#include "tests/support/audio_signal.h"
#include "tests/support/shared.h"
#include "tests/support/tools.h"
#include "tests/support/wav.h"

namespace mpq::test {
namespace {

constexpr int delay = 1105;  // samples: LAME's 576, and the 529 of every decoder

INSTANTIATE_TEST_SUITE_P(Mpeg1, AudioCodecConformance,
                         testing::Values(AudioCodec{.encoder = "mpqmp3enc bitrate=128",
                                                    .decoder = "mpqmp3dec",
                                                    .rates = {44100, 48000, 32000}}));
INSTANTIATE_TEST_SUITE_P(Mpeg2, AudioCodecConformance,
                         testing::Values(AudioCodec{.encoder = "mpqmp3enc bitrate=64",
                                                    .decoder = "mpqmp3dec",
                                                    .rates = {24000, 22050, 16000, 12000, 11025, 8000}}));

Sound stereo() {
  static const Sound sound = tone_sound(44100, 2, 30001);
  return sound;
}

/// Where nothing told the decoder of delay and padding: the whole signal, late by the delay.
void expect_untrimmed(const Heard& heard, const Sound& sound, int lag) {
  ASSERT_EQ(heard.error, "");
  ASSERT_EQ(heard.sound.rate, sound.rate);
  ASSERT_GE(heard.sound.frames(), sound.frames() + static_cast<std::size_t>(lag));
  EXPECT_EQ(best_lag(sound.channel(0), heard.sound.channel(0), lag + 100), lag);
  EXPECT_GE(correlation(sound.channel(0), heard.sound.channel(0), lag), 0.98);
}

TEST(MpqMp3, ResamplesWhereTheInputsRateCannotCarryTheBitRate) {
  const Heard heard = run_sound("mpqmp3enc ! mpqmp3dec ! audioresample ! audio/x-raw,rate=44100", stereo());
  ASSERT_EQ(heard.error, "");
  const double codec_sample = 44100.0 / 8000;
  EXPECT_NEAR(static_cast<double>(heard.sound.frames()), static_cast<double>(stereo().frames()),
              codec_sample);
  EXPECT_EQ(heard.first_pts, 0u);
  EXPECT_LE(std::abs(best_lag(stereo().channel(0), heard.sound.channel(0))), codec_sample);
  EXPECT_GE(correlation(stereo().channel(0), heard.sound.channel(0), 0), 0.7);
}

TEST(MpqMp3, SaysThatItResamplesAndStatesTheRateInItsCaps) {
  Pipeline pipeline(
      "audiotestsrc num-buffers=9 ! audio/x-raw,rate=44100 ! mpqmp3enc ! appsink name=out sync=false");
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  ASSERT_EQ(pipeline.infos().size(), 1u);
  EXPECT_NE(pipeline.infos()[0].find("resampled from 44100 to 8000 Hz"), std::string::npos)
      << pipeline.infos()[0];
  EXPECT_NE(pipeline.pull_all().at(0).caps.find("rate=(int)8000"), std::string::npos);
}

TEST(MpqMp3, DoesNotResampleAndSaysNothingWhereTheRateFits) {
  Pipeline pipeline(
      "audiotestsrc num-buffers=9 ! audio/x-raw,rate=44100 ! mpqmp3enc bitrate=32 codec-rate=44100 ! "
      "appsink name=out sync=false");
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  EXPECT_TRUE(pipeline.infos().empty());
  EXPECT_NE(pipeline.pull_all().at(0).caps.find("rate=(int)44100"), std::string::npos);
}

struct Refusal {
  const char* settings;
  const char* expected;  // in the error
};

class MpqMp3Refuses : public testing::TestWithParam<Refusal> {};

TEST_P(MpqMp3Refuses, SettingsThatMp3DoesNotHaveAndNamesOthers) {
  Pipeline pipeline(text("audiotestsrc num-buffers=9 ! audio/x-raw,rate=44100 ! mpqmp3enc ",
                         GetParam().settings, " ! fakesink"));
  EXPECT_FALSE(pipeline.run());
  EXPECT_NE(pipeline.error().find(GetParam().expected), std::string::npos) << pipeline.error();
}

INSTANTIATE_TEST_SUITE_P(Settings, MpqMp3Refuses,
                         testing::Values(Refusal{"bitrate=9", "8 or 16 kbps"},
                                         Refusal{"codec-rate=44100", "bitrate to 32 kbps"},
                                         Refusal{"codec-rate=44000", "44100"}));

class MpqMp3File : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    Pipeline pipeline(text("appsrc name=in format=time max-bytes=0 caps=\"", raw_caps(stereo(), {}),
                           "\" ! mpqmp3enc ", GetParam(), " ! filesink location=", folder_ / "in"));
    feed_sound(pipeline, stereo());
    ASSERT_TRUE(pipeline.run()) << pipeline.error();
  }

  /// That a tool's 16-bit stereo WAV holds the input, at the rate that the file has.
  void expect_input(const std::string& command) {
    const std::vector<std::int16_t> wav = wav_samples(run_tool(command, folder_));
    const bool resampled = GetParam()[0] == '\0';
    const int rate = resampled ? 8000 : 44100;
    const auto length = static_cast<std::size_t>(std::ceil(30001.0 * rate / 44100));
    EXPECT_EQ(wav.size(), 2 * length);
    const Sound expected = tone_sound(rate, 2, length), heard{rate, 2, {wav.begin(), wav.end()}};
    EXPECT_EQ(best_lag(expected.channel(1), heard.channel(1)), 0);
    EXPECT_GE(correlation(expected.channel(1), heard.channel(1), 0), 0.7);
  }

  TemporaryFolder folder_;
};

TEST_P(MpqMp3File, IsReadAlignedByMpegaudioparseAndMpqmp3dec) {
  MPQ_REQUIRE_ELEMENT("mpegaudioparse");
  Pipeline pipeline(
      text("filesrc location=", folder_ / "in",
           " ! mpegaudioparse ! mpqmp3dec ! audioresample ! audio/x-raw,rate=44100 ! appsink name=out"
           " sync=false"));
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  const Heard heard = hear(&pipeline);
  EXPECT_NEAR(static_cast<double>(heard.sound.frames()), 30001, 6);
  EXPECT_TRUE(heard.contiguous);
  EXPECT_LE(std::abs(best_lag(stereo().channel(0), heard.sound.channel(0))), 5);
}

TEST_P(MpqMp3File, IsReadAlignedByMpg123) {
  MPQ_REQUIRE_TOOL("mpg123", "mpg123");
  expect_input("mpg123 -q -w out in");
}

TEST_P(MpqMp3File, IsReadAlignedByLame) {
  MPQ_REQUIRE_TOOL("lame", "lame");
  expect_input("lame --quiet --mp3input --decode in out");
}

TEST_P(MpqMp3File, IsReadAlignedByFfmpeg) {
  MPQ_REQUIRE_TOOL("ffmpeg", "ffmpeg");
  expect_input("ffmpeg -loglevel error -f mp3 -i in -f wav -bitexact out");
}

INSTANTIATE_TEST_SUITE_P(Settings, MpqMp3File, testing::Values("", "bitrate=64 codec-rate=44100"));

TEST(MpqMp3, WritesNoInformationTagWhereTheUserWantsNone) {
  const TemporaryFolder folder;
  Pipeline pipeline(
      text("audiotestsrc num-buffers=20 ! mpqmp3enc info-tag=false ! filesink location=", folder / "out"));
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  EXPECT_EQ(read_file(folder / "out").size() % 72, 0u);  // 8 kbps frames of 72 ms
}

TEST(MpqMp3, SendsNoInformationTagIntoAContainerOrPastATee) {
  const TemporaryFolder folder;
  Pipeline pipeline(
      text("audiotestsrc num-buffers=50 ! audio/x-raw,rate=8000 ! mpqmp3enc ! tee name=t ! queue ! filesink "
           "location=",
           folder / "a", " t. ! queue ! matroskamux ! filesink location=", folder / "b",
           " t. ! queue ! mpqmp3dec ! appsink name=out sync=false"));
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  EXPECT_EQ(hear(&pipeline).sound.frames(), 50u * 1024);
  EXPECT_EQ(read_file(folder / "a").size() % 72, 0u);
}

TEST(MpqMp3, PassesThroughMatroska) {
  MPQ_REQUIRE_ELEMENT("matroskamux");
  const Heard heard =
      run_sound("mpqmp3enc bitrate=128 ! matroskamux ! matroskademux ! mpegaudioparse ! mpqmp3dec", stereo(),
                {.first_pts = GST_SECOND});
  expect_untrimmed(heard, stereo(), delay);
  // Its timestamps, rounded to milliseconds, put the signal where it was nevertheless.
  EXPECT_EQ(heard.first_pts, GST_SECOND);
  EXPECT_LE(std::abs(best_lag(stereo().channel(0), heard.timeline(0, GST_SECOND, stereo().frames()))), 44);
}

TEST(MpqMp3, PassesThroughRtp) {
  MPQ_REQUIRE_ELEMENT("rtpmpapay");
  expect_untrimmed(
      run_sound("mpqmp3enc bitrate=128 ! rtpmpapay ! rtpmpadepay ! mpegaudioparse ! mpqmp3dec", stereo()),
      stereo(), delay);
}

TEST(MpqMp3, IsDecodedByMpg123audiodec) {
  MPQ_REQUIRE_ELEMENT("mpg123audiodec");
  const Heard heard = run_sound("mpqmp3enc bitrate=128 ! mpg123audiodec", stereo());
  const bool trims = heard.sound.frames() == stereo().frames();  // GStreamer 1.22 does
  trims ? expect_aligned(heard, stereo(), 0.98) : expect_untrimmed(heard, stereo(), delay);
}

TEST(MpqMp3, DecodesWhatLamemp3encMakes) {
  MPQ_REQUIRE_ELEMENT("lamemp3enc");
  expect_untrimmed(
      run_sound("audioconvert ! lamemp3enc target=bitrate cbr=true bitrate=128 ! mpqmp3dec", stereo()),
      stereo(), delay);
}

TEST(MpqMp3, CutsAStreamThatNoParserCut) {
  Bytes stream{'I', 'D', '3', 4, 0, 0, 0, 0, 7, 104};  // 7 * 128 + 104 = 1000 bytes follow
  stream.resize(1010, 0xff);
  for (const Received& packet : encode_sound("mpqmp3enc bitrate=128", stereo()))
    stream.insert(stream.end(), packet.bytes.begin(), packet.bytes.end());
  for (const std::size_t piece : {100, 1000, 100000}) {
    std::vector<gst::BufferPtr> pieces;
    for (std::size_t at = 0; at < stream.size(); at += piece)
      pieces.push_back(gst::copy_to_buffer(stream.data() + at, std::min(piece, stream.size() - at)));
    const char* caps = "audio/mpeg,mpegversion=1,layer=3,rate=44100,channels=2";
    expect_untrimmed(decode_packets("mpqmp3dec", caps, std::move(pieces)), stereo(), delay);
  }
}

TEST(MpqMp3, GivesUpOnAStreamWithoutFrames) {
  std::vector<gst::BufferPtr> pieces;
  for (int i = 0; i < 50; ++i) pieces.push_back(gst::copy_to_buffer(Bytes(5000, 0x55).data(), 5000));
  const Heard heard = decode_packets("mpqmp3dec", "audio/mpeg,mpegversion=1,layer=3,rate=44100,channels=2",
                                     std::move(pieces));
  EXPECT_NE(heard.error, "");
}

TEST(MpqMp3, TrimsFilesThatLamesOwnProgramMade) {
  MPQ_REQUIRE_TOOL("lame", "lame");
  MPQ_REQUIRE_ELEMENT("mpegaudioparse");
  const TemporaryFolder folder;
  {
    Pipeline writer(text("appsrc name=in format=time max-bytes=0 caps=\"", raw_caps(stereo(), {.f32 = false}),
                         "\" ! wavenc ! filesink location=", folder / "in"));
    feed_sound(writer, stereo(), {.f32 = false});
    ASSERT_TRUE(writer.run()) << writer.error();
  }
  ASSERT_FALSE(run_tool("lame --quiet -b 128 in out", folder).empty());
  Pipeline pipeline(text("filesrc location=", folder / "out",
                         " ! mpegaudioparse ! mpqmp3dec ! appsink name=out sync=false"));
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  const Heard heard = hear(&pipeline);
  EXPECT_EQ(heard.sound.frames(), stereo().frames());
  EXPECT_EQ(best_lag(stereo().channel(0), heard.sound.channel(0)), 0);
}

TEST(MpqMp3, SpendsEightKilobitsASecondOnAMinuteOfMusic) {
  MPQ_REQUIRE_SHARED(music, "data/music/musdb_80s_rock/mixture.wav");
  const std::vector<std::int16_t> wav = wav_samples(read_file(music));
  Pipeline pipeline(
      "appsrc name=in format=time max-bytes=0 caps=audio/x-raw,format=S16LE,layout=interleaved,rate=44100,"
      "channels=2 ! mpqmp3enc ! mpqrate ! fakesink sync=false");
  for (std::size_t second = 0; second < 60; ++second)
    push(pipeline, "in", wav.data() + second % 6 * 88200, 176400, second * GST_SECOND, GST_SECOND);
  end_of_stream(pipeline, "in");
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  EXPECT_NEAR(find_detail(*pipeline.pooled("rate"), "bit-rate").value_or(0), 8000, 0.02 * 8000);
}

TEST(MpqMp3, WarnsOfDamageAFewTimesAndCountsItAll) {
  const auto packets = encode_sound("mpqmp3enc bitrate=128", tone_sound(44100, 1, 44100));
  std::vector<gst::BufferPtr> cut;
  for (std::size_t i = 0; i < packets.size(); ++i)
    cut.push_back(
        with_bytes(packets[i], i < 5 ? packets[i].bytes
                                     : Bytes(packets[i].bytes.begin(), packets[i].bytes.begin() + 30)));
  const Heard heard = decode_packets("mpqmp3dec", packets[0].caps, std::move(cut));
  EXPECT_EQ(heard.error, "");
  EXPECT_EQ(heard.warnings.size(), 10u);
  EXPECT_NE(heard.warnings.at(0).find("cut short"), std::string::npos) << heard.warnings[0];
  EXPECT_EQ(find_detail(heard.results.back(), "skipped-frames"), static_cast<double>(packets.size() - 5));
}

TEST(MpqMp3, SaysThatAFileNeedsAParser) {
  const TemporaryFolder folder;
  write_file(folder / "in", Bytes(5000, 0x55));
  Pipeline pipeline(text("filesrc location=", folder / "in", " ! mpqmp3dec ! fakesink"));
  EXPECT_FALSE(pipeline.run());
  EXPECT_NE(pipeline.error().find("mpegaudioparse"), std::string::npos) << pipeline.error();
}

}  // namespace
}  // namespace mpq::test
