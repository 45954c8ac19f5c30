// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpqparse in pipelines and alone: pieces, damage, caps, times, and what carries its frames.
#include <gst/base/gsttypefindhelper.h>
#include <gst/check/gstharness.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/result.h"
#include "made_frames.h"
#include "tests/support/pipeline.h"
#include "tests/support/video_pipeline.h"

namespace mpq::test {
namespace {

const Data first = picture_frame(900, 1), second = picture_frame(1200, 2), third = picture_frame(0, 3);

/// A file that is gone at the end of its scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(const Data& bytes) {
    const gst::CharPtr folder(g_dir_make_tmp("mpqparse-XXXXXX", nullptr));
    path_ = std::filesystem::path(folder.get()) / "stream.mpq";
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  ~TemporaryFile() { std::filesystem::remove_all(path_.parent_path()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  std::string source() const { return "filesrc location=" + path_.string() + " "; }

 private:
  std::filesystem::path path_;
};

std::vector<Data> bytes_of(const std::vector<Received>& buffers) {
  std::vector<Data> all;
  for (const Received& buffer : buffers) all.push_back(buffer.bytes);
  return all;
}

/// What a launch line that ends in a parser makes of bytes that come in pieces of this size.
struct Parsed {
  std::vector<Received> frames;
  std::vector<std::string> warnings;
  std::string error;
  std::optional<Result> result;
};

Parsed finish(Pipeline& pipeline) {
  pipeline.run();
  return {pipeline.pull_all(), pipeline.warnings(), pipeline.error(), pipeline.pooled("frames")};
}

Parsed parse_file(const Data& bytes, const std::string& elements = "mpqparse") {
  const TemporaryFile file(bytes);
  Pipeline pipeline(file.source() + "! " + elements + " ! appsink name=out sync=false");
  return finish(pipeline);
}

Parsed parse_pieces(const Data& bytes, std::size_t piece) {
  Pipeline pipeline("appsrc name=in caps=application/x-mpq ! mpqparse ! appsink name=out sync=false");
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    push(pipeline, "in", bytes.data() + at, std::min(piece, bytes.size() - at), GST_CLOCK_TIME_NONE);
  end_of_stream(pipeline, "in");
  return finish(pipeline);
}

TEST(MpqParse, GivesTheFramesOfAFile) {
  const Parsed parsed = parse_file(join({first, second, third}));
  EXPECT_EQ(bytes_of(parsed.frames), (std::vector<Data>{first, second, third})) << parsed.error;
  EXPECT_TRUE(parsed.warnings.empty());
  EXPECT_EQ(parsed.frames.at(0).caps,
            "video/x-mpq, codec=(string)mbt2018, width=(int)320, height=(int)240, framerate=(fraction)0/1, "
            "parsed=(boolean)true");
}

TEST(MpqParse, GivesTheFramesOfAFileWhoseBytesArePushed) {
  EXPECT_EQ(bytes_of(parse_file(join({first, second, third}), "queue ! mpqparse").frames),
            (std::vector<Data>{first, second, third}));
}

TEST(MpqParse, FindsFramesInBuffersCutAnywhere) {
  const Data all = join({first, second, third, first});
  for (const std::size_t piece : {1U, 7U, 500U, 924U, 2000U, 100000U}) {
    const Parsed parsed = parse_pieces(all, piece);
    EXPECT_EQ(bytes_of(parsed.frames), (std::vector<Data>{first, second, third, first}))
        << piece << parsed.error;
    EXPECT_TRUE(parsed.warnings.empty()) << piece;
  }
}

TEST(MpqParse, SkipsAndCountsWhatIsBetweenFrames) {
  const Data all = join({noise(100, 5), first, noise(33, 6), second, noise(7, 7)});
  for (const Parsed& parsed : {parse_file(all), parse_pieces(all, 10), parse_pieces(all, 5000)}) {
    EXPECT_EQ(bytes_of(parsed.frames), (std::vector<Data>{first, second})) << parsed.error;
    ASSERT_EQ(parsed.warnings.size(), 3U);
    EXPECT_EQ(parsed.warnings[0], "100 bytes at byte 0 of the stream belong to no frame and were skipped.");
    EXPECT_EQ(parsed.warnings[1], "33 bytes at byte " + std::to_string(100 + first.size()) +
                                      " of the stream belong to no frame and were skipped.");
    ASSERT_TRUE(parsed.result);
    EXPECT_EQ(parsed.result->value, 2);
    EXPECT_EQ(find_detail(*parsed.result, "garbage-bytes"), 140);
    EXPECT_EQ(find_detail(*parsed.result, "skipped-frames"), 0);
  }
}

TEST(MpqParse, SkipsAndCountsDamagedFrames) {
  Data damaged = second, endless = third;
  damaged[500] ^= 1;
  set_length(&endless, stream::max_frame_bytes);
  const Data all = join({first, damaged, third, endless, first, Data(second.begin(), second.end() - 1)});
  for (const Parsed& parsed : {parse_file(all), parse_pieces(all, 10), parse_pieces(all, 5000)}) {
    EXPECT_EQ(bytes_of(parsed.frames), (std::vector<Data>{first, third, first})) << parsed.error;
    ASSERT_EQ(parsed.warnings.size(), 3U);
    EXPECT_EQ(parsed.warnings[0].rfind(
                  "Frame 1 at byte " + std::to_string(first.size()) +
                      " of the stream was skipped: the mpq frame is damaged: its CRC does not fit",
                  0),
              0U)
        << parsed.warnings[0];
    EXPECT_NE(parsed.warnings[2].find("cut short"), std::string::npos) << parsed.warnings[2];
    ASSERT_TRUE(parsed.result);
    EXPECT_EQ(find_detail(*parsed.result, "skipped-frames"), 3);
  }
}

TEST(MpqParse, WarnsTenTimesAndGoesOnCounting) {
  Data damaged = first;
  damaged.back() ^= 1;
  Data all;
  for (int i = 0; i < 30; ++i) all = join({all, damaged});
  const Parsed parsed = parse_file(join({all, first}));
  EXPECT_EQ(parsed.frames.size(), 1U);
  EXPECT_EQ(parsed.warnings.size(), 10U);
  EXPECT_EQ(find_detail(*parsed.result, "skipped-frames"), 30);
}

TEST(MpqParse, SkipsMegabytesThatAreNoFrame) {
  Data damaged = picture_frame(5 << 20, 4);
  damaged[1000] ^= 1;
  const Data all = join({noise(7 << 20, 5), first, damaged, second});
  for (const Parsed& parsed : {parse_file(all), parse_pieces(all, 4096)})
    EXPECT_EQ(bytes_of(parsed.frames), (std::vector<Data>{first, second})) << parsed.error;
}

TEST(MpqParse, TakesLargeFramesInSmallBuffersWithoutCopyingThemAgainAndAgain) {
  const Data large = picture_frame(16 << 20, 4);
  const gint64 begin = g_get_monotonic_time();
  EXPECT_EQ(bytes_of(parse_pieces(join({large, first}), 4096).frames), (std::vector<Data>{large, first}));
  EXPECT_LT(g_get_monotonic_time() - begin, 20 * G_TIME_SPAN_SECOND);
}

TEST(MpqParse, ChangesItsCapsWithSizeAndCodec) {
  const Data small = picture_frame(10, 5, 64, 48),
             mean = picture_frame(10, 6, 64, 48, stream::Codec::mbt2018_mean),
             factorized = picture_frame(10, 7, 1, 65535, stream::Codec::bmshj2018_hyperprior);
  const auto frames = parse_file(join({first, small, mean, factorized})).frames;
  ASSERT_EQ(frames.size(), 4U);
  EXPECT_EQ(caps_field(frames[1].caps, "width"), "64");
  EXPECT_EQ(caps_field(frames[1].caps, "codec"), "mbt2018");
  EXPECT_EQ(caps_field(frames[2].caps, "codec"), "mbt2018-mean");
  EXPECT_EQ(caps_field(frames[3].caps, "codec"), "bmshj2018-hyperprior");
  EXPECT_EQ(caps_field(frames[3].caps, "height"), "65535");
}

TEST(MpqParse, TakesTheFrameRateFromTheCapsInFront) {
  for (const std::string queue : {"", "queue ! "}) {
    const auto frames =
        parse_file(join({first, second, third}), queue + "application/x-mpq,framerate=25/1 ! mpqparse")
            .frames;
    ASSERT_EQ(frames.size(), 3U);
    EXPECT_EQ(caps_field(frames[0].caps, "framerate"), "25/1") << queue;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(frames[i].pts, i * frame_time) << queue;
      EXPECT_EQ(frames[i].duration, frame_time) << queue;
    }
  }
}

TEST(MpqParse, KeepsTheTimesOfItsInput) {
  Pipeline pipeline(between_apps("mpqparse"));
  for (const int i : {0, 1, 5})  // frames 2 to 4 were dropped upstream
    push_with_caps(pipeline, "video/x-mpq,codec=mbt2018,width=320,height=240,framerate=25/1",
                   i == 0 ? first : second, 1000 + static_cast<GstClockTime>(i) * frame_time);
  end_of_stream(pipeline, "in");
  const Parsed parsed = finish(pipeline);
  ASSERT_EQ(parsed.frames.size(), 3U) << parsed.error;
  EXPECT_EQ(parsed.frames[1].pts, 1000 + frame_time);
  EXPECT_EQ(parsed.frames[2].pts, 1000 + 5 * frame_time);
  EXPECT_EQ(parsed.frames[2].duration, frame_time);
  EXPECT_EQ(caps_field(parsed.frames[2].caps, "framerate"), "25/1");
}

TEST(MpqParse, TakesItsOwnOutput) {
  const auto frames = parse_file(join({first, second}), "mpqparse ! mpqparse").frames;
  EXPECT_EQ(bytes_of(frames), (std::vector<Data>{first, second}));
}

TEST(MpqParse, PostsAnErrorWithTheCauseWhereNoFramePasses) {
  Data damaged = first;
  damaged[100] ^= 1;
  EXPECT_NE(parse_file(damaged).error.find("its CRC does not fit"), std::string::npos);
  EXPECT_NE(parse_pieces(damaged, 100).error.find("its CRC does not fit"), std::string::npos);
  EXPECT_NE(parse_file(noise(5000, 1)).error.find("no frame that this parser knows"), std::string::npos);
  EXPECT_NE(parse_pieces(noise(5000, 1), 77).error.find("no frame that this parser knows"),
            std::string::npos);
}

TEST(MpqParse, NamesAVersionAndACodecThatItDoesNotKnow) {
  const Parsed later = parse_file(join({of_version(first, 2), second}));
  EXPECT_EQ(bytes_of(later.frames), (std::vector<Data>{second}));
  ASSERT_EQ(later.warnings.size(), 1U);
  EXPECT_NE(later.warnings[0].find("has version 2"), std::string::npos) << later.warnings[0];
  EXPECT_NE(later.warnings[0].find("Update mpq"), std::string::npos) << later.warnings[0];
  const Parsed other = parse_file(picture_frame(9, 1, 4, 4, static_cast<stream::Codec>(77)));
  EXPECT_NE(other.error.find("codec number 77"), std::string::npos) << other.error;
}

std::string found_type(const Data& bytes) {
  GstTypeFindProbability probability = GST_TYPE_FIND_NONE;
  const gst::CapsPtr caps(gst_type_find_helper_for_data(nullptr, bytes.data(), bytes.size(), &probability));
  return caps == nullptr ? "" : gst::to_string(caps.get()) + ' ' + std::to_string(probability);
}

TEST(MpqTypeFind, KnowsStreamsByTheirFirstBytes) {
  EXPECT_EQ(found_type(first), "application/x-mpq 100");
  EXPECT_EQ(found_type(of_version(first, 9)), "application/x-mpq 80");  // whose version the parser names
  Data bad = first;
  bad[11] = 0;  // dimensions
  EXPECT_EQ(found_type(bad).find("x-mpq"), std::string::npos);
  EXPECT_EQ(found_type(join({{0}, first})).find("x-mpq"), std::string::npos);
  EXPECT_EQ(found_type(noise(1000, 1)).find("x-mpq"), std::string::npos);
}

// This container keeps frames and times, but of the caps their name alone.
TEST(MpqParse, RestoresTheCapsBehindMultipart) {
  for (const char* element : {"multipartmux", "multipartdemux"}) MPQ_REQUIRE_ELEMENT(element);
  const auto frames = run_coded("multipartmux ! multipartdemux ! mpqparse", "video/x-mpq,parsed=true",
                                {first, second, third});
  EXPECT_EQ(bytes_of(frames), (std::vector<Data>{first, second, third}));
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(caps_field(frames[2].caps, "codec"), "mbt2018");
}

class Carriers : public testing::TestWithParam<std::string> {};

TEST_P(Carriers, CarryTheFramesTheirTimesAndCaps) {
  for (const char* element : {"gdppay", "rtpgstpay"}) MPQ_REQUIRE_ELEMENT(element);
  const std::string caps = "video/x-mpq,codec=mbt2018,width=320,height=240,framerate=25/1,parsed=true";
  const auto frames = run_coded(GetParam(), caps, {first, second, third});
  EXPECT_EQ(bytes_of(frames), (std::vector<Data>{first, second, third}));
  ASSERT_EQ(frames.size(), 3U);
  const gst::CapsPtr sent(gst_caps_from_string(caps.c_str())),
      received(gst_caps_from_string(frames[2].caps.c_str()));
  EXPECT_TRUE(gst_caps_is_equal(sent.get(), received.get())) << frames[2].caps;
  EXPECT_EQ(frames[2].pts - frames[0].pts, 2 * frame_time);
}

INSTANTIATE_TEST_SUITE_P(MpqParse, Carriers,
                         testing::Values("gdppay ! gdpdepay", "gdppay ! gdpdepay ! mpqparse",
                                         "rtpgstpay ! rtpgstdepay",
                                         "rtpgstpay mtu=200 ! rtpgstdepay ! mpqparse"));

/// The element alone.
class Harness {
 public:
  Harness() : harness_(gst_harness_new("mpqparse")) {
    gst_harness_set_src_caps_str(harness_, "application/x-mpq");
  }
  ~Harness() { gst_harness_teardown(harness_); }
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;
  GstHarness* get() const { return harness_; }

