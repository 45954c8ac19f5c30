// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "gst/publisher.h"
#include "gst/text_overlay.h"
#include "support/pipeline.h"
#include "support/sanitized.h"
#include "support/shared.h"
#include "support/tools.h"
#include "tasks/vit/vit.h"
#include "tiny_vit.h"

namespace {

using mpq::find_detail;
using mpq::Result;
using mpq::Scope;
using mpq::test::Pipeline;
using mpq::test::Received;
using mpq::test::TemporaryFolder;

// Logits 0, ln 3, ln 4: probabilities 1/8, 3/8, 1/2.
class MpqVit : public testing::Test {
 protected:
  MpqVit() { mpq::test::write_tiny_vit(model_, {0, std::log(3.0F), std::log(4.0F)}); }

  std::string element(const std::string& more = {}) const {
    return "mpqvit name=v model-file=" + model_ + " precision=float32 " + more;
  }
  std::string with_source(const std::string& more = {}) const {
    return "appsrc name=in format=time caps=video/x-raw,format=RGB,width=8,height=4,framerate=25/1 ! " +
           element(more) + " ! appsink name=out sync=false";
  }
  static void push_picture(const Pipeline& p, GstClockTime pts) {
    const std::vector<std::uint8_t> pixels(8 * 4 * 3, 7);
    mpq::test::push(p, "in", pixels.data(), pixels.size(), pts, 40 * GST_MSECOND);
  }

  TemporaryFolder folder_;
  const std::string model_ = folder_ / "tiny.safetensors";
};

TEST_F(MpqVit, TellsTheMostProbableClassesOfEachPicture) {
  std::ofstream(folder_ / "labels.txt") << "ant\nbee\ncat\n";
  Pipeline p(with_source("top-k=2 labels-file=" + (folder_ / "labels.txt")));
  for (int i = 0; i < 3; ++i) push_picture(p, static_cast<GstClockTime>(i) * 40 * GST_MSECOND);
  mpq::test::end_of_stream(p, "in");
  ASSERT_TRUE(p.run()) << p.error();
  const auto frames = p.pull_all();
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[2].bytes, std::vector<std::uint8_t>(8 * 4 * 3, 7));
  const auto attached = mpq::gst::attached_results(frames[2].buffer.get());
  ASSERT_EQ(attached.size(), 1U);
  const Result& result = attached[0];
  EXPECT_EQ(result.metric, "classification");
  EXPECT_EQ(result.label, "cat");
  EXPECT_NEAR(result.value, 0.5, 1e-6);
  EXPECT_EQ(result.index, 2U);
  EXPECT_EQ(result.running_time, 80000000);
  EXPECT_EQ(find_detail(result, "class-1"), 2);
  EXPECT_EQ(find_detail(result, "class-2"), 1);
  EXPECT_NEAR(*find_detail(result, "probability-2"), 0.375, 1e-6);
  EXPECT_FALSE(find_detail(result, "class-3"));
  EXPECT_EQ(p.pooled("speed")->index, 3U);
}

TEST_F(MpqVit, SaysWhatIsWrongWithItsFilesBeforeAnythingRuns) {
  std::ofstream(folder_ / "broken") << "no weights";
  for (const auto& [options, part] : std::vector<std::pair<std::string, std::string>>{
           {"", "no model is named"},
           {"model-file=/nowhere/x.safetensors", "/nowhere/x.safetensors"},
           {"model-file=" + (folder_ / "broken"), "broken"},
           {"model-file=" + model_ + " head-file=" + model_, "unexpected: cls_token"},
           {"model-file=" + model_ + " device=tpu", "tpu"},
           {"model-file=" + model_ + " mean=\"<0.5,0.5>\"", "mean has 2 values instead of 3"},
           {"model-file=" + model_ + " input-size=5", "patches have 2"},
           {"model-file=" + model_ + " labels-file=/nowhere/labels", "/nowhere/labels"}}) {
    Pipeline p("videotestsrc num-buffers=1 ! video/x-raw,format=RGB ! mpqvit " + options + " ! fakesink");
    EXPECT_FALSE(p.run()) << options;
    EXPECT_NE(p.error().find(part), std::string::npos) << p.error();
  }
}

TEST_F(MpqVit, DropsLateFramesOrMarksTheirResultStale) {
  for (const std::string policy : {"block", "drop", "skip-inference"}) {
    Pipeline p(with_source("max-lateness=0 late-policy=" + policy));
    push_picture(p, 0);
    p.set_state(GST_STATE_PLAYING);
    ASSERT_TRUE(p.pull());
    g_usleep(20000);
    push_picture(p, 0);
    push_picture(p, 3600 * GST_SECOND);
    mpq::test::end_of_stream(p, "in");
    ASSERT_TRUE(p.wait()) << p.error();
    const auto rest = p.pull_all();
    EXPECT_EQ(rest.size(), policy == "drop" ? 1U : 2U) << policy;
    EXPECT_EQ(find_detail(*p.pooled("speed"), "late-frames"), policy == "block" ? 0 : 1);
    const auto results = mpq::gst::attached_results(rest.front().buffer.get());
    ASSERT_EQ(results.size(), 1U);
    EXPECT_EQ(find_detail(results[0], "stale").has_value(), policy == "skip-inference");
  }
}

