// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Audio pairs by sample position. Most streams here have 1000 samples a second: one a millisecond.
#include <algorithm>

#include "tests/metrics/psnr/comparison.h"

namespace {

using mpq::test::audio;
using mpq::test::Comparison;
using mpq::test::psnr_of;

// Pushes `samples` from `start` milliseconds on, in buffers of `size` frames.
template <class Sample>
void push_audio(Comparison& c, const std::string& pad, const std::vector<Sample>& samples, std::size_t size,
                int start = 0, std::size_t channels = 1) {
  for (std::size_t at = 0; at < samples.size(); at += size * channels) {
    const auto end = std::min(samples.size(), at + size * channels);
    const auto first = samples.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = samples.begin() + static_cast<std::ptrdiff_t>(end);
    c.push(pad, std::vector<Sample>(first, last),
           (static_cast<GstClockTime>(start) + at / channels) * GST_MSECOND,
           (end - at) / channels * GST_MSECOND);
  }
}

std::vector<float> ramp(std::size_t size) {
  std::vector<float> samples(size);
  for (std::size_t i = 0; i < size; ++i) samples[i] = static_cast<float>(i) / 4096;
  return samples;
}

void expect_counts(const Comparison& c, double windows, double unmatched, double missing) {
  EXPECT_EQ(static_cast<double>(c.pooled().index), windows);
  EXPECT_EQ(c.detail("unmatched-samples"), unmatched);
  EXPECT_EQ(c.detail("missing-samples"), missing);
}

TEST(MpqPsnrAudio, OfEveryFormatHasThePeakOne) {
  const std::vector<std::int16_t> s16(100), s16_half(100, 16384);
  const std::vector<float> f32(100), f32_half(100, 0.5F);
  const std::vector<double> f64(100), f64_half(100, 0.5);
  const auto check = [](const char* format, const auto& a, const auto& b) {
    Comparison c(audio(format));
    push_audio(c, "ref_sink", a, 100);
    push_audio(c, "dist_0", b, 100);
    ASSERT_TRUE(c.run()) << c.pipeline().error();
    EXPECT_NEAR(c.pooled().value, psnr_of(0.5, 1), 1e-9) << format;
    EXPECT_NEAR(c.detail("mse"), 0.25, 1e-12) << format;
  };
  check("S16LE", s16, s16_half);
  check("F32LE", f32, f32_half);
  check("F64LE", f64, f64_half);
}

TEST(MpqPsnrAudio, OfOneToEightChannelsIsTakenOverAllSamples) {
  for (int channels = 1; channels <= 8; ++channels) {
    const auto count = static_cast<std::size_t>(channels);
    std::vector<std::int16_t> a(50 * count), b(50 * count);
    for (std::size_t i = count - 1; i < b.size(); i += count) b[i] = 16384;  // the last channel
    Comparison c(audio("S16LE", channels));
    push_audio(c, "ref_sink", a, 20, 0, count);
    push_audio(c, "dist_0", b, 7, 0, count);
    ASSERT_TRUE(c.run()) << c.pipeline().error();
    EXPECT_NEAR(c.detail("mse"), 0.25 / channels, 1e-12);
    expect_counts(c, 1, 0, 0);
  }
}

TEST(MpqPsnrAudio, PairsSamplesWhateverTheBufferSizes) {
  const auto signal = ramp(3000);
  for (const auto& [a, b] :
       {std::pair<std::size_t, std::size_t>{1, 3000}, {3000, 7}, {333, 1000}, {64, 63}}) {
    Comparison c(audio("F32LE"));
    push_audio(c, "ref_sink", signal, a);
    push_audio(c, "dist_0", signal, b);
    ASSERT_TRUE(c.run()) << c.pipeline().error();
    EXPECT_EQ(c.pooled().value, INFINITY);
    expect_counts(c, 3, 0, 0);
    EXPECT_EQ(c.pipeline().pull_all().size(), (3000 + b - 1) / b);  // whole, as they came
  }
}

TEST(MpqPsnrAudio, ComparesWhereTheStreamsOverlap) {
  const auto signal = ramp(500);
  Comparison c(audio("F32LE"));
  push_audio(c, "ref_sink", signal, 50, 1000);
  push_audio(c, "dist_0", std::vector<float>(signal.begin() + 120, signal.end()), 33, 1120);
  push_audio(c, "dist_0", ramp(40), 40, 1500);
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  EXPECT_EQ(c.pooled().value, INFINITY);
  expect_counts(c, 1, 40, 120);
  ASSERT_EQ(c.frames().size(), 1U);
  EXPECT_EQ(c.frames()[0].running_time, 1120000000);
}

TEST(MpqPsnrAudio, ScoresWindowsAndTheRestAtTheEnd) {
  std::vector<float> distorted(250, 0.5F);
  std::fill(distorted.begin() + 100, distorted.begin() + 200, 0.1F);
  Comparison c(audio("F32LE"), "window=100000000");
  push_audio(c, "ref_sink", std::vector<float>(250), 250);
  push_audio(c, "dist_0", distorted, 30);
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  const auto frames = c.frames();
  ASSERT_EQ(frames.size(), 3U);
  const std::vector<double> values{psnr_of(0.5, 1), psnr_of(0.1, 1), psnr_of(0.5, 1)};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(frames[i].index, i);
    EXPECT_NEAR(frames[i].value, values[i], 1e-6);
    EXPECT_EQ(frames[i].running_time, static_cast<std::int64_t>(i) * 100000000);
    EXPECT_EQ(frames[i].stream_time, frames[i].running_time);
    EXPECT_EQ(frames[i].duration, i == 2 ? 50000000 : 100000000);
  }
  EXPECT_NEAR(c.pooled().value, (values[0] + values[1] + values[2]) / 3, 1e-6);
  EXPECT_NEAR(c.detail("mse"), (150 * 0.25 + 100 * 0.01) / 250, 1e-6);
}

