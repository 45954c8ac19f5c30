// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpqrate behind real encoders, parsers and muxers: what it says must be what arrives.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "support/pipeline.h"

namespace {

using mpq::Result;
using mpq::Scope;
using mpq::test::detail;
using mpq::test::Pipeline;
using mpq::test::Received;

const std::string video =
    "videotestsrc num-buffers=12 ! video/x-raw,format=I420,width=64,height=48,framerate=25/1 ! ";
const std::string sound =
    "audiotestsrc num-buffers=20 samplesperbuffer=1152 ! audio/x-raw,rate=44100,channels=2 ! audioconvert ! ";
constexpr double input_samples = 20 * 1152;

double size_of(const std::vector<Received>& buffers) {
  double size = 0;
  for (const auto& buffer : buffers) size += static_cast<double>(buffer.bytes.size());
  return size;
}

std::vector<Result> frames_of(const Pipeline& p) {
  std::vector<Result> frames;
  for (const Result& r : p.results()) {
    if (r.scope == Scope::frame && r.metric == "rate") frames.push_back(r);
  }
  return frames;
}

// Counts the bytes that leave an element from now on; sinks drop what lies before their segment.
void count_bytes(const Pipeline& p, const char* element, double* bytes) {
  const mpq::gst::ObjectPtr<GstPad> pad(gst_element_get_static_pad(p.element(element).get(), "src"));
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad*, GstPadProbeInfo* info, gpointer sum) {
        *static_cast<double*>(sum) +=
            static_cast<double>(gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info)));
        return GST_PAD_PROBE_OK;
      },
      bytes, nullptr);
}

std::string factory(const std::string& encoder) {
  return encoder.substr(0, encoder.find(' '));
}

class VideoEncoders : public testing::TestWithParam<const char*> {};

TEST_P(VideoEncoders, AreMeasuredByWhatArrives) {
  MPQ_REQUIRE_ELEMENT(factory(GetParam()));
  Pipeline p(video + GetParam() + " ! mpqrate name=r ! fakesink");
  double bytes = 0;
  count_bytes(p, "r", &bytes);
  ASSERT_TRUE(p.run()) << p.error();
  const Result pooled = p.pooled("rate").value();
  EXPECT_GT(bytes, 0);
  EXPECT_EQ(detail(pooled, "bytes"), bytes);
  EXPECT_EQ(pooled.index, 12U);
  EXPECT_EQ(frames_of(p).size(), 12U);
  EXPECT_DOUBLE_EQ(pooled.value, 8 * bytes / (12 * 64 * 48));
  EXPECT_DOUBLE_EQ(detail(pooled, "bit-rate"), 8 * bytes / 0.48);
  EXPECT_DOUBLE_EQ(detail(pooled, "compression-ratio"), 12 * 64 * 48 * 3 / bytes);
}

INSTANTIATE_TEST_SUITE_P(MpqRate, VideoEncoders,
                         testing::Values("mpqjpegenc", "mpqwebpenc", "x264enc", "vp8enc",
                                         "vp8enc auto-alt-ref=true lag-in-frames=8",
                                         "vp9enc auto-alt-ref=true lag-in-frames=8", "avenc_mpeg4", "jpegenc",
                                         "theoraenc", "av1enc cpu-used=8",
                                         "x264enc key-int-max=4 ! h264parse ! "
                                         "video/x-h264,stream-format=byte-stream,alignment=au",
                                         "x264enc key-int-max=4 ! h264parse ! "
                                         "video/x-h264,stream-format=byte-stream,alignment=nal"));

class AudioEncoders : public testing::TestWithParam<const char*> {};

