// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpqopusenc and mpqopusdec in pipelines: among each other, through files and containers, and with other
// programs' codecs.
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/text.h"
#include "tests/support/audio_codec_conformance.h"
#include "tests/support/audio_pipeline.h"
#include "tests/support/audio_signal.h"
#include "tests/support/shared.h"
#include "tests/support/tools.h"
#include "tests/support/wav.h"

namespace mpq::test {
namespace {

constexpr int delay = 312;  // samples at 48 kHz: libopus's look-ahead
const char* encoder = "mpqopusenc bitrate=128000";

// At lower bit rates libopus's speech mode shifts the signal by a sample or two.
INSTANTIATE_TEST_SUITE_P(Opus, AudioCodecConformance,
                         testing::Values(AudioCodec{.encoder = "mpqopusenc bitrate=128000",
                                                    .decoder = "mpqopusdec",
                                                    .rates = {48000, 24000, 16000, 12000, 8000}}));
INSTANTIATE_TEST_SUITE_P(OpusMultichannel, AudioCodecConformance,
                         testing::Values(AudioCodec{
                             .encoder = "mpqopusenc bitrate=255000 application=restricted-lowdelay",
                             .decoder = "mpqopusdec",
                             .rates = {48000},
                             .max_channels = 8}));

Sound stereo() {
  static const Sound sound = tone_sound(48000, 2, 30001);
  return sound;
}

/// Where nothing told the decoder of delay and padding: the whole signal, late by the delay.
void expect_untrimmed(const Heard& heard, const Sound& sound) {
  ASSERT_EQ(heard.error, "");
  ASSERT_EQ(heard.sound.rate, sound.rate);
  ASSERT_GE(heard.sound.frames(), sound.frames() + delay);
  EXPECT_EQ(best_lag(sound.channel(0), heard.sound.channel(0), 2 * delay), delay);
  EXPECT_GE(correlation(sound.channel(0), heard.sound.channel(0), delay), 0.98);
}

struct Layout {
  int channels;
  const char* mask;
};

class MpqOpusLayout : public testing::TestWithParam<Layout> {};

TEST_P(MpqOpusLayout, KeepsEachLoudspeakersSignalInItsChannel) {
  const auto [channels, mask] = GetParam();
  Sound sound = tone_sound(48000, channels, 20000);
  constexpr int lfe = 3;  // in GStreamer's order
  for (std::size_t i = 0; channels > 5 && i < sound.frames(); ++i) {
    const double phase = 2 * std::numbers::pi * 60 * static_cast<double>(i) / sound.rate;
    sound.samples[i * static_cast<std::size_t>(channels) + lfe] = static_cast<float>(0.3 * std::sin(phase));
  }
  const Heard heard = run_sound(text("mpqopusenc bitrate=", 96000 * channels, " ! mpqopusdec"), sound,
                                {.channel_mask = mask});
  ASSERT_EQ(heard.error, "");
  ASSERT_EQ(heard.sound.frames(), sound.frames());
  for (int c = 0; c < channels; ++c)
    EXPECT_GE(correlation(sound.channel(c), heard.sound.channel(c), 0), 0.95) << c;
  EXPECT_NE(heard.buffers.at(0).caps.find(mask), std::string::npos) << heard.buffers[0].caps;
}

INSTANTIATE_TEST_SUITE_P(Rfc7845, MpqOpusLayout,
                         testing::Values(Layout{3, "0x0000000000000007"}, Layout{4, "0x0000000000000033"},
                                         Layout{5, "0x0000000000000037"}, Layout{6, "0x000000000000003f"},
                                         Layout{7, "0x0000000000000d0f"}, Layout{8, "0x0000000000000c3f"}));

TEST(MpqOpus, LeavesChannelsWithoutPositionsWithoutPositions) {
  const Heard heard = run_sound("mpqopusenc bitrate=255000 ! mpqopusdec", tone_sound(48000, 4, 5000));
  EXPECT_NE(heard.buffers.at(0).caps.find("channel-mask=(bitmask)0x0000000000000000"), std::string::npos);
}

struct Refusal {
  const char* caps;
  const char* settings;
  const char* expected;  // in the error
};

class MpqOpusRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(MpqOpusRefuses, WhatOpusDoesNotHaveAndNamesWhatItHas) {
  Pipeline pipeline(text("audiotestsrc num-buffers=9 ! audio/x-raw,rate=48000,", GetParam().caps,
                         " ! mpqopusenc ", GetParam().settings, " ! fakesink"));
  EXPECT_FALSE(pipeline.run());
  EXPECT_NE(pipeline.error().find(GetParam().expected), std::string::npos) << pipeline.error();
}

INSTANTIATE_TEST_SUITE_P(
    Settings, MpqOpusRefuses,
    testing::Values(Refusal{"channels=6,channel-mask=(bitmask)0x3f", "", "at least 36000"},
                    Refusal{"channels=1", "frame-size=7000", "2500, 5000, 10000, 20000, 40000 or 60000"},
                    Refusal{"channels=1", "bitrate=300000", "at most 255000"},
                    Refusal{"channels=6,channel-mask=(bitmask)0xc0f", "bitrate=96000",
                            "audioconvert ! \"audio/x-raw,channels=6,channel-mask=(bitmask)0x3f\""}));

class MpqOpusFile : public testing::Test {
 protected:
  void SetUp() override {
    MPQ_REQUIRE_ELEMENT("oggmux");
    Pipeline pipeline(text("appsrc name=in format=time max-bytes=0 caps=\"", raw_caps(stereo(), {}), "\" ! ",
                           encoder, " ! oggmux ! filesink location=", folder_ / "in"));
    feed_sound(pipeline, stereo());
    ASSERT_TRUE(pipeline.run()) << pipeline.error();
  }