// 160 by 120 pixels of the value 7: how many columns and rows differ from that.
std::pair<int, int> drawn(const Received& frame) {
  int columns = 0, rows = 0;
  for (int i = 0; i < static_cast<int>(frame.bytes.size()); ++i)
    if (frame.bytes[static_cast<std::size_t>(i)] != 7) {
      columns = std::max(columns, i / 3 % 160 + 1);
      rows = std::max(rows, i / 480 + 1);
    }
  return {columns, rows};
}

// Two branches hold the same memory: without the overlay both keep it, with it one gets a copy.
TEST_F(MpqVit, DrawsOntoACopyOfWhatOthersHoldAndOnlyWhereAskedTo) {
  if (!mpq::gst::TextOverlay::available()) GTEST_SKIP() << "needs the meson option overlay";
  for (const bool overlay : {false, true}) {
    Pipeline p(
        "appsrc name=in caps=video/x-raw,format=RGB,width=160,height=120,framerate=25/1 format=time ! "
        "tee name=t ! queue ! " +
        element(overlay ? "top-k=1 overlay=true" : "top-k=1") +
        " ! appsink name=out sync=false t. ! queue ! appsink name=other sync=false");
    const std::vector<std::uint8_t> pixels(160 * 120 * 3, 7);
    mpq::test::push(p, "in", pixels.data(), pixels.size(), 0);
    mpq::test::end_of_stream(p, "in");
    p.set_state(GST_STATE_PLAYING);
    const auto frame = p.pull(), other = p.pull("other");
    ASSERT_TRUE(frame && other) << p.error();
    EXPECT_EQ(other->bytes, pixels);
    EXPECT_EQ(
        gst_buffer_peek_memory(frame->buffer.get(), 0) == gst_buffer_peek_memory(other->buffer.get(), 0),
        !overlay);
    EXPECT_EQ(mpq::gst::attached_results(frame->buffer.get()).at(0).label, "2");
    const auto [columns, rows] = drawn(*frame);
    if (!overlay) {
      EXPECT_EQ(frame->bytes, pixels);
      continue;
    }
    EXPECT_GT(columns, 20);
    EXPECT_LT(columns, 120);
    EXPECT_GT(rows, 10);
    EXPECT_LT(rows, 40);
  }
}

TEST_F(MpqVit, DrawsThatAnAnswerIsStale) {
  if (!mpq::gst::TextOverlay::available()) GTEST_SKIP() << "needs the meson option overlay";
  Pipeline p("appsrc name=in caps=video/x-raw,format=RGB,width=160,height=120,framerate=25/1 format=time ! " +
             element("overlay=true max-lateness=0 late-policy=skip-inference") +
             " ! appsink name=out sync=false");
  const std::vector<std::uint8_t> pixels(160 * 120 * 3, 7);
  mpq::test::push(p, "in", pixels.data(), pixels.size(), 3600 * GST_SECOND);
  mpq::test::push(p, "in", pixels.data(), pixels.size(), 0);
  mpq::test::end_of_stream(p, "in");
  ASSERT_TRUE(p.run()) << p.error();
  const auto frames = p.pull_all();
  ASSERT_EQ(frames.size(), 2U);
  const auto fresh = drawn(frames[0]), stale = drawn(frames[1]);
  EXPECT_GT(stale.first, fresh.first + 20);
  EXPECT_EQ(stale.second, fresh.second);
}

TEST_F(MpqVit, AddsItsTimeToThePipelinesLatency) {
  Pipeline p(with_source());
  for (int i = 0; i < 3; ++i) push_picture(p, static_cast<GstClockTime>(i) * 40 * GST_MSECOND);
  mpq::test::end_of_stream(p, "in");
  ASSERT_TRUE(p.run()) << p.error();
  const auto latency = mpq::test::latency_of(p, "v");
  ASSERT_TRUE(latency);
  EXPECT_GT(*latency, 0U);
  EXPECT_LT(*latency, 10 * GST_SECOND);
}

