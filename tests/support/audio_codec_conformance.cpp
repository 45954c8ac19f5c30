// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tests/support/audio_codec_conformance.h"

#include <random>

#include "core/text.h"
#include "tests/support/audio_pipeline.h"
#include "tests/support/audio_signal.h"

namespace mpq::test {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AudioCodecConformance);

TEST_P(AudioCodecConformance, ReturnsTheInputsLengthAlignedAtEachRateAndChannelCount) {
  for (const int rate : GetParam().rates) {
    for (int channels = 1; channels <= GetParam().max_channels; ++channels) {
      SCOPED_TRACE(text(rate, " Hz, ", channels, " channels"));
      const Sound sound = tone_sound(rate, channels, static_cast<std::size_t>(rate) * 2 / 5 + 123);
      expect_aligned(run_sound(round_trip(), sound), sound, GetParam().correlation);
    }
  }
}

TEST_P(AudioCodecConformance, TakesSixteenBitSamplesInBuffersOfAnySize) {
  const Sound sound = tone_sound(rate(), 2, 9001);
  for (const std::size_t frames : {1, 7, 576, 4801, 9001}) {
    SCOPED_TRACE(text(frames, " frames a buffer"));
    const Sound heard_part = frames == 1 ? sound.part(0, 2000) : sound;
    expect_aligned(run_sound(round_trip(), heard_part, {.f32 = false, .buffer_frames = frames}), heard_part,
                   GetParam().correlation);
  }
}

TEST_P(AudioCodecConformance, KeepsInputsShorterThanOnePacket) {
  for (const std::size_t frames : {1, 2, 100}) {
    const Sound sound = tone_sound(rate(), 1, frames);
    const Heard heard = run_sound(round_trip(), sound);
    EXPECT_EQ(heard.error, "");
    EXPECT_EQ(heard.sound.frames(), frames);
    EXPECT_EQ(heard.first_pts, 0u);
  }
}

TEST_P(AudioCodecConformance, KeepsAFirstTimestampThatIsNotZero) {
  const Sound sound = tone_sound(rate(), 1, 12000);
  const GstClockTime start = 3 * GST_SECOND + 141592653;
  expect_aligned(run_sound(round_trip(), sound, {.first_pts = start}), sound, GetParam().correlation, start);
}