  Heard play(const std::string& decoder) {
    Pipeline pipeline(text("filesrc location=", folder_ / "in", " ! oggdemux ! ", decoder,
                           " ! appsink name=out sync=false"));
    EXPECT_TRUE(pipeline.run()) << pipeline.error();
    return hear(&pipeline);
  }

  TemporaryFolder folder_;
};

TEST_F(MpqOpusFile, IsReadAlignedByMpqopusdec) {
  expect_aligned(play("mpqopusdec"), stereo(), 0.98);
}

TEST_F(MpqOpusFile, IsReadAlignedByGstreamersOpusdec) {
  MPQ_REQUIRE_ELEMENT("opusdec");
  expect_aligned(play("opusdec"), stereo(), 0.98);
}

TEST_F(MpqOpusFile, IsReadAlignedByTheOpusdecProgram) {
  MPQ_REQUIRE_TOOL("opusdec", "opus-tools");
  const auto wav = wav_samples(run_tool("opusdec --quiet --no-dither --force-wav in out", folder_));
  EXPECT_EQ(wav.size(), 2 * stereo().frames());
  const Sound heard{48000, 2, {wav.begin(), wav.end()}};
  EXPECT_EQ(best_lag(stereo().channel(1), heard.channel(1)), 0);
}

TEST(MpqOpus, PassesThroughMatroskaAligned) {
  MPQ_REQUIRE_ELEMENT("matroskamux");
  const Heard heard = run_sound(text(encoder, " ! matroskamux ! matroskademux ! mpqopusdec"), stereo());
  expect_aligned(heard, stereo(), 0.98);
}

TEST(MpqOpus, PassesThroughRtp) {
  MPQ_REQUIRE_ELEMENT("rtpopuspay");
  expect_untrimmed(run_sound(text(encoder, " ! rtpopuspay ! rtpopusdepay ! mpqopusdec"), stereo()), stereo());
}

TEST(MpqOpus, IsDecodedByGstreamersOpusdec) {
  MPQ_REQUIRE_ELEMENT("opusdec");
  expect_aligned(run_sound(text(encoder, " ! opusdec"), stereo()), stereo(), 0.98);
}

TEST(MpqOpus, DecodesWhatGstreamersOpusencMakes) {
  MPQ_REQUIRE_ELEMENT("opusenc");
  expect_aligned(run_sound("opusenc bitrate=128000 ! mpqopusdec", stereo(), {.f32 = false}), stereo(), 0.98);
}

TEST(MpqOpus, DecodesAndIsDecodedInSurroundByGstreamersElements) {
  MPQ_REQUIRE_ELEMENT("opusdec");
  const Sound five = tone_sound(48000, 5, 20000), six = tone_sound(48000, 6, 20000);
  expect_aligned(
      run_sound("mpqopusenc bitrate=500000 ! opusdec", five, {.f32 = false, .channel_mask = "0x37"}), five,
      0.95);
  // Of 5 channels, GStreamer 1.22's opusenc confuses three.
  expect_aligned(
      run_sound("opusenc bitrate=500000 ! mpqopusdec", six, {.f32 = false, .channel_mask = "0x3f"}), six,
      0.95);
}

TEST(MpqOpus, SpendsSixKilobitsASecondOnAMinuteOfMusic) {
  MPQ_REQUIRE_SHARED(music, "data/music/musdb_80s_rock/mixture.wav");
  const std::vector<std::int16_t> wav = wav_samples(read_file(music));
  Pipeline pipeline(
      "appsrc name=in format=time max-bytes=0 "
      "caps=audio/x-raw,format=S16LE,layout=interleaved,rate=44100,channels=2 "
      "! audioresample ! mpqopusenc complexity=1 ! mpqrate ! fakesink sync=false");
  for (std::size_t second = 0; second < 60; ++second)
    push(pipeline, "in", wav.data() + second % 6 * 88200, 176400, second * GST_SECOND, GST_SECOND);
  end_of_stream(pipeline, "in");
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  EXPECT_NEAR(find_detail(*pipeline.pooled("rate"), "bit-rate").value_or(0), 6000, 0.02 * 6000);
}

TEST(MpqOpus, KeepsTheLengthOfSilenceThatItDoesNotTransmit) {
  const Sound silence{48000, 1, std::vector<float>(48001)};
  std::size_t bytes = 0;
  const auto packets = encode_sound("mpqopusenc bitrate=12000 application=voip dtx=true", silence);
  for (const Received& packet : packets) bytes += packet.bytes.size();
  EXPECT_LT(bytes, 1500u / 2);  // half of 12 kbit/s
  const Heard heard = run_sound("mpqopusenc bitrate=12000 application=voip dtx=true ! mpqopusdec", silence);
  EXPECT_EQ(heard.sound.frames(), silence.frames());
  EXPECT_TRUE(heard.contiguous);
}

TEST(MpqOpus, TakesANewBitRateWhilePlaying) {
  Pipeline pipeline(
      "appsrc name=in format=time max-bytes=0 caps=audio/x-raw,format=F32LE,layout=interleaved,rate=48000,"
      "channels=2,channel-mask=(bitmask)0x3 ! mpqopusenc bitrate=16000 name=e ! appsink name=out sync=false");
  ASSERT_NE(gst_element_set_state(pipeline.get(), GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  const auto out = pipeline.element("out");
  for (int i = 0; i < 20; ++i) {
    if (i == 10) g_object_set(pipeline.element("e").get(), "bitrate", 64000, nullptr);
    push(pipeline, "in", stereo().samples.data(), 960 * 8, static_cast<GstClockTime>(i) * 20 * GST_MSECOND);
    GstSample* sample = gst_app_sink_pull_sample(GST_APP_SINK(out.get()));
    EXPECT_EQ(gst_buffer_get_size(gst_sample_get_buffer(sample)),
              i < 10 ? 40u : 160u);  // 20 ms of the bit rate
    gst_sample_unref(sample);
  }
}

/// Decodes `packets` but for 10 to 24, in whose place a GAP event tells of the loss.
Heard play_with_gap(const std::vector<Received>& packets, bool plc) {
  Pipeline pipeline(
      text("appsrc name=in format=time caps=audio/x-opus,channel-mapping-family=0,channels=2,rate=48000 ! "
           "mpqopusdec plc=",
           plc, " ! appsink name=out sync=false"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const auto in = pipeline.element("in");
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (i == 10)
      gst_element_send_event(in.get(), gst_event_new_gap(packets[10].pts, packets[25].pts - packets[10].pts));
    if (i < 10 || i >= 25)
      gst_app_src_push_buffer(GST_APP_SRC(in.get()), gst_buffer_ref(packets[i].buffer.get()));
  }
  end_of_stream(pipeline, "in");
  EXPECT_TRUE(pipeline.wait()) << pipeline.error();
  return hear(&pipeline);
}

TEST(MpqOpus, ConcealsAGapWherePlcIsSet) {
  const Heard heard = play_with_gap(encode_sound(encoder, stereo()), true);
  EXPECT_EQ(heard.sound.frames(), stereo().frames());
  EXPECT_TRUE(heard.contiguous);
}

TEST(MpqOpus, LeavesAGapOpenWherePlcIsNotSet) {
  const Heard heard = play_with_gap(encode_sound(encoder, stereo()), false);
  EXPECT_EQ(heard.sound.frames(), stereo().frames() - 15 * 960);
  EXPECT_FALSE(heard.contiguous);
}

TEST(MpqOpus, WarnsOfDamageAFewTimesAndCountsItAll) {
  const auto packets = encode_sound(encoder, tone_sound(48000, 2, 48000));
  std::vector<gst::BufferPtr> broken;
  for (const Received& packet : packets) {
    Bytes bytes = packet.bytes;
    if (broken.size() > 4) bytes = {0xff};  // two frames of unequal length, without these
    broken.push_back(with_bytes(packet, bytes));
  }
  const Heard heard = decode_packets("mpqopusdec", packets[0].caps, std::move(broken));
  EXPECT_EQ(heard.error, "");
  EXPECT_EQ(heard.warnings.size(), 10u);
  EXPECT_NE(heard.warnings.at(0).find("is not Opus"), std::string::npos) << heard.warnings[0];
  EXPECT_EQ(find_detail(heard.results.back(), "skipped-frames"), static_cast<double>(packets.size() - 5));
}

}  // namespace
}  // namespace mpq::test