TEST_P(AudioEncoders, AreMeasuredByWhatArrives) {
  MPQ_REQUIRE_ELEMENT(factory(GetParam()));
  Pipeline p(sound + GetParam() + " ! mpqrate ! appsink name=out sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  const Result pooled = p.pooled("rate").value();
  const double bytes = size_of(p.pull_all());
  EXPECT_EQ(detail(pooled, "bytes"), bytes);
  EXPECT_EQ(pooled.unit, "bit/sample");
  // Some encoders fill up their last packet, with less than two packets' samples.
  EXPECT_LE(pooled.value, 8 * bytes / (2 * input_samples) * (1 + 1e-9));
  EXPECT_GE(pooled.value, 8 * bytes / (2 * (input_samples + 2 * 1152)));
  EXPECT_DOUBLE_EQ(detail(pooled, "compression-ratio"), 16 / pooled.value);
}

INSTANTIATE_TEST_SUITE_P(MpqRate, AudioEncoders,
                         testing::Values("mpqmp3enc bitrate=64", "flacenc", "vorbisenc", "lamemp3enc",
                                         "avenc_aac", "mpqmp3enc bitrate=64 ! mpegaudioparse",
                                         "flacenc ! flacparse"));

TEST(MpqRateStreams, ExactlyTheInputsSamplesCount) {
  // A codec that resamples counts in its own samples: it may be off by one of them, here of 8 kHz.
  for (const auto& [encoder, slack] : {std::pair{"flacenc", 0.0},
                                       {"vorbisenc", 0.0},
                                       {"mpqmp3enc bitrate=64", 5.6},
                                       {"mpqmp3enc bitrate=8", 5.6}}) {
    MPQ_REQUIRE_ELEMENT(factory(encoder));
    Pipeline p(sound + encoder + " ! mpqrate ! appsink name=out sync=false");
    ASSERT_TRUE(p.run()) << p.error();
    const double samples = 8 * size_of(p.pull_all()) / (2 * p.pooled("rate")->value);
    EXPECT_NEAR(samples, input_samples, slack + 1e-6) << encoder;
  }
}

TEST(MpqRateStreams, AResampledMp3IsMeasuredAgainstItsInput) {
  Pipeline p(
      "audiotestsrc num-buffers=200 samplesperbuffer=441 ! audio/x-raw,rate=44100,channels=1 ! "
      "mpqmp3enc bitrate=8 ! mpqrate ! appsink name=out sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  const auto out = p.pull_all();
  EXPECT_EQ(out[0].caps.find("rate=(int)44100"), std::string::npos) << out[0].caps;
  const Result pooled = p.pooled("rate").value();
  EXPECT_NEAR(pooled.value, 8 * size_of(out) / 88200, 1e-3 * pooled.value);
  EXPECT_NEAR(detail(pooled, "bit-rate"), 8 * size_of(out) / 2, 1e-3 * 8000);
}

TEST(MpqRateStreams, OurEncodersTellEntropyCodedBytesFromFraming) {
  for (const std::string& encoder : {video + "mpqjpegenc", video + "mpqwebpenc", sound + "mpqmp3enc",
                                     sound + "audioresample ! mpqopusenc"}) {
    Pipeline p(encoder + " ! mpqrate ! fakesink");
    ASSERT_TRUE(p.run()) << p.error();
    auto all = frames_of(p);
    all.push_back(p.pooled("rate").value());
    for (const Result& r : all) {
      const double entropy = detail(r, "entropy-coded-bytes");
      EXPECT_GE(entropy, 0) << encoder;
      EXPECT_EQ(entropy + detail(r, "framing-bytes"), detail(r, "bytes")) << encoder;
    }
    EXPECT_GT(detail(all.back(), "entropy-coded-bytes"), 0) << encoder;
  }
}

TEST(MpqRateStreams, GrayJpegIsComparedWith8Bits) {
  Pipeline p(
      "videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8,width=64,height=48 ! mpqjpegenc ! mpqrate ! "
      "appsink name=out sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  EXPECT_DOUBLE_EQ(detail(p.pooled("rate").value(), "compression-ratio"), 64 * 48 / size_of(p.pull_all()));
}

TEST(MpqRateStreams, NalUnitsGiveTheFramesOfAccessUnits) {
  MPQ_REQUIRE_ELEMENT("x264enc");
  MPQ_REQUIRE_ELEMENT("h264parse");
  std::vector<std::vector<double>> values;
  for (const char* alignment : {"au", "nal"}) {
    Pipeline p(
        video +
        "x264enc threads=1 key-int-max=4 ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=" +
        alignment + " ! mpqrate ! fakesink");
    ASSERT_TRUE(p.run()) << p.error();
    auto& list = values.emplace_back();
    for (const Result& r : frames_of(p)) list.push_back(r.value);
  }
  EXPECT_EQ(values[0], values[1]);
}

struct Muxer {
  const char *name, *encoder;
  double seconds;  // that its buffers' times span: Ogg and MPEG-TS leave the last frames' durations out
};

void PrintTo(const Muxer& muxer, std::ostream* out) {
  *out << muxer.name;
}

class Muxers : public testing::TestWithParam<Muxer> {};

TEST_P(Muxers, GiveTheBytesOfTheFileAndItsBitRate) {
  const auto& [muxer, encoder, seconds] = GetParam();
  MPQ_REQUIRE_ELEMENT(muxer);
  MPQ_REQUIRE_ELEMENT(encoder);
  const auto path = std::filesystem::temp_directory_path() / ("mpqrate_streams_test." + std::string(muxer));
  Pipeline p(video + encoder + " ! " + muxer + " ! mpqrate ! filesink location=" + path.string());
  ASSERT_TRUE(p.run()) << p.error();
  const auto size = static_cast<double>(std::filesystem::file_size(path));
  const Result pooled = p.pooled("rate").value();
  EXPECT_EQ(detail(pooled, "bytes"), size);
  EXPECT_EQ(pooled.unit, "bit/s");
  EXPECT_NEAR(pooled.value, 8 * size / seconds, 1e-6);
  EXPECT_EQ(detail(pooled, "bit-rate"), pooled.value);
  EXPECT_TRUE(std::isnan(detail(pooled, "compression-ratio")));
  EXPECT_TRUE(frames_of(p).empty());
}

INSTANTIATE_TEST_SUITE_P(MpqRate, Muxers,
                         testing::Values(Muxer{"oggmux", "theoraenc", 0.44},
                                         Muxer{"matroskamux", "x264enc", 0.48},
                                         Muxer{"mp4mux", "x264enc", 0.48}, Muxer{"avimux", "jpegenc", 0.48},
                                         Muxer{"mpegtsmux", "x264enc", 0.36}));

TEST(MpqRateStreams, AWavFilesHeaderCountsOnceThoughItIsWrittenTwice) {
  MPQ_REQUIRE_ELEMENT("wavenc");
  const auto path = std::filesystem::temp_directory_path() / "mpqrate_streams_test.wav";
  Pipeline p(
      "audiotestsrc num-buffers=10 samplesperbuffer=441 ! audio/x-raw,format=S16LE,rate=44100,channels=2 ! "
      "wavenc ! mpqrate ! filesink location=" +
      path.string());
  ASSERT_TRUE(p.run()) << p.error();
  const auto size = static_cast<double>(std::filesystem::file_size(path));
  EXPECT_GE(size, 44 + 17640);
  EXPECT_EQ(detail(p.pooled("rate").value(), "bytes"), size);
  EXPECT_NEAR(p.pooled("rate")->value, 8 * size / 0.1, 1e-3);
}

TEST(MpqRateStreams, AnMp3FilesInformationFrameCountsOnce) {
  const auto path = std::filesystem::temp_directory_path() / "mpqrate_streams_test.mp3";
  Pipeline p(sound + "mpqmp3enc ! mpqrate ! filesink location=" + path.string());
  ASSERT_TRUE(p.run()) << p.error();
  EXPECT_EQ(detail(p.pooled("rate").value(), "bytes"), static_cast<double>(std::filesystem::file_size(path)));
}

}  // namespace