TEST_F(MpqVit, TakesStatisticsSizeAndBatchesAsProperties) {
  const std::string vit = element(
      "mean=\"<0.485,0.456,0.406>\" std=\"<0.229,0.224,0.225>\" filter=bicubic fit=crop "
      "short-side=10 input-size=8 batch-size=4");
  Pipeline p(
      "videotestsrc num-buffers=20 ! video/x-raw,format=RGB,width=16,height=12 ! tee name=t ! queue ! " +
      vit + " ! fakesink t. ! queue ! " + vit.substr(0, 7) + vit.substr(14) + " ! fakesink");
  ASSERT_TRUE(p.run()) << p.error();
  int answers = 0;
  for (const Result& result : p.results())
    if (result.metric == "classification" && find_detail(result, "class-1") == 2) ++answers;
  EXPECT_EQ(answers, 40);
}

TEST_F(MpqVit, StartsAndStopsAHundredTimes) {
  Pipeline p("videotestsrc num-buffers=2 ! video/x-raw,format=RGB,width=8,height=8 ! " + element() +
             " ! fakesink");
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(p.set_state(GST_STATE_PLAYING)) << i;
    ASSERT_TRUE(p.set_state(GST_STATE_NULL)) << i;
  }
}

TEST_F(MpqVit, FollowsASizeThatChangesMidStream) {
  Pipeline p("appsrc name=in format=time ! " + element() + " ! appsink name=out sync=false");
  for (const int width : {1, 7, 4097}) {
    const mpq::gst::CapsPtr caps(gst_caps_from_string(
        ("video/x-raw,format=RGB,height=3,framerate=25/1,width=" + std::to_string(width)).c_str()));
    gst_app_src_set_caps(GST_APP_SRC(p.element("in").get()), caps.get());
    const std::vector<std::uint8_t> pixels(static_cast<std::size_t>((3 * width + 3) / 4 * 4) * 3, 1);
    mpq::test::push(p, "in", pixels.data(), pixels.size(), 0);
  }
  mpq::test::end_of_stream(p, "in");
  ASSERT_TRUE(p.run()) << p.error();
  EXPECT_EQ(p.pull_all().size(), 3U);
}

struct Answer {
  int wanted, given;
};

// Of the pictures that labels.csv names, through a pipeline each.
std::vector<Answer> answers(const std::filesystem::path& folder, const std::string& vit) {
  std::ifstream labels(folder / "labels.csv");
  std::vector<Answer> all;
  std::string line;
  std::getline(labels, line);  // the heading
  while (std::getline(labels, line)) {
    const auto comma = line.find(',');
    Pipeline p("filesrc location=\"" + (folder / line.substr(0, comma)).string() +
               "\" ! mpqjpegdec ! video/x-raw,format=RGB ! " + vit + " top-k=1 ! fakesink");
    if (!p.run()) ADD_FAILURE() << line << ": " << p.error();
    for (const Result& result : p.results())
      if (result.metric == "classification")
        all.push_back({std::stoi(line.substr(comma + 1)), static_cast<int>(*find_detail(result, "class-1"))});
  }
  return all;
}

int right(const std::vector<Answer>& answers) {
  return static_cast<int>(
      std::count_if(answers.begin(), answers.end(), [](const Answer& a) { return a.wanted == a.given; }));
}

// The shares are those that the reference reaches, within one picture.
TEST(MpqVitReal, RecognisesAsManyPicturesAsTheReference) {
  MPQ_REQUIRE_SHARED(data, "data");
  MPQ_REQUIRE_SHARED(weights, "weights");
  const std::filesystem::path file = weights / "vit_tiny_patch16_224.safetensors";
  const std::string vit = "mpqvit threads=1 model-file=" + file.string();
  // One copy of the weights for all the pipelines.
  const auto model =
      mpq::vit::Model::load(file, {}, {.precision = mpq::nn::Precision::float32, .threads = 1});
  const std::string head = " precision=float32 head-file=" + (weights / "vit_tiny_heads/").string();
  EXPECT_NEAR(right(answers(data / "beans", vit + head + "beans.safetensors")), 60, 1);  // of 64
  if (mpq::test::sanitized()) return;  // the others take the same ways, and minutes
  EXPECT_NEAR(right(answers(data / "xray", vit + head + "xray.safetensors")), 177, 1);  // of 208
  const auto squeezed = answers(data / "imagenet", vit + " precision=float32 fit=squeeze");
  ASSERT_EQ(squeezed.size(), 100U);
  EXPECT_NEAR(right(squeezed), 83, 1);
  EXPECT_NEAR(right(answers(data / "imagenet", vit + " precision=float32 fit=crop")), 86, 1);

  const auto coarse = answers(data / "imagenet", vit + " precision=bfloat16 fit=squeeze");
  ASSERT_EQ(coarse.size(), squeezed.size());
  int same = 0;
  for (std::size_t i = 0; i < coarse.size(); ++i) same += coarse[i].given == squeezed[i].given ? 1 : 0;
  RecordProperty("bfloat16_agreement", same);
  EXPECT_GE(same, 99);
}

}  // namespace
