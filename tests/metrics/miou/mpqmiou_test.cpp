// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>

#include "core/text.h"
#include "gst/publisher.h"
#include "gst/sample.h"
#include "support/pipeline.h"
#include "support/shared.h"

namespace {

using mpq::Result;
using mpq::text;
using mpq::test::detail;
using mpq::test::Pipeline;
using Bytes = std::vector<std::uint8_t>;

std::string caps(const std::string& format, int width, int height) {
  return text("video/x-raw,framerate=25/1,format=", format, ",width=", width, ",height=", height);
}

// Label maps by hand; rows of a multiple of four bytes.
struct Maps : Pipeline {
  explicit Maps(const std::string& properties = {})
      : Pipeline("mpqmiou name=m " + properties +
                 " ! appsink name=out sync=false  appsrc name=ref format=time ! m.ref_sink  "
                 "appsrc name=dist format=time ! m.dist_0") {}

  void push(const std::string& source, const std::string& format, int width, int height, const Bytes& bytes,
            int index, const std::string& name = {}) {
    const mpq::gst::CapsPtr parsed(gst_caps_from_string(caps(format, width, height).c_str()));
    const auto appsrc = element(source);
    gst_app_src_set_caps(GST_APP_SRC(appsrc.get()), parsed.get());
    GstBuffer* const buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
    GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(index) * 40 * GST_MSECOND;
    if (!name.empty()) mpq::gst::attach_sample(buffer, {name, "", {}});
    gst_app_src_push_buffer(GST_APP_SRC(appsrc.get()), buffer);
  }
  bool finish() {
    for (const char* source : {"ref", "dist"}) mpq::test::end_of_stream(*this, source);
    return run(10);
  }
};

// The figures are those of miou_test.cpp, which derives them.
TEST(MpqMiou, PoolsADataSetWhoseImagesDifferInSize) {
  Maps p;
  p.push("ref", "GRAY8", 3, 2, {0, 0, 1, 99, 1, 2, 255, 99}, 0);
  p.push("dist", "GRAY8", 3, 2, {0, 1, 1, 99, 1, 0, 0, 99}, 0);
  p.push("ref", "GRAY8", 2, 1, {2, 2, 99, 99}, 1);
  p.push("dist", "GRAY8", 2, 1, {2, 0, 99, 99}, 1);
  ASSERT_TRUE(p.finish()) << p.error();
  const Result pooled = p.pooled("miou", "dist_0").value();
  EXPECT_EQ(pooled.index, 2U);
  EXPECT_DOUBLE_EQ(pooled.value, 5.0 / 12);
  EXPECT_DOUBLE_EQ(detail(pooled, "iou-0"), 1.0 / 4);
  EXPECT_DOUBLE_EQ(detail(pooled, "iou-1"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(detail(pooled, "iou-2"), 1.0 / 3);
  EXPECT_DOUBLE_EQ(detail(pooled, "pixel-accuracy"), 4.0 / 7);
  EXPECT_DOUBLE_EQ(detail(pooled, "per-image-miou"), 7.0 / 24);
  EXPECT_DOUBLE_EQ(detail(pooled, "classes"), 3);
  EXPECT_DOUBLE_EQ(detail(pooled, "pixels"), 7);
  const auto frames = p.pull_all();
  ASSERT_EQ(frames.size(), 2U);
  const auto attached = mpq::gst::attached_results(frames[1].buffer.get());
  ASSERT_EQ(attached.size(), 1U);
  EXPECT_DOUBLE_EQ(attached[0].value, 1.0 / 4);
}

TEST(MpqMiou, CodingsMayDiffer) {
  Maps p;
  p.push("ref", "RGB", 2, 1, {10, 44, 99, 9, 1, 0, 0, 0}, 0);  // 300 and 1
  p.push("dist", "GRAY16_LE", 2, 1, {44, 1, 1, 0}, 0);
  ASSERT_TRUE(p.finish()) << p.error();
  EXPECT_DOUBLE_EQ(p.pooled("miou")->value, 1);
  EXPECT_DOUBLE_EQ(detail(*p.pooled("miou"), "iou-300"), 1);
}

TEST(MpqMiou, AnotherSizeIsAnErrorThatNamesThePictureOrIsResized) {
  Maps strict;
  strict.push("ref", "GRAY8", 4, 1, {5, 5, 6, 6}, 0, "room.png");
  strict.push("dist", "GRAY8", 2, 1, {5, 6, 0, 0}, 0);
  EXPECT_FALSE(strict.finish());
  EXPECT_NE(strict.error().find("room.png: the prediction has 2x1 pixels, the truth 4x1"), std::string::npos)
      << strict.error();
  EXPECT_NE(strict.error().find("resize-prediction"), std::string::npos);
  Maps resized("resize-prediction=true");
  resized.push("ref", "GRAY8", 4, 1, {5, 5, 6, 6}, 0);
  resized.push("dist", "GRAY8", 2, 1, {5, 6, 0, 0}, 0);
  ASSERT_TRUE(resized.finish()) << resized.error();
  EXPECT_DOUBLE_EQ(resized.pooled("miou")->value, 1);
}

TEST(MpqMiou, WhatDoesNotCountIsChosen) {
  Maps p("ignore-index=7 reduce-zero-label=true");
  p.push("ref", "GRAY8", 4, 1, {0, 1, 2, 7}, 0);
  p.push("dist", "GRAY8", 4, 1, {3, 0, 0, 3}, 0);
  ASSERT_TRUE(p.finish()) << p.error();
  EXPECT_DOUBLE_EQ(detail(*p.pooled("miou"), "pixels"), 2);
  EXPECT_DOUBLE_EQ(detail(*p.pooled("miou"), "iou-0"), 0.5);
  EXPECT_DOUBLE_EQ(detail(*p.pooled("miou"), "iou-1"), 0);
  Maps all("ignore-index=-1");
  all.push("ref", "GRAY8", 4, 1, {0, 1, 2, 255}, 0);
  all.push("dist", "GRAY8", 4, 1, {0, 1, 2, 255}, 0);
  ASSERT_TRUE(all.finish()) << all.error();
  EXPECT_DOUBLE_EQ(detail(*all.pooled("miou"), "pixels"), 4);
}

// A scaler before the prediction's pad would mix the numbers of classes.
TEST(MpqMiou, NobodyIsAskedToScaleLabels) {
  Pipeline p(
      "mpqmiou name=m ! fakesink  videotestsrc num-buffers=1 pattern=black ! "
      "video/x-raw,format=GRAY8,width=8,height=8 "
      "! m.ref_sink  videotestsrc num-buffers=1 pattern=black ! video/x-raw,format=GRAY8,width=4,height=4 ! "
      "videoscale ! m.dist_0");
  EXPECT_FALSE(p.run(10));
  EXPECT_NE(p.error().find("4x4"), std::string::npos) << p.error();
}

// A SegFormer's own map of an ADE20K picture. The constants are NumPy's: with k = (t != 0) & (t != 255), t =
// t[k] - 1 and p = p[k], the mean over the classes c of sum((t == c) & (p == c)) / sum((t == c) | (p == c)).
TEST(MpqMiou, OfARealSegmentationIsNumpys) {
  MPQ_REQUIRE_SHARED(truth, "data/mpq_outputs/ade20k_val_last_groundtruth_448x299.png");
  MPQ_REQUIRE_SHARED(prediction, "data/mpq_outputs/ade20k_val_last_segformer_pred_448x299.png");
  Pipeline p("mpqmiou name=m reduce-zero-label=true ! fakesink  filesrc location=" + truth.string() +
             " ! pngdec ! m.ref_sink  filesrc location=" + prediction.string() + " ! pngdec ! m.dist_0");
  ASSERT_TRUE(p.run(20)) << p.error();
  EXPECT_NEAR(p.pooled("miou")->value, 0.4722092828521448, 1e-12);
  EXPECT_NEAR(detail(*p.pooled("miou"), "pixel-accuracy"), 0.8337430643823209, 1e-12);
  EXPECT_DOUBLE_EQ(detail(*p.pooled("miou"), "classes"), 13);
  EXPECT_DOUBLE_EQ(detail(*p.pooled("miou"), "pixels"), 131387);
}

}  // namespace
