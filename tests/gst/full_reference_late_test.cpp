// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Metrics that are slower than their streams: what is left out is counted, and the rest passes on.
#include <gtest/gtest.h>

#include "gst/neural_metric.h"
#include "support/pipeline.h"

namespace {

using namespace mpq::gst;
using mpq::find_detail;
using mpq::Result;
using mpq::test::Pipeline;

struct Settings : NeuralMetricSettings {};

/// Scores everything 1, in a time of its own.
class SlowMetric final : public WithSettings<FullReference, Settings> {
 public:
  void set_video_format(const GstVideoInfo&) override {}
  void set_audio_format(const GstAudioInfo&) override {}
  std::vector<Result> compare_pictures(GstVideoFrame*, std::span<const DistortedPicture> distorted) override {
    return std::vector<Result>(distorted.size(), score());
  }
  Result compare_audio(std::size_t, const void*, const void*, std::size_t) override { return score(); }
  Result pooled_input(std::size_t) const override {
    Result result;
    result.metric = "slow";
    return result;
  }
  std::optional<LateSettings> late_settings() const override { return settings(); }
  PairingSettings pairing_settings() const override { return settings(); }

 private:
  static Result score() {
    g_usleep(40000);
    Result result;
    result.metric = "slow";
    result.value = 1;
    return result;
  }
};

const ElementInfo info{.type_name = "MpqSlowMetric",
                       .long_name = "Slow metric",
                       .klass = "Filter/Analyzer",
                       .description = "For a test",
                       .pads = full_reference_pads("video/x-raw; audio/x-raw, layout=interleaved"),
                       .properties = neural_metric_properties<Settings>(),
                       .create = [] { return std::make_unique<SlowMetric>(); }};

class FullReferenceLate : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    gst_element_register(nullptr, "slowmetric", GST_RANK_NONE, register_type(FullReference::kind(), info));
  }

  static double detail(const Pipeline& p, const std::string& metric, const std::string& name) {
    return find_detail(p.pooled(metric).value(), name).value_or(-1);
  }
};

// A second of a live stream of 40 ms a score and 10 ms a picture.
TEST_F(FullReferenceLate, PicturesOfALiveStreamAreLeftOutAndTheLagStaysBounded) {
  Pipeline p(
      "videotestsrc is-live=true num-buffers=100 ! video/x-raw,format=GRAY8,width=16,height=16,"
      "framerate=100/1 ! tee name=t ! queue ! m.ref_sink t. ! queue ! m.dist_0 "
      "slowmetric name=m late-policy=drop ! fakesink sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  const double scored = static_cast<double>(p.pooled("slow")->index), late = detail(p, "slow", "late-frames");
  EXPECT_EQ(scored + late, 100);
  EXPECT_GE(scored, 5);
  EXPECT_GE(late, 50);
  EXPECT_EQ(detail(p, "speed", "frames"), scored);
  EXPECT_EQ(detail(p, "speed", "late-frames"), late);
}

TEST_F(FullReferenceLate, NothingIsLeftOutWhereThePolicyBlocks) {
  Pipeline p(
      "videotestsrc is-live=true num-buffers=20 ! video/x-raw,format=GRAY8,width=16,height=16,"
      "framerate=100/1 ! tee name=t ! queue ! m.ref_sink t. ! queue ! m.dist_0 "
      "slowmetric name=m ! fakesink sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  EXPECT_EQ(p.pooled("slow")->index, 20U);
  EXPECT_EQ(detail(p, "slow", "late-frames"), 0);
}

// Windows of 10 ms: audio passes on whether it is scored or not.
TEST_F(FullReferenceLate, WindowsOfLiveAudioAreLeftOutAndTheAudioPassesOn) {
  Pipeline p(
      "audiotestsrc is-live=true num-buffers=100 samplesperbuffer=480 ! "
      "audio/x-raw,format=S16LE,rate=48000,channels=1,layout=interleaved ! tee name=t ! queue ! m.ref_sink "
      "t. ! queue ! m.dist_0 slowmetric name=m late-policy=drop window=10000000 ! "
      "appsink name=out sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  const double scored = static_cast<double>(p.pooled("slow")->index),
               late = detail(p, "slow", "late-windows");
  EXPECT_EQ(scored + late, 100);
  EXPECT_GE(late, 50);
  EXPECT_EQ(p.pull_all().size(), 100U);
}

}  // namespace
