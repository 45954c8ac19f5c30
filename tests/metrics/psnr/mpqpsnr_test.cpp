// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The element's values, and what leaves through its src.
#include <fstream>
#include <nlohmann/json.hpp>

#include "gst/publisher.h"
#include "tests/metrics/psnr/comparison.h"
#include "tests/support/npy.h"
#include "tests/support/shared.h"

namespace {

using mpq::Result;
using mpq::test::Comparison;
using mpq::test::gray;
using mpq::test::Pipeline;
using mpq::test::psnr_of;
using Bytes = std::vector<std::uint8_t>;

nlohmann::json expected_values(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return nlohmann::json::parse(stream);
}

// As GStreamer lays out RGB: rows of a multiple of 4 bytes.
Bytes padded_rows(const mpq::test::ByteArray& picture) {
  const std::size_t row = picture.shape.at(1) * 3;
  Bytes bytes;
  for (std::size_t y = 0; y < picture.shape.at(0); ++y) {
    const auto* begin = picture.data.data() + y * row;
    bytes.insert(bytes.end(), begin, begin + row);
    bytes.resize((y + 1) * ((row + 3) / 4 * 4), 0xA5);
  }
  return bytes;
}

TEST(MpqPsnr, OfTheReferencePicturesIsNumpys) {
  MPQ_REQUIRE_SHARED(file, "parity/classic_measures/expected.json");
  const nlohmann::json expected = expected_values(file);
  for (const auto& example : expected["psnr"]) {
    const auto a = mpq::test::read_npy(file.parent_path() / example["a"].get<std::string>());
    const auto b = mpq::test::read_npy(file.parent_path() / example["b"].get<std::string>());
    Comparison c("video/x-raw,format=RGB,framerate=0/1,width=" + std::to_string(a.shape.at(1)) +
                 ",height=" + std::to_string(a.shape.at(0)));
    c.push("ref_sink", padded_rows(a), 0);
    c.push("dist_0", padded_rows(b), 0);
    ASSERT_TRUE(c.run()) << c.pipeline().error();
    if (example["psnr_db"].is_string()) {
      EXPECT_EQ(c.pooled().value, INFINITY);
      continue;
    }
    EXPECT_NEAR(c.pooled().value, example["psnr_db"].get<double>(), 1e-9);
    EXPECT_NEAR(c.detail("mse"), example["mse_all_samples"].get<double>(), 1e-9);
    EXPECT_NEAR(c.detail("psnr-g"), example["psnr_db_per_channel"][1].get<double>(), 1e-9);
  }
}

TEST(MpqPsnr, OfPhotographsThroughOurCodecsIsTheReferences) {
  MPQ_REQUIRE_SHARED(file, "parity/classic_measures/expected.json");
  MPQ_REQUIRE_SHARED(kodak, "data/kodak");
  MPQ_REQUIRE_ELEMENT("pngdec");
  int count = 0;
  const nlohmann::json expected = expected_values(file);
  for (const auto& entry : expected["bpp"]) {
    if (!entry.contains("image")) continue;
    const bool jpeg = entry["file"].get<std::string>().ends_with(".jpg");
    Pipeline p("filesrc location=" + (kodak / entry["image"].get<std::string>()).string() +
               " ! pngdec ! video/x-raw,format=RGB ! tee name=t ! queue ! p.ref_sink t. ! queue ! " +
               (jpeg ? "mpqjpegenc ! mpqrate ! mpqjpegdec" : "mpqwebpenc ! mpqrate ! mpqwebpdec") +
               " ! p.dist_0 mpqpsnr name=p ! fakesink");
    ASSERT_TRUE(p.run()) << p.error();
    EXPECT_NEAR(p.pooled("psnr").value().value, entry["psnr_db_of_decoded"].get<double>(), 0.02);
    const double rate = entry["bits_per_pixel"];
    EXPECT_NEAR(p.pooled("rate").value().value, rate, 0.005 * rate);
    ++count;
  }
  EXPECT_EQ(count, 6);
}

TEST(MpqPsnr, OfIdenticalStreamsIsInfiniteAndCounted) {
  Comparison c(gray);
  c.pictures("ref_sink", 7, {0, 40, 80});
  c.pictures("dist_0", 7, {0, 40, 80});
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  EXPECT_EQ(c.pooled().value, INFINITY);
  EXPECT_EQ(c.pooled().index, 3U);
  EXPECT_EQ(c.detail("psnr-of-mse"), INFINITY);
  EXPECT_EQ(c.detail("identical-frames"), 3);
  EXPECT_EQ(c.detail("mse"), 0);
}

TEST(MpqPsnr, PoolsTheFramesValuesAndTheirErrorsApart) {
  Comparison c(gray);
  c.pictures("ref_sink", 100, {0, 40, 80});
  c.pictures("dist_0", 101, {0});
  c.pictures("dist_0", 110, {40});
  c.pictures("dist_0", 100, {80});
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  EXPECT_NEAR(c.pooled().value, (psnr_of(1) + psnr_of(10)) / 2, 1e-9);
  EXPECT_NEAR(c.detail("mse"), 101 / 3.0, 1e-9);
  EXPECT_NEAR(c.detail("psnr-of-mse"), psnr_of(std::sqrt(101 / 3.0)), 1e-9);
  EXPECT_EQ(c.detail("identical-frames"), 1);
}

TEST(MpqPsnr, GivesEveryFrameItsValueIndexAndTimes) {
  Comparison c(gray);
  c.pictures("ref_sink", 100, {0, 40});
  c.pictures("dist_0", 101, {0});
  c.pictures("dist_0", 102, {40});
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  const auto frames = c.frames();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_NEAR(frames[1].value, psnr_of(2), 1e-9);
  EXPECT_EQ(mpq::find_detail(frames[1], "mse"), 4);
  EXPECT_EQ(frames[1].index, 1U);
  EXPECT_EQ(frames[1].running_time, 40000000);
  EXPECT_EQ(frames[1].stream_time, 40000000);
  EXPECT_EQ(frames[1].duration, 40000000);
  EXPECT_EQ(frames[1].unit, "dB");
}

TEST(MpqPsnr, PassesTheFirstDistortedStreamOnUntouched) {
  Comparison c(gray);
  c.pictures("ref_sink", 100, {0, 40});
  GstBuffer* buffer = gst_buffer_new_memdup(Bytes(16, 90).data(), 16);
  GST_BUFFER_PTS(buffer) = 40 * GST_MSECOND;
  GST_BUFFER_DURATION(buffer) = 39 * GST_MSECOND;
  const mpq::gst::BufferPtr pushed(gst_buffer_ref(buffer));
  gst_app_src_push_buffer(GST_APP_SRC(c.source("dist_0").get()), buffer);
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  const auto out = c.pipeline().pull_all();
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(gst_buffer_peek_memory(out[0].buffer.get(), 0), gst_buffer_peek_memory(pushed.get(), 0));
  EXPECT_EQ(out[0].pts, 40 * GST_MSECOND);
  EXPECT_EQ(out[0].duration, 39 * GST_MSECOND);
  const mpq::gst::CapsPtr caps(gst_caps_from_string(out[0].caps.c_str())),
      original(gst_caps_from_string(gray.c_str()));
  EXPECT_TRUE(gst_caps_is_equal(caps.get(), original.get())) << out[0].caps;
}

TEST(MpqPsnr, AttachesEachFramesResultToItsBuffer) {
  Comparison c(gray, "post-messages=false");
  c.pictures("ref_sink", 100, {40});
  c.pictures("dist_0", 101, {0, 40});
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  EXPECT_TRUE(c.pipeline().results().empty());
  const auto out = c.pipeline().pull_all();
  ASSERT_EQ(out.size(), 2U);
  EXPECT_TRUE(mpq::gst::attached_results(out[0].buffer.get()).empty());
  const auto results = mpq::gst::attached_results(out[1].buffer.get());
  ASSERT_EQ(results.size(), 1U);
  EXPECT_NEAR(results[0].value, psnr_of(1), 1e-9);
  EXPECT_EQ(results[0].input, "dist_0");
}

TEST(MpqPsnr, StandsInAChainWithAnother) {
  Pipeline p(
      "videotestsrc num-buffers=5 ! video/x-raw,format=RGB,width=32,height=32 ! tee name=t "
      "t. ! queue ! a.ref_sink t. ! queue ! mpqjpegenc ! mpqjpegdec ! a.dist_0 mpqpsnr name=a ! b.dist_0 "
      "t. ! queue ! b.ref_sink mpqpsnr name=b ! appsink name=out sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  const auto out = p.pull_all();
  ASSERT_EQ(out.size(), 5U);
  const auto results = mpq::gst::attached_results(out[4].buffer.get());
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].element, "a");
  EXPECT_EQ(results[1].element, "b");
  EXPECT_EQ(results[0].value, results[1].value);
}

TEST(MpqPsnr, TellsThePooledResultWhileTheStreamRuns) {
  Comparison c(gray);
  c.pictures("ref_sink", 100, {0, 40, 80});
  c.pictures("dist_0", 101, {0, 40});
  gst_element_set_state(c.pipeline().get(), GST_STATE_PLAYING);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(c.pipeline().pull());
  GstStructure* s = nullptr;
  g_object_get(c.pipeline().element("p").get(), "results", &s, nullptr);
  const mpq::gst::StructurePtr owned(s);
  const GValue* list = gst_structure_get_value(s, "results");
  ASSERT_EQ(gst_value_list_get_size(list), 1U);
  const Result r = mpq::gst::from_structure(gst_value_get_structure(gst_value_list_get_value(list, 0)));
  EXPECT_EQ(r.index, 2U);
  EXPECT_NEAR(r.value, psnr_of(1), 1e-9);
}

}  // namespace
