// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/publisher.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "core/error.h"
#include "core/result_io.h"
#include "support/pipeline.h"

namespace {

using mpq::Result;
using mpq::Scope;
using mpq::test::Pipeline;

Result example() {
  return {.element = "e",
          .metric = "psnr",
          .scope = Scope::frame,
          .input = "dist_0",
          .index = 7,
          .stream_time = 5,
          .running_time = 6,
          .duration = std::nullopt,
          .value = std::numeric_limits<double>::infinity(),
          .unit = "dB",
          .label = "box turtle",
          .details = {{"mse", 0.5}}};
}

TEST(Publisher, AStructureHoldsTheWholeResult) {
  const Result back = mpq::gst::from_structure(mpq::gst::to_structure(example()).get());
  EXPECT_EQ(mpq::to_json(back), mpq::to_json(example()));
}

TEST(Publisher, AForeignStructureIsRefused) {
  const mpq::gst::StructurePtr s(gst_structure_new_empty("mpq-result"));
  EXPECT_THROW(mpq::gst::from_structure(s.get()), mpq::Error);
}

TEST(Publisher, SeveralResultsTravelOnOneBufferAndSurviveACopy) {
  const mpq::gst::BufferPtr buffer(gst_buffer_new());
  mpq::gst::attach_result(buffer.get(), example());
  Result second = example();
  second.metric = "lpips";
  mpq::gst::attach_result(buffer.get(), second);
  const mpq::gst::BufferPtr copy(gst_buffer_copy(buffer.get()));
  const auto results = mpq::gst::attached_results(copy.get());
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].metric, "psnr");
  EXPECT_EQ(results[1].metric, "lpips");
}

TEST(Publisher, FrameResultsSurviveAColourConversion) {
  Pipeline p(
      "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=16,height=16 ! tee name=t ! queue ! "
      "p.ref_sink "
      "t. ! queue ! p.dist_0 mpqpsnr name=p ! videoconvert ! video/x-raw,format=I420 ! appsink name=out "
      "sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  const auto out = p.pull_all();
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(mpq::gst::attached_results(out[0].buffer.get()).size(), 1U);
}

TEST(Publisher, WritesAFileThatHoldsWhatTheMessagesSay) {
  const auto path = std::filesystem::temp_directory_path() / "mpq_publisher_test.jsonl";
  Pipeline p("videotestsrc num-buffers=3 ! mpqjpegenc ! mpqrate location=" + path.string() + " ! fakesink");
  ASSERT_TRUE(p.run()) << p.error();
  const auto written = mpq::read_results(path);
  ASSERT_EQ(written.size(), 4U);  // three frames and the pool
  EXPECT_EQ(mpq::to_json(written.back()), mpq::to_json(p.pooled("rate").value()));
}

TEST(Publisher, AnUnwritableFileIsAnErrorThatNamesIt) {
  Pipeline p(
      "videotestsrc num-buffers=3 ! mpqjpegenc ! mpqrate location=/nonexistent/folder/x.jsonl ! fakesink");
  EXPECT_FALSE(p.run());
  EXPECT_NE(p.error().find("/nonexistent/folder/x.jsonl"), std::string::npos) << p.error();
}

TEST(Publisher, MessagesCanBeTurnedOff) {
  Pipeline p(
      "videotestsrc num-buffers=3 ! mpqjpegenc post-messages=false ! mpqrate post-messages=false ! fakesink");
  ASSERT_TRUE(p.run()) << p.error();
  EXPECT_TRUE(p.results().empty());
}

TEST(Publisher, ThePooledResultIsReadableAsAProperty) {
  Pipeline p("videotestsrc num-buffers=3 ! mpqjpegenc ! mpqrate name=r ! fakesink");
  ASSERT_TRUE(p.run()) << p.error();
  GstStructure* s = nullptr;
  g_object_get(p.element("r").get(), "results", &s, nullptr);
  const mpq::gst::StructurePtr owned(s);
  const GValue* list = gst_structure_get_value(s, "results");
  ASSERT_EQ(gst_value_list_get_size(list), 1U);
  const Result r = mpq::gst::from_structure(gst_value_get_structure(gst_value_list_get_value(list, 0)));
  EXPECT_EQ(r.value, p.pooled("rate").value().value);
}

}  // namespace
