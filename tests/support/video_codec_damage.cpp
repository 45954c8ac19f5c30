// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Byte streams without a parser, damaged pictures, hostile headers, and pictures that come too late.
#include <sys/resource.h>

#include <chrono>
#include <numeric>

#include "core/text.h"
#include "tests/support/damage.h"
#include "tests/support/tools.h"
#include "tests/support/video_codec_conformance.h"
#include "tests/support/video_pipeline.h"

namespace mpq::test {
namespace {

using Coded = VideoCodec::Coded;

Coded joined(const std::vector<Coded>& parts) {
  Coded all;
  for (const Coded& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Coded first_bytes(const Coded& coded, std::size_t count) {
  return {coded.begin(), coded.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// A file with these bytes, read in blocks of `block` bytes by `elements`.
class FileRun {
 public:
  FileRun(const Coded& bytes, int block, const std::string& elements)
      : pipeline_((write_file(folder_ / "in", bytes),
                   text("filesrc location=", folder_ / "in", " blocksize=", block, " ! ", elements,
                        " ! appsink name=out sync=false"))) {}

  Pipeline* operator->() { return &pipeline_; }

 private:
  TemporaryFolder folder_;
  Pipeline pipeline_;
};

double detail(Pipeline& pipeline, const char* name) {
  const auto speed = pipeline.pooled("speed");
  return speed ? find_detail(*speed, name).value_or(-1) : -1;
}

/// Counts the buffers that arrive at the sink "out", and holds their last.
struct Arrivals {
  std::uint64_t count = 0, corrupted = 0;
  Received last;

  explicit Arrivals(const Pipeline& pipeline) {
    const gst::ObjectPtr<GstPad> pad(gst_element_get_static_pad(pipeline.element("out").get(), "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, arrived, this, nullptr);
  }
  Arrivals(const Arrivals&) = delete;

 private:
  static GstPadProbeReturn arrived(GstPad* pad, GstPadProbeInfo* info, gpointer user) {
    auto* self = static_cast<Arrivals*>(user);
    GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    EXPECT_TRUE(gst_pad_has_current_caps(pad));
    EXPECT_GT(gst_buffer_get_size(buffer), 0U);
    ++self->count;
    self->corrupted += GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_CORRUPTED) ? 1 : 0;
    self->last.buffer.reset(gst_buffer_ref(buffer));
    self->last.caps = gst::to_string(gst::CapsPtr(gst_pad_get_current_caps(pad)).get());
    return GST_PAD_PROBE_OK;
  }
};

long peak_memory_kib() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace

TEST_P(VideoCodecConformance, DecodesConcatenatedPicturesInBlocksOfAnySize) {
  const auto coded = coded_pictures(5);
  for (const int block : {1, 7, 4096, 1 << 20}) {
    SCOPED_TRACE(block);
    FileRun run(joined(coded), block, codec().decoder);
    ASSERT_TRUE(run->run()) << run->error();
    const auto frames = run->pull_all();
    ASSERT_EQ(frames.size(), coded.size());
    for (std::size_t i = 0; i < coded.size(); ++i)
      EXPECT_EQ(to_picture(frames[i]).pixels(), decoded(coded[i]).pixels()) << i;
    EXPECT_TRUE(run->warnings().empty());
  }
}

TEST_P(VideoCodecConformance, TakesTheFrameRateOfAFileFromCapsInTheLaunchLine) {
  FileRun run(joined(coded_pictures(3)), 100, codec().caps + ",framerate=10/1 ! " + codec().decoder);
  ASSERT_TRUE(run->run()) << run->error();
  const auto frames = run->pull_all();
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[2].pts, 200 * GST_MSECOND);
  EXPECT_EQ(frames[2].duration, 100 * GST_MSECOND);
}

TEST_P(VideoCodecConformance, SkipsGarbageBetweenPictures) {
  const auto coded = coded_pictures(3);
  const Coded garbage = {0, 'R', 'I', 'F', 'F', 0xFF, 0xD9, 'x', 0xFF};
  FileRun run(joined({garbage, coded[0], garbage, garbage, coded[1], coded[2], Coded(1000)}), 13,
              codec().decoder);
  ASSERT_TRUE(run->run()) << run->error();
  const auto frames = run->pull_all();
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(to_picture(frames[2]).pixels(), decoded(coded[2]).pixels());
}

TEST_P(VideoCodecConformance, DecodesWhatThereIsOfATruncatedLastPicture) {
  const auto coded = coded_pictures(2);
  FileRun run(joined({coded[0], first_bytes(coded[1], coded[1].size() - 20)}), 64, codec().decoder);
  ASSERT_TRUE(run->run()) << run->error();
  EXPECT_EQ(run->pull_all().size(), 2U);
  ASSERT_EQ(run->warnings().size(), 1U);
  EXPECT_TRUE(run->warnings()[0].starts_with("Picture 2 is damaged: ")) << run->warnings()[0];
  EXPECT_EQ(detail(*run.operator->(), "damaged-frames"), 1);
}

TEST_P(VideoCodecConformance, FindsTheNextPictureAfterATruncatedOne) {
  const auto coded = coded_pictures(2);
  FileRun run(joined({first_bytes(coded[0], coded[0].size() - 20), coded[1]}), 64, codec().decoder);
  ASSERT_TRUE(run->run()) << run->error();
  const auto frames = run->pull_all();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(to_picture(frames[1]).pixels(), decoded(coded[1]).pixels());
}

TEST_P(VideoCodecConformance, SeeksInAFileOfConcatenatedPictures) {
  const auto coded = coded_pictures(4);
  FileRun run(joined(coded), 64, codec().decoder);
  ASSERT_TRUE(run->set_state(GST_STATE_PAUSED));
  const std::size_t inside_second = coded[0].size() + coded[1].size() / 2;
  ASSERT_TRUE(gst_element_seek_simple(run->get(), GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH,
                                      static_cast<gint64>(inside_second)));
  ASSERT_TRUE(run->run()) << run->error();
  const auto frames = run->pull_all();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(to_picture(frames[0]).pixels(), decoded(coded[2]).pixels());
}

TEST_P(VideoCodecConformance, DecodesFilesOfOnePictureEach) {
  MPQ_REQUIRE_ELEMENT("multifilesrc");
  const TemporaryFolder folder;
  const auto coded = coded_pictures(3);
  for (std::size_t i = 0; i < coded.size(); ++i) write_file(folder / std::to_string(i), coded[i]);
  Pipeline pipeline("multifilesrc location=" + (folder / "%d") + " caps=" + codec().caps +
                    ",framerate=25/1 ! " + codec().decoder + " ! appsink name=out sync=false");
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  const auto frames = pipeline.pull_all();
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[2].pts, 2 * frame_time);
  EXPECT_EQ(to_picture(frames[2]).pixels(), decoded(coded[2]).pixels());
}

TEST_P(VideoCodecConformance, SaysThatAFileHoldsNoPicture) {
  FileRun run(Coded(5000, 'x'), 64, codec().decoder);
  EXPECT_FALSE(run->run());
  EXPECT_TRUE(run->error().starts_with("This stream holds no picture")) << run->error();
}

TEST_P(VideoCodecConformance, SaysWhyNoPictureOfAFileCanBeDecoded) {
  FileRun run(codec().make_huge(coded_pictures(1)[0]), 64, codec().decoder);
  EXPECT_FALSE(run->run());
  EXPECT_NE(run->error().find("max-pixels"), std::string::npos) << run->error();
}

TEST_P(VideoCodecConformance, GivesUpAPictureWithoutAnEnd) {
  const auto coded = coded_pictures(2);
  const Coded stream = joined({codec().make_endless(coded[0]), Coded(3 << 20), coded[1]});
  FileRun run(stream, 1 << 16, codec().decoder + " max-pixels=2000");
  ASSERT_TRUE(run->run()) << run->error();
  const auto frames = run->pull_all();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(to_picture(frames[0]).pixels(), decoded(coded[1]).pixels());
  ASSERT_EQ(run->warnings().size(), 1U);
  EXPECT_NE(run->warnings()[0].find("has no end within"), std::string::npos) << run->warnings()[0];
}

TEST_P(VideoCodecConformance, RefusesAHugePictureQuicklyAndWithoutItsMemory) {
  const auto coded = coded_pictures(2);
  const long memory = peak_memory_kib();
  const auto start = std::chrono::steady_clock::now();
  Pipeline pipeline(between_apps(codec().decoder));
  push_with_caps(pipeline, codec().caps, codec().make_huge(coded[0]), 0);
  push_with_caps(pipeline, codec().caps, coded[1], frame_time);
  end_of_stream(pipeline, "in");
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_LT(peak_memory_kib() - memory, 50 * 1024);
  EXPECT_EQ(pipeline.pull_all().size(), 1U);
  ASSERT_EQ(pipeline.warnings().size(), 1U);
  EXPECT_NE(pipeline.warnings()[0].find("max-pixels"), std::string::npos) << pipeline.warnings()[0];
}

TEST_P(VideoCodecConformance, SurvivesDamagedPicturesAndCountsThoseItSkips) {
  const Coded good = codec().encode(synthetic(PixelFormat::rgb24, 61, 45));
  Pipeline pipeline("appsrc name=in format=time ! " + codec().decoder +
                    " max-pixels=100000 ! fakesink name=out");
  const Arrivals arrivals(pipeline);
  std::uint64_t fed = 0;
  const auto feed = [&](std::span<const std::uint8_t> bytes) {
    push_with_caps(pipeline, codec().caps, bytes, frame_time * fed++);
  };
  for_each_truncation(good, std::max<std::size_t>(good.size() / 400, 1), feed);
  for_each_bit_flip(good, 3000, feed);
  feed(good);
  end_of_stream(pipeline, "in");
  ASSERT_TRUE(pipeline.run(60)) << pipeline.error();
  EXPECT_EQ(pipeline.pooled("speed")->index, arrivals.count);
  EXPECT_EQ(detail(pipeline, "skipped-frames") + static_cast<double>(arrivals.count),
            static_cast<double>(fed));
  EXPECT_EQ(detail(pipeline, "damaged-frames"), static_cast<double>(arrivals.corrupted));
  EXPECT_GT(arrivals.corrupted, 0U);
  EXPECT_EQ(pipeline.warnings().size(), 10U);
  EXPECT_NE(pipeline.warnings().back().find("counted in the results"), std::string::npos);
  EXPECT_EQ(to_picture(arrivals.last).pixels(), decoded(good).pixels());
}

TEST_P(VideoCodecConformance, SurvivesADamagedByteStream) {
  std::vector<Coded> stream;
  const auto coded = coded_pictures(4);
  for (const Coded& picture : coded)
    for_each_bit_flip(picture, 300, [&](auto bytes) { stream.emplace_back(bytes.begin(), bytes.end()); });
  stream.push_back(Coded(70000));  // more than the largest segment that a flipped length skips
  stream.push_back(coded[3]);
  FileRun run(joined(stream), 1000, codec().decoder + " max-pixels=100000");
  ASSERT_TRUE(run->run(60)) << run->error();
  const auto frames = run->pull_all();
  EXPECT_GT(frames.size(), 300U);
  EXPECT_EQ(to_picture(frames.back()).pixels(), decoded(coded[3]).pixels());
}

TEST_P(VideoCodecConformance, SkippedPicturesLeaveTheTimesOfTheOthers) {
  const auto coded = coded_pictures(3);
  FileRun run(joined({coded[0], codec().make_huge(coded[1]), coded[2]}), 100,
              codec().caps + ",framerate=25/1 ! " + codec().decoder);
  ASSERT_TRUE(run->run()) << run->error();
  const auto frames = run->pull_all();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[1].pts, 2 * frame_time);
}

TEST_P(VideoCodecConformance, DropsLatePicturesUndecodedAndCountsThem) {
  for (const bool qos : {true, false}) {
    Pipeline pipeline(between_apps(codec().decoder + (qos ? "" : " qos=false")));
    const auto coded = coded_pictures(1);
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    // As a sink says it: what is due at 0 came half a frame too late.
    gst_element_send_event(pipeline.element("out").get(),
                           gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, frame_time / 2, 0));
    for (guint64 i = 0; i < 8; ++i) push_with_caps(pipeline, codec().caps, coded[0], i * frame_time);
    end_of_stream(pipeline, "in");
    ASSERT_TRUE(pipeline.wait()) << pipeline.error();
    const std::size_t arrived = pipeline.pull_all().size();
    EXPECT_EQ(arrived, qos ? 7U : 8U);
    EXPECT_EQ(detail(pipeline, "late-frames"), static_cast<double>(8 - arrived));
    EXPECT_EQ(detail(pipeline, "frames"), static_cast<double>(arrived));
  }
}

TEST_P(VideoCodecConformance, ForgetsAHalfPictureAtAFlush) {
  Pipeline pipeline(codec().decoder + " name=d ! appsink name=out sync=false");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const gst::ObjectPtr<GstPad> sink(gst_element_get_static_pad(pipeline.element("d").get(), "sink"));
  const auto coded = coded_pictures(2);
  const auto chain = [&](const Coded& bytes) {
    return gst_pad_chain(sink.get(), gst::copy_to_buffer(bytes.data(), bytes.size()).release());
  };
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_BYTES);
  gst_pad_send_event(sink.get(), gst_event_new_stream_start("test"));
  gst_pad_send_event(sink.get(), gst_event_new_segment(&segment));
  EXPECT_EQ(chain(first_bytes(coded[0], coded[0].size() - 1)), GST_FLOW_OK);
  gst_pad_send_event(sink.get(), gst_event_new_flush_start());
  gst_pad_send_event(sink.get(), gst_event_new_flush_stop(TRUE));
  gst_pad_send_event(sink.get(), gst_event_new_segment(&segment));
  EXPECT_EQ(chain(joined({coded[1], coded[0]})), GST_FLOW_OK);
  gst_pad_send_event(sink.get(), gst_event_new_eos());
  const auto frames = pipeline.pull_all();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(to_picture(frames[0]).pixels(), decoded(coded[1]).pixels());
}

TEST_P(VideoCodecConformance, IsSilentWhileItIsFlushed) {
  Pipeline pipeline(between_apps(codec().decoder + " name=d"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  push_with_caps(pipeline, codec().caps, codec().encode(synthetic(PixelFormat::rgb24, 24, 16)), 0);
  ASSERT_TRUE(pipeline.pull());  // else the pad could close before the stream has begun
  const gst::ObjectPtr<GstPad> src(gst_element_get_static_pad(pipeline.element("d").get(), "src"));
  gst_pad_set_active(src.get(), FALSE);  // as a flush does that overtakes the picture
  push_with_caps(pipeline, codec().caps, codec().encode(synthetic(PixelFormat::rgb24, 32, 16)), frame_time);
  EXPECT_FALSE(pipeline.wait(1));
  EXPECT_EQ(pipeline.error(), "the pipeline did not end in time");
}

}  // namespace mpq::test