namespace {

/// `count` samples from `first` on.
std::vector<float> piece(const std::vector<float>& all, std::size_t first, std::size_t count) {
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

TEST_P(AudioCodecConformance, PutsTheSignalAtTheRightTimesAroundAHole) {
  const auto second = static_cast<std::size_t>(rate());
  const Sound sound = tone_sound(rate(), 1, second);
  const std::size_t before = second / 2 + 77, after = before + second / 2;
  const Heard heard = run_sound(round_trip(), sound, {.hole_at = before, .hole = GST_SECOND / 2});
  ASSERT_EQ(heard.error, "");
  EXPECT_EQ(heard.sound.frames(), sound.frames());
  std::vector<float> expected = piece(sound.samples, 0, before);
  expected.resize(after);
  expected.insert(expected.end(), sound.samples.begin() + static_cast<std::ptrdiff_t>(before),
                  sound.samples.end());
  const auto axis = heard.timeline(0, 0, expected.size());
  EXPECT_EQ(best_lag(expected, axis), 0);
  // The 10 ms on either side of the hole, where a packet across it would put samples at the wrong time.
  const std::size_t edge = second / 100;
  for (const std::size_t first : {before - edge, after})
    EXPECT_GE(correlation(piece(expected, first, edge), piece(axis, first, edge), 0), 0.6);
  EXPECT_EQ(piece(axis, before, edge), std::vector<float>(edge));
}

TEST_P(AudioCodecConformance, EndsWithoutDataWhenNoneCame) {
  const Sound nothing{rate(), 1, {}};
  const Heard heard = run_sound(round_trip(), nothing);
  EXPECT_EQ(heard.error, "");
  EXPECT_TRUE(heard.buffers.empty());
}

TEST_P(AudioCodecConformance, ForgetsARunThatWasStopped) {
  const Sound sound = tone_sound(rate(), 1, 5000);
  Pipeline pipeline("appsrc name=in format=time caps=\"" + raw_caps(sound, {}) + "\" ! " + round_trip() +
                    " ! appsink name=out sync=false");
  ASSERT_NE(gst_element_set_state(pipeline.get(), GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  push(pipeline, "in", sound.samples.data(), 5000 * sizeof(float), 0);
  const auto out = pipeline.element("out");
  gst_sample_unref(gst_app_sink_pull_sample(GST_APP_SINK(out.get())));
  ASSERT_TRUE(pipeline.set_state(GST_STATE_NULL));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  end_of_stream(pipeline, "in");
  EXPECT_TRUE(pipeline.wait()) << pipeline.error();
  EXPECT_TRUE(pipeline.pull_all().empty());
}

TEST_P(AudioCodecConformance, FollowsAChangeOfTheFormat) {
  const Sound first = tone_sound(rate(), 1, 7001), second = tone_sound(GetParam().rates.back(), 2, 8002);
  Pipeline pipeline("appsrc name=in format=time ! " + round_trip() + " ! appsink name=out sync=false");
  const auto in = pipeline.element("in");
  GstClockTime pts = 0;
  for (const Sound* sound : {&first, &second}) {
    const gst::CapsPtr caps(gst_caps_from_string(raw_caps(*sound, {}).c_str()));
    gst_app_src_set_caps(GST_APP_SRC(in.get()), caps.get());
    push(pipeline, "in", sound->samples.data(), sound->samples.size() * sizeof(float), pts);
    pts += gst_util_uint64_scale(sound->frames(), GST_SECOND, static_cast<guint64>(sound->rate));
  }
  end_of_stream(pipeline, "in");
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  const Heard heard = hear(&pipeline);
  EXPECT_EQ(heard.sound.samples.size(), first.samples.size() + second.samples.size());
  const auto& last = heard.buffers.back();
  EXPECT_NEAR(static_cast<double>(last.pts + last.duration), static_cast<double>(pts), 1e5);
}

TEST_P(AudioCodecConformance, StartsAndStopsAHundredTimes) {
  Pipeline pipeline(text("audiotestsrc samplesperbuffer=400 ! audio/x-raw,rate=", rate(), " ! ", round_trip(),
                         " ! fakesink name=out sync=false"));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(pipeline.set_state(GST_STATE_PLAYING)) << i;
    ASSERT_TRUE(pipeline.set_state(GST_STATE_NULL)) << i;
  }
  EXPECT_TRUE(pipeline.error().empty());
}

TEST_P(AudioCodecConformance, GoesOnAfterAFlushingSeek) {
  Pipeline pipeline(text("audiotestsrc num-buffers=200 samplesperbuffer=400 freq=300 ! audio/x-raw,rate=",
                         rate(), " ! ", round_trip(), " ! appsink name=out sync=false"));
  ASSERT_TRUE(pipeline.set_state(GST_STATE_PAUSED));
  const GstClockTime there = 2 * GST_SECOND;
  ASSERT_TRUE(gst_element_seek_simple(pipeline.get(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, there));
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  const Heard heard = hear(&pipeline);
  EXPECT_EQ(heard.first_pts, there);
  EXPECT_TRUE(heard.contiguous);
  EXPECT_EQ(heard.sound.frames() % 400, 0u);  // whole input buffers, nothing of what was before the seek
}

TEST_P(AudioCodecConformance, PublishesPooledResultsOnceAtEachEndOfStream) {
  Pipeline pipeline(text("audiotestsrc samplesperbuffer=400 ! audio/x-raw,rate=", rate(), " ! ", round_trip(),
                         " ! fakesink sync=false"));
  ASSERT_TRUE(pipeline.set_state(GST_STATE_PAUSED));
  for (const std::size_t ends : {1, 2, 3}) {
    ASSERT_TRUE(gst_element_seek(pipeline.get(), 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                                 0, GST_SEEK_TYPE_SET, GST_SECOND / 2));
    ASSERT_TRUE(pipeline.run()) << pipeline.error();
    EXPECT_EQ(pipeline.results().size(), 2 * ends);  // the encoder's and the decoder's
  }
}

TEST_P(AudioCodecConformance, AnswersItsLatencyAndWorksLive) {
  Pipeline pipeline(text("audiotestsrc is-live=true num-buffers=20 samplesperbuffer=", rate() / 50,
                         " ! audio/x-raw,rate=", rate(), " ! ", round_trip(), " ! appsink name=out"));
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  const gst::QueryPtr latency(gst_query_new_latency());
  ASSERT_TRUE(gst_element_query(pipeline.get(), latency.get()));
  gboolean live = FALSE;
  GstClockTime least = 0, most = 0;
  gst_query_parse_latency(latency.get(), &live, &least, &most);
  EXPECT_TRUE(live);
  EXPECT_GT(least, 20 * GST_MSECOND);  // the source's buffer, and the codec's own
  EXPECT_LT(least, GST_SECOND);
  const Heard heard = hear(&pipeline);
  EXPECT_EQ(heard.sound.frames(), static_cast<std::size_t>(rate() / 50 * 20));
}

TEST_P(AudioCodecConformance, GoesOnPastDamagedPackets) {
  const Sound sound = tone_sound(rate(), 2, static_cast<std::size_t>(rate()) / 2);
  const auto packets = encode_sound(GetParam().encoder, sound);
  ASSERT_GT(packets.size(), 10u);
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    std::vector<gst::BufferPtr> damaged;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      std::vector<std::uint8_t> bytes = packets[i].bytes;
      const bool whole = i < 2 || i + 3 >= packets.size();
      for (int flips = whole ? 3 : 0; flips < 3; ++flips)
        bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
      if (!whole && i % 3 == 0) bytes.resize(1 + random() % bytes.size());
      damaged.push_back(with_bytes(packets[i], bytes));
    }
    const Heard heard = decode_packets(GetParam().decoder, packets[0].caps, std::move(damaged));
    EXPECT_EQ(heard.error, "");
    ASSERT_FALSE(heard.buffers.empty());
    const auto& last = heard.buffers.back();  // made of whole packets, so the stream ends where it should
    EXPECT_NEAR(static_cast<double>(last.pts + last.duration), 5e8, 1e5);
  }
}

}  // namespace mpq::test