TEST(MpqPsnrAudio, AWindowSpansNoGap) {
  Comparison c(audio("F32LE"), "window=100000000");
  push_audio(c, "ref_sink", std::vector<float>(300), 300);
  push_audio(c, "dist_0", std::vector<float>(40, 0.5F), 40);
  push_audio(c, "dist_0", std::vector<float>(50, 0.5F), 50, 70);  // 30 samples are lost
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  expect_counts(c, 2, 0, 210);
  const auto frames = c.frames();
  EXPECT_EQ(frames[0].duration, 40000000);
  EXPECT_EQ(frames[1].running_time, 70000000);
  EXPECT_EQ(frames[1].duration, 50000000);
}

TEST(MpqPsnrAudio, GapEventsLeaveTheirSamplesOut) {
  Comparison c(audio("S16LE"));
  push_audio(c, "ref_sink", std::vector<std::int16_t>(300), 100);
  push_audio(c, "dist_0", std::vector<std::int16_t>(100), 100);
  gst_element_send_event(c.source("dist_0").get(), gst_event_new_gap(100 * GST_MSECOND, 100 * GST_MSECOND));
  push_audio(c, "dist_0", std::vector<std::int16_t>(100), 100, 200);
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  expect_counts(c, 2, 0, 100);
}

TEST(MpqPsnrAudio, RoundedTimestampsDoNotTearAStream) {
  // Nanoseconds at 44.1 kHz, rounded down; 1 ms resolution as Matroska has it needs the property.
  const auto signal = ramp(44100);
  for (const auto& [unit, tolerance, torn] : {std::tuple<GstClockTime, const char*, bool>{1, "0", false},
                                              {GST_MSECOND, "0", true},
                                              {GST_MSECOND, "1000000", false}}) {
    Comparison c(audio("F32LE", 1, 44100), std::string("tolerance=") + tolerance);
    for (std::size_t at = 0; at < signal.size(); at += 441 / 3) {
      const GstClockTime time = gst_util_uint64_scale(at, GST_SECOND, 44100);
      const std::vector<float> part(signal.begin() + static_cast<std::ptrdiff_t>(at),
                                    signal.begin() + static_cast<std::ptrdiff_t>(at + 441 / 3));
      c.push("ref_sink", part, time);
      c.push("dist_0", part, time / unit * unit);
    }
    ASSERT_TRUE(c.run()) << c.pipeline().error();
    EXPECT_EQ(c.detail("missing-samples") > 0, torn);
    EXPECT_EQ(c.pooled().value == INFINITY, !torn);
  }
}

TEST(MpqPsnrAudio, ABufferWithoutATimestampGoesOnBehindTheLast) {
  const auto signal = ramp(100);
  Comparison c(audio("F32LE"));
  push_audio(c, "ref_sink", signal, 100);
  c.push("dist_0", std::vector<float>(signal.begin(), signal.begin() + 60), 0);
  c.push("dist_0", std::vector<float>(signal.begin() + 60, signal.end()), GST_CLOCK_TIME_NONE);
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  EXPECT_EQ(c.pooled().value, INFINITY);
  expect_counts(c, 1, 0, 0);
}

TEST(MpqPsnrAudio, CountsSamplesThatAreNotFinite) {
  std::vector<float> distorted(100, 0.5F);
  distorted[3] = NAN;
  distorted[70] = INFINITY;
  Comparison c(audio("F32LE"));
  push_audio(c, "ref_sink", std::vector<float>(100), 100);
  push_audio(c, "dist_0", distorted, 100);
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  EXPECT_EQ(c.detail("non-finite-samples"), 2);
  EXPECT_NEAR(c.pooled().value, psnr_of(0.5, 1), 1e-9);
}

TEST(MpqPsnrAudio, ARateThatChangesOnBothSidesScoresWhatCameBeforeFirst) {
  Comparison c(audio("F32LE"));
  for (const char* pad : {"ref_sink", "dist_0"}) {
    const float value = pad[0] == 'r' ? 0.0F : 0.5F;
    push_audio(c, pad, std::vector<float>(100, value), pad[0] == 'r' ? 100 : 30);
    c.set_caps(pad, audio("F64LE", 1, 2000));
    c.push(pad, std::vector<double>(50, value / 5), 100 * GST_MSECOND);
  }
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  expect_counts(c, 2, 0, 0);
  EXPECT_NEAR(c.frames()[0].value, psnr_of(0.5, 1), 1e-6);
  EXPECT_NEAR(c.frames()[1].value, psnr_of(0.1, 1), 1e-6);
  EXPECT_EQ(c.frames()[1].running_time, 100000000);
}

}  // namespace
