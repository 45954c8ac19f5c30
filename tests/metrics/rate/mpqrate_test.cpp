// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The element's figures, on streams of known bytes.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "gst/publisher.h"
#include "support/pipeline.h"

namespace {

using mpq::Result;
using mpq::Scope;
using mpq::test::detail;
using mpq::test::Pipeline;

// mpqrate behind an appsrc called "in".
struct Metered : Pipeline {
  explicit Metered(const std::string& caps)
      : Pipeline("appsrc name=in format=time caps=\"" + caps +
                 "\" ! mpqrate name=r ! appsink name=out sync=false") {}

  void push_bytes(std::size_t size, int time, int duration, GstBufferFlags flags = GST_BUFFER_FLAG_LIVE) {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
    if (time >= 0) GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(time) * GST_MSECOND;
    if (duration > 0) GST_BUFFER_DURATION(buffer) = static_cast<GstClockTime>(duration) * GST_MSECOND;
    GST_BUFFER_FLAG_SET(buffer, flags);
    gst_app_src_push_buffer(GST_APP_SRC(element("in").get()), buffer);
  }
  void set_caps(const std::string& caps) {
    const mpq::gst::CapsPtr parsed(gst_caps_from_string(caps.c_str()));
    gst_app_src_set_caps(GST_APP_SRC(element("in").get()), parsed.get());
  }
  bool finish() {
    mpq::test::end_of_stream(*this, "in");
    return run(20);
  }
  std::vector<Result> frames() const {
    std::vector<Result> frames;
    for (const Result& r : results()) {
      if (r.scope == Scope::frame) frames.push_back(r);
    }
    return frames;
  }
};

const char* const picture = "image/jpeg,width=10,height=10,framerate=25/1";

TEST(MpqRate, CountsBitsAPixelPerFrameRunningAndPooled) {
  Metered p(picture);
  p.push_bytes(50, 0, 40);
  p.push_bytes(100, 40, 40);
  ASSERT_TRUE(p.finish()) << p.error();
  const auto frames = p.frames();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_DOUBLE_EQ(frames[0].value, 4);
  EXPECT_DOUBLE_EQ(frames[1].value, 8);
  EXPECT_DOUBLE_EQ(detail(frames[1], "running"), 6);
  EXPECT_DOUBLE_EQ(detail(frames[1], "compression-ratio"), 3);
  EXPECT_DOUBLE_EQ(detail(frames[1], "bit-rate"), 20000);
  EXPECT_EQ(frames[1].index, 1U);
  EXPECT_EQ(frames[1].unit, "bit/pixel");
  EXPECT_EQ(frames[1].stream_time, 40000000);
  EXPECT_EQ(frames[1].duration, 40000000);
  const Result pooled = p.pooled("rate").value();
  EXPECT_DOUBLE_EQ(pooled.value, 6);
  EXPECT_EQ(pooled.index, 2U);
  EXPECT_DOUBLE_EQ(detail(pooled, "bytes"), 150);
  EXPECT_DOUBLE_EQ(detail(pooled, "compression-ratio"), 4);
  EXPECT_DOUBLE_EQ(detail(pooled, "bit-rate"), 15000);
  EXPECT_TRUE(std::isnan(detail(pooled, "entropy-coded-bytes")));
}

TEST(MpqRate, CountsBitsASampleAndChannel) {
  Metered p("audio/mpeg,mpegversion=1,layer=3,rate=1000,channels=2");
  p.push_bytes(25, 0, 50);
  p.push_bytes(75, 50, 50);
  ASSERT_TRUE(p.finish()) << p.error();
  const Result pooled = p.pooled("rate").value();
  EXPECT_DOUBLE_EQ(p.frames().at(0).value, 2);
  EXPECT_DOUBLE_EQ(pooled.value, 4);
  EXPECT_EQ(pooled.unit, "bit/sample");
  EXPECT_DOUBLE_EQ(detail(pooled, "compression-ratio"), 4);
  EXPECT_DOUBLE_EQ(detail(pooled, "bit-rate"), 8000);
}

TEST(MpqRate, ComparesGrayWith8BitsAPixel) {
  for (const char* gray :
       {"image/jpeg,sampling=GRAYSCALE", "video/x-h264,chroma-format=4:0:0", "video/x-raw,format=GRAY8"}) {
    Metered p(std::string(gray) + ",width=10,height=10,framerate=25/1");
    p.push_bytes(50, 0, 40);
    ASSERT_TRUE(p.finish()) << p.error();
    EXPECT_DOUBLE_EQ(detail(p.pooled("rate").value(), "compression-ratio"), 2) << gray;
  }
}

TEST(MpqRate, TakesAFramesTimeFromTheCapsWhereItHasNone) {
  Metered p(picture);
  p.push_bytes(50, 0, 0);
  ASSERT_TRUE(p.finish()) << p.error();
  EXPECT_DOUBLE_EQ(detail(p.pooled("rate").value(), "bit-rate"), 10000);
}

TEST(MpqRate, PoolsOverAChangeOfSize) {
  Metered p(picture);
  p.push_bytes(50, 0, 40);
  p.set_caps("image/jpeg,width=20,height=10,framerate=25/1");
  p.push_bytes(250, 40, 40);
  ASSERT_TRUE(p.finish()) << p.error();
  EXPECT_DOUBLE_EQ(p.frames().at(1).value, 10);
  EXPECT_DOUBLE_EQ(p.pooled("rate")->value, 8);
}

TEST(MpqRate, HeadersCountInThePoolAndAreNoFrames) {
  Metered p("video/x-theora,width=10,height=10,framerate=25/1");
  p.push_bytes(20, -1, 0, GST_BUFFER_FLAG_HEADER);
  p.push_bytes(80, 0, 40, GST_BUFFER_FLAG_HEADER);  // a picture behind a header, as parsers flag it
  ASSERT_TRUE(p.finish()) << p.error();
  ASSERT_EQ(p.frames().size(), 1U);
  EXPECT_DOUBLE_EQ(p.frames()[0].value, 6.4);
  EXPECT_DOUBLE_EQ(p.pooled("rate")->value, 8);
  EXPECT_EQ(p.pooled("rate")->index, 1U);
}

TEST(MpqRate, PutsTheNalUnitsOfAFrameTogether) {
  Metered p("video/x-h264,alignment=nal,stream-format=byte-stream,width=10,height=10,framerate=25/1");
  p.push_bytes(10, 0, 0, GST_BUFFER_FLAG_HEADER);
  p.push_bytes(40, -1, 40);
  p.push_bytes(30, 40, 0);
  p.push_bytes(45, 40, 40, GST_BUFFER_FLAG_MARKER);
  p.push_bytes(25, 80, 40);
  ASSERT_TRUE(p.finish()) << p.error();
  const auto frames = p.frames();
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_DOUBLE_EQ(frames[0].value, 4);
  EXPECT_DOUBLE_EQ(frames[1].value, 6);
  EXPECT_DOUBLE_EQ(frames[2].value, 2);
  EXPECT_EQ(frames[1].stream_time, 40000000);
  EXPECT_DOUBLE_EQ(detail(p.pooled("rate").value(), "bit-rate"), 10000);
  const auto out = p.pull_all();
  EXPECT_EQ(mpq::gst::attached_results(out.at(2).buffer.get()).size(), 1U);  // closed by the third's time
  EXPECT_EQ(mpq::gst::attached_results(out.at(3).buffer.get()).size(), 1U);  // closed by its marker
}

TEST(MpqRate, PicturesThatAreNotShownBelongToTheNext) {
  Metered p("video/x-vp8,width=10,height=10,framerate=25/1");
  p.push_bytes(30, 0, 0, GST_BUFFER_FLAG_DECODE_ONLY);
  p.push_bytes(20, 0, 40);
  ASSERT_TRUE(p.finish()) << p.error();
  ASSERT_EQ(p.frames().size(), 1U);
  EXPECT_DOUBLE_EQ(p.frames()[0].value, 4);
}

TEST(MpqRate, OfNothingIsNotANumber) {
  Metered p(picture);
  ASSERT_TRUE(p.finish()) << p.error();
  EXPECT_TRUE(std::isnan(p.pooled("rate")->value));
  EXPECT_EQ(p.pooled("rate")->index, 0U);
}

TEST(MpqRate, OfAPlainFileIsItsSize) {
  const auto path = std::filesystem::temp_directory_path() / "mpqrate_test.bin";
  std::ofstream(path) << std::string(10000, 'x');
  Pipeline p("filesrc location=" + path.string() + " ! mpqrate ! fakesink");
  ASSERT_TRUE(p.run()) << p.error();
  EXPECT_DOUBLE_EQ(detail(p.pooled("rate").value(), "bytes"), 10000);
  EXPECT_EQ(p.pooled("rate")->unit, "bit/s");
  EXPECT_TRUE(std::isnan(p.pooled("rate")->value));  // a file has no time
}

TEST(MpqRate, PassesBuffersOnWithTheirMemoryAndTheResult) {
  Metered p(picture);
  GstBuffer* buffer = gst_buffer_new_memdup("0123456789", 10);
  GST_BUFFER_PTS(buffer) = 0;
  const mpq::gst::BufferPtr pushed(gst_buffer_ref(buffer));
  gst_app_src_push_buffer(GST_APP_SRC(p.element("in").get()), buffer);
  ASSERT_TRUE(p.finish()) << p.error();
  const auto out = p.pull_all();
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(gst_buffer_peek_memory(out[0].buffer.get(), 0), gst_buffer_peek_memory(pushed.get(), 0));
  EXPECT_EQ(mpq::gst::attached_results(out[0].buffer.get()).size(), 1U);
}

TEST(MpqRate, AFlushForgets) {
  Pipeline p("videotestsrc ! video/x-raw,framerate=25/1 ! mpqjpegenc ! mpqrate ! fakesink sync=true");
  for (const int count : {4, 3}) {
    ASSERT_TRUE(p.set_state(GST_STATE_PAUSED));
    ASSERT_TRUE(gst_element_seek(p.get(), 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
                                 GST_SEEK_TYPE_SET, count * 40 * GST_MSECOND));
    ASSERT_TRUE(p.run()) << p.error();
    EXPECT_EQ(p.pooled("rate")->index, static_cast<std::uint64_t>(count));
  }
}

}  // namespace
