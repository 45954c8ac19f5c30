// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Live sources, flushes and seeks, state changes, and streams that carry nothing.
#include <filesystem>

#include "tests/metrics/psnr/comparison.h"

namespace {

using mpq::test::Comparison;
using mpq::test::gray;
using mpq::test::Pipeline;

constexpr const char* both_branches =
    " ! tee name=t ! queue ! p.ref_sink  t. ! queue ! mpqjpegenc ! mpqjpegdec ! p.dist_0  mpqpsnr name=p ! "
    "fakesink ";

TEST(MpqPsnrLife, ALiveSourceLosesNoFrame) {
  Pipeline p(
      "videotestsrc is-live=true num-buffers=30 ! video/x-raw,format=RGB,width=64,height=48,framerate=60/1" +
      std::string(both_branches) + "sync=true");
  ASSERT_TRUE(p.run()) << p.error();
  const auto pooled = p.pooled("psnr").value();
  EXPECT_EQ(pooled.index, 30U);
  EXPECT_EQ(mpq::find_detail(pooled, "unmatched-frames"), 0);
  EXPECT_EQ(mpq::find_detail(pooled, "missing-frames"), 0);
  EXPECT_TRUE(p.warnings().empty());
}

TEST(MpqPsnrLife, ALatencyQueryIsAnsweredWithTheSources) {
  Pipeline p("videotestsrc is-live=true ! video/x-raw,format=RGB,width=64,height=48,framerate=50/1" +
             std::string(both_branches) + "sync=true name=s");
  ASSERT_TRUE(p.set_state(GST_STATE_PLAYING));
  const mpq::gst::QueryPtr query(gst_query_new_latency());
  const mpq::gst::ObjectPtr<GstPad> pad(gst_element_get_static_pad(p.element("s").get(), "sink"));
  ASSERT_TRUE(gst_pad_peer_query(pad.get(), query.get()));
  gboolean live = FALSE;
  GstClockTime least = 0, most = 0;
  gst_query_parse_latency(query.get(), &live, &least, &most);
  EXPECT_TRUE(live);
  EXPECT_EQ(least, 20 * GST_MSECOND);  // a live source has a frame when its time is over
  EXPECT_GE(most, least);
}

TEST(MpqPsnrLife, QualityEventsOfALateDisplayDoNotThinTheStream) {
  Comparison c(gray);
  c.pictures("ref_sink", 10, {0});
  c.pictures("dist_0", 10, {0});
  int seen = 0;
  for (const char* name : {"ref_sink", "dist_0"}) {
    const mpq::gst::ObjectPtr<GstPad> pad(gst_element_get_static_pad(c.source(name).get(), "src"));
    gst_pad_add_probe(
        pad.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
        [](GstPad*, GstPadProbeInfo* info, gpointer count) {
          *static_cast<int*>(count) += GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_QOS;
          return GST_PAD_PROBE_OK;
        },
        &seen, nullptr);
  }
  ASSERT_TRUE(c.pipeline().set_state(GST_STATE_PAUSED));
  const mpq::gst::ObjectPtr<GstPad> sink(
      gst_element_get_static_pad(c.pipeline().element("out").get(), "sink"));
  gst_pad_push_event(sink.get(), gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 0.5, GST_SECOND, 0));
  EXPECT_EQ(seen, 0);
}

// A file of 10 pictures, 40 ms each, every one of them a key frame.
std::filesystem::path film() {
  const auto path = std::filesystem::temp_directory_path() / "mpqpsnr_life_test.mkv";
  Pipeline p(
      "videotestsrc pattern=ball num-buffers=10 ! video/x-raw,format=I420,width=64,height=48,framerate=25/1 "
      "! "
      "jpegenc ! matroskamux ! filesink location=" +
      path.string());
  EXPECT_TRUE(p.run()) << p.error();
  return path;
}

TEST(MpqPsnrLife, AFlushingSeekForgetsAndScoresFromThere) {
  MPQ_REQUIRE_ELEMENT("matroskademux");
  MPQ_REQUIRE_ELEMENT("jpegdec");
  Pipeline p("filesrc location=" + film().string() +
             " ! matroskademux ! jpegdec ! videoconvert ! "
             "video/x-raw,format=RGB" +
             both_branches);
  for (const auto& [from, left] : {std::pair<GstClockTime, guint64>{200 * GST_MSECOND, 5}, {0, 10}}) {
    ASSERT_TRUE(p.set_state(GST_STATE_PAUSED));
    ASSERT_TRUE(gst_element_seek_simple(
        p.get(), GST_FORMAT_TIME, static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE),
        static_cast<gint64>(from)));
    ASSERT_TRUE(p.run(10)) << p.error();
    const auto pooled = p.pooled("psnr").value();
    EXPECT_EQ(pooled.index, left);
    EXPECT_EQ(mpq::find_detail(pooled, "unmatched-frames"), 0);
    EXPECT_EQ(mpq::find_detail(pooled, "missing-frames"), 0);
  }
}

TEST(MpqPsnrLife, StartsAndStopsAHundredTimes) {
  Pipeline p("videotestsrc ! video/x-raw,format=RGB,width=16,height=16" + std::string(both_branches));
  for (int i = 0; i < 100; ++i) {
    gst_element_set_state(p.get(), GST_STATE_PLAYING);
    if (i % 10 == 0) {
      ASSERT_TRUE(p.set_state(GST_STATE_PLAYING));
    }
    ASSERT_TRUE(p.set_state(GST_STATE_NULL));
  }
}

TEST(MpqPsnrLife, ASecondRunStartsFromNothing) {
  Pipeline p("videotestsrc num-buffers=3 ! video/x-raw,format=RGB,width=16,height=16" +
             std::string(both_branches));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(p.run()) << p.error();
    EXPECT_EQ(p.pooled("psnr")->index, 3U);
    ASSERT_TRUE(p.set_state(GST_STATE_NULL));
  }
}

TEST(MpqPsnrLife, OfNothingIsNotANumber) {
  Comparison c(gray);
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  EXPECT_EQ(c.pooled().metric, "psnr");
  EXPECT_EQ(c.pooled().index, 0U);
  EXPECT_TRUE(std::isnan(c.pooled().value));
  EXPECT_EQ(c.detail("identical-frames"), 0);
}

TEST(MpqPsnrLife, StopsWhileItWaitsForTheOtherStream) {
  for (const char* pad : {"ref_sink", "dist_0"}) {
    Comparison c(gray);
    c.pictures(pad, 10, {0, 40, 80});
    gst_element_set_state(c.pipeline().get(), GST_STATE_PLAYING);
    g_usleep(20000);
    const gint64 begin = g_get_monotonic_time();
    ASSERT_TRUE(c.pipeline().set_state(GST_STATE_NULL));
    EXPECT_LT(g_get_monotonic_time() - begin, 5 * G_TIME_SPAN_SECOND);
  }
}

TEST(MpqPsnrLife, KeepsNoBuffers) {
  Comparison c(gray, "", {"dist_0"}, "fakesink name=out sync=false enable-last-sample=false");
  std::vector<mpq::gst::BufferPtr> watched;
  for (const char* pad : {"ref_sink", "dist_0"}) {
    for (GstClockTime i = 0; i < 50; ++i) {
      GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 16, nullptr);
      GST_BUFFER_PTS(buffer) = i * 40 * GST_MSECOND;
      watched.emplace_back(gst_buffer_ref(buffer));
      gst_app_src_push_buffer(GST_APP_SRC(c.source(pad).get()), buffer);
    }
  }
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  for (const auto& buffer : watched) EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(buffer.get()), 1);
}

}  // namespace