  void push(const Data& bytes, bool discont = false) {
    GstBuffer* buffer = gst::copy_to_buffer(bytes.data(), bytes.size()).release();
    if (discont) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    EXPECT_EQ(gst_harness_push(harness_, buffer), GST_FLOW_OK);
  }
  std::vector<Data> received() {
    std::vector<Data> all;
    while (GstBuffer* buffer = gst_harness_try_pull(harness_)) {
      const gst::BufferPtr owned(buffer);
      const gst::ReadMap map(buffer);
      all.emplace_back(map.data(), map.data() + map.size());
    }
    return all;
  }

 private:
  GstHarness* harness_;
};

TEST(MpqParse, GivesAFrameAsSoonAsItIsWhole) {
  Harness parser;
  parser.push(Data(first.begin(), first.end() - 1));
  EXPECT_TRUE(parser.received().empty());
  parser.push({first.back()});
  EXPECT_EQ(parser.received(), std::vector<Data>{first});
  parser.push(second);
  EXPECT_EQ(parser.received(), std::vector<Data>{second});
}

TEST(MpqParse, ForgetsAFrameThatAFlushCutsShort) {
  Harness parser;
  parser.push(Data(first.begin(), first.begin() + 500));
  gst_harness_push_event(parser.get(), gst_event_new_flush_start());
  gst_harness_push_event(parser.get(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_BYTES);
  gst_harness_push_event(parser.get(), gst_event_new_segment(&segment));
  parser.push(Data(second.begin(), second.begin() + 600));
  parser.push(Data(second.begin() + 600, second.end()));
  EXPECT_EQ(parser.received(), std::vector<Data>{second});
}

TEST(MpqParse, GoesOnAfterAGapInItsInput) {
  Harness parser;
  parser.push(Data(first.begin(), first.begin() + 500));
  parser.push(second, true);
  EXPECT_EQ(parser.received(), std::vector<Data>{second});
}

TEST(MpqParse, GivesUpADamagedLengthWithTheNextFrame) {
  Harness parser;
  Data endless = first;
  set_length(&endless, stream::max_frame_bytes);
  parser.push(endless);
  parser.push(second);
  EXPECT_EQ(parser.received(), std::vector<Data>{second});
}

}  // namespace
}  // namespace mpq::test
