// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Sound pictures: formats, colours, caps, times, states, and other elements.
#include "tests/support/video_codec_conformance.h"

#include "core/text.h"
#include "gst/video.h"
#include "tests/support/tools.h"
#include "tests/support/video_pipeline.h"

namespace mpq::test {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(VideoCodecConformance);

std::vector<std::pair<std::string, std::string>> VideoCodecConformance::pairs() const {
  return {{codec().encoder, codec().decoder},
          {codec().encoder, codec().stock_decoder},
          {codec().stock_encoder, codec().decoder}};
}

void VideoCodecConformance::expect_similar(const std::vector<Received>& frames,
                                           const std::vector<Picture>& pictures) const {
  ASSERT_EQ(frames.size(), pictures.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].pts, i * frame_time);
    EXPECT_GE(picture_psnr(to_picture(frames[i]), pictures[i]), codec().psnr - 3) << i;
  }
}

std::vector<VideoCodec::Coded> VideoCodecConformance::coded_pictures(int count) const {
  std::vector<VideoCodec::Coded> all;
  for (int i = 0; i < count; ++i)
    all.push_back(codec().encode(smooth_picture(PixelFormat::rgb24, 24, 64, i * 5)));
  return all;
}

Picture VideoCodecConformance::decoded(const VideoCodec::Coded& coded) const {
  const auto frames = run_coded(codec().decoder, codec().caps, {coded});
  return frames.empty() ? Picture(PixelFormat::gray8, 1, 1) : to_picture(frames.front());
}

namespace {

/// What the pad template of a factory called like the first word of `launch` lists as formats.
std::vector<std::string> template_formats(const std::string& launch, const char* pad) {
  const auto element = Pipeline(launch + " name=e").element("e");
  const gst::ObjectPtr<GstPad> static_pad(gst_element_get_static_pad(element.get(), pad));
  const gst::CapsPtr caps(gst_pad_get_pad_template_caps(static_pad.get()));
  const GValue* list = gst_structure_get_value(gst_caps_get_structure(caps.get(), 0), "format");
  std::vector<std::string> formats;
  for (guint i = 0; i < gst_value_list_get_size(list); ++i)
    formats.emplace_back(g_value_get_string(gst_value_list_get_value(list, i)));
  return formats;
}

constexpr const char* to_rgb = " ! videoconvert ! video/x-raw,format=RGB";

std::vector<Picture> some_pictures() {
  std::vector<Picture> pictures;
  for (int i = 0; i < 4; ++i) pictures.push_back(smooth_picture(PixelFormat::rgb24, 64, 48, i * 9));
  return pictures;
}

const std::vector<std::pair<int, int>> odd_sizes = {{1, 1}, {1, 7}, {17, 33}, {4097, 3}};

/// The smooth picture in RGB or, where the format has no colour, in grays.
Picture picture_for(const std::string& format, int width, int height) {
  Picture picture = smooth_picture(PixelFormat::rgb24, width, height);
  if (format.starts_with("GRAY"))
    for (std::size_t y = 0; y < picture.rows(0); ++y)
      for (std::size_t x = 0; x < picture.row_bytes(0); ++x)
        picture.at(0, y, x) = picture.at(0, y, x - x % 3);
  return picture;
}

}  // namespace

TEST_P(VideoCodecConformance, KeepsThePictureInEachFormatOfTheEncodersTemplate) {
  for (const std::string& format : template_formats(codec().encoder, "sink")) {
    SCOPED_TRACE(format);
    const Picture picture = picture_for(format, 64, 48);
    const auto frames =
        run_pictures("videoconvert ! video/x-raw,format=" + format + " ! " + encoder_for(format) + " ! " +
                         codec().decoder + " ! videoconvert ! video/x-raw,format=RGB",
                     {picture});
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_GE(picture_psnr(to_picture(frames[0]), picture), codec().psnr);
  }
}

TEST_P(VideoCodecConformance, KeepsOddSizesInEachFormat) {
  for (const std::string& format : template_formats(codec().encoder, "sink")) {
    SCOPED_TRACE(format);
    std::vector<Picture> pictures;
    for (const auto& [width, height] : odd_sizes) pictures.push_back(picture_for(format, width, height));
    const auto frames = run_pictures("videoconvert ! video/x-raw,format=" + format + " ! " +
                                         encoder_for(format) + " ! " + codec().decoder + to_rgb,
                                     pictures);
    ASSERT_EQ(frames.size(), pictures.size());
    for (std::size_t i = 0; i < frames.size(); ++i)
      EXPECT_GE(picture_psnr(to_picture(frames[i]), pictures[i]), codec().psnr - 6) << i;
  }
}

TEST_P(VideoCodecConformance, DecodesToEachFormatThatIsAskedForAndByDefaultToTheFirst) {
  const Picture picture = picture_for("GRAY8", 64, 48);  // which every format can hold
  const auto coded = run_pictures(codec().encoder, {picture});
  ASSERT_EQ(coded.size(), 1U);
  const auto plain = run_coded(codec().decoder, coded[0].caps, {coded[0].bytes});
  EXPECT_EQ(caps_field(plain.at(0).caps, "format"), codec().outputs.front());
  for (const std::string& format : codec().outputs) {
    SCOPED_TRACE(format);
    const auto frames = run_coded(
        codec().decoder + " ! video/x-raw,format=" + format + " ! videoconvert ! video/x-raw,format=RGB",
        coded[0].caps, {coded[0].bytes});
    EXPECT_GE(picture_psnr(to_picture(frames.at(0)), picture), codec().psnr);
  }
}

TEST_P(VideoCodecConformance, WritesTheBytesOfTheLibrarysEncoder) {
  for (const PixelFormat format : {PixelFormat::rgb24, PixelFormat::rgba32, PixelFormat::gray8}) {
    const Picture picture = synthetic(format, 61, 45);
    const auto coded = run_pictures(codec().encoder, {picture});
    EXPECT_EQ(coded.at(0).bytes, codec().encode(picture)) << gst::to_gst(format);
  }
}

TEST_P(VideoCodecConformance, KeepsSolidColoursOfEachRangeAndMatrix) {
  const std::array<std::uint8_t, 3> colours[] = {{255, 255, 255}, {0, 0, 0},   {255, 0, 0},
                                                 {0, 255, 0},     {0, 0, 255}, {128, 128, 128}};
  std::vector<Picture> pictures;
  for (const auto& rgb : colours) {
    Picture& picture = pictures.emplace_back(PixelFormat::rgb24, 32, 32);
    for (std::size_t y = 0; y < 32; ++y)
      for (std::size_t x = 0; x < 96; ++x) picture.at(0, y, x) = rgb[x % 3];
  }
  for (const std::string colorimetry : {"bt601", "bt709", "1:4:0:0", "1:3:5:1"}) {
    SCOPED_TRACE(colorimetry);
    const auto frames = run_pictures(
        "videoconvert ! video/x-raw,format=I420,colorimetry=" + colorimetry + " ! " + round_trip(), pictures);
    ASSERT_EQ(frames.size(), pictures.size());
    for (std::size_t i = 0; i < frames.size(); ++i)
      EXPECT_LE(largest_difference(to_picture(frames[i]).pixels(), pictures[i].pixels()), 4) << i;
  }
}

TEST_P(VideoCodecConformance, ConvertsGrayOfLimitedRange) {
  Picture gray(PixelFormat::gray8, 16, 16);
  for (std::size_t y = 0; y < 16; ++y)
    for (std::size_t x = 0; x < 16; ++x) gray.at(0, y, x) = x < 8 ? 16 : 235;
  const auto frames =
      run_pictures(round_trip() + " ! videoconvert ! video/x-raw,format=RGB", {gray}, ",colorimetry=bt601");
  Picture picture = to_picture(frames.at(0));
  EXPECT_NEAR(picture.at(0, 8, 3 * 2), 0, 4);
  EXPECT_NEAR(picture.at(0, 8, 3 * 13), 255, 4);
}

TEST_P(VideoCodecConformance, CarriesSizeFrameRateAndPixelAspectRatioInTheCaps) {
  const Picture picture = smooth_picture(PixelFormat::rgb24, 24, 16);
  const std::string more = ",pixel-aspect-ratio=4/3";
  const std::string coded = run_pictures(codec().encoder, {picture}, more).at(0).caps;
  const std::string raw = run_pictures(round_trip(), {picture}, more).at(0).caps;
  EXPECT_TRUE(coded.starts_with(codec().caps)) << coded;
  for (const std::string& caps : {coded, raw}) {
    EXPECT_EQ(caps_field(caps, "width"), "24");
    EXPECT_EQ(caps_field(caps, "height"), "16");
    EXPECT_EQ(caps_field(caps, "framerate"), "25/1");
    EXPECT_EQ(caps_field(caps, "pixel-aspect-ratio"), "4/3");
  }
}

// The coded picture's colours are its codec's, whatever was fed or is claimed.
TEST_P(VideoCodecConformance, KeepsForeignColoursOutOfTheCaps) {
  const auto coded =
      run_pictures(codec().encoder, {smooth_picture(PixelFormat::i420, 16, 16)}, ",colorimetry=bt709");
  EXPECT_EQ(caps_field(coded.at(0).caps, "colorimetry"), "");
  EXPECT_EQ(caps_field(coded.at(0).caps, "chroma-site"), "");
  const auto raw = run_coded(codec().decoder, codec().caps + ",colorimetry=bt709", {coded[0].bytes});
  EXPECT_EQ(caps_field(raw.at(0).caps, "colorimetry"), "1:1:5:1");  // full-range RGB
}

TEST_P(VideoCodecConformance, FollowsSizesThatChangeMidStream) {
  const std::vector<Picture> pictures = {smooth_picture(PixelFormat::rgb24, 24, 16),
                                         smooth_picture(PixelFormat::rgb24, 16, 40),
                                         smooth_picture(PixelFormat::gray8, 16, 40)};
  const auto frames = run_pictures(round_trip() + " ! videoconvert ! video/x-raw,format=RGB", pictures);
  ASSERT_EQ(frames.size(), pictures.size());
  EXPECT_GE(picture_psnr(to_picture(frames[0]), pictures[0]), codec().psnr);
  EXPECT_GE(picture_psnr(to_picture(frames[1]), pictures[1]), codec().psnr);
  EXPECT_EQ(to_picture(frames[2]).height(), 40);
}

// The coded caps stay the same here: only the pictures tell.
TEST_P(VideoCodecConformance, FollowsSizesThatOnlyThePicturesTell) {
  const Picture small = smooth_picture(PixelFormat::rgb24, 8, 8),
                large = smooth_picture(PixelFormat::rgb24, 40, 24);
  const auto frames = run_coded(codec().decoder, codec().caps,
                                {codec().encode(small), codec().encode(large), codec().encode(small)});
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(to_picture(frames[1]).width(), 40);
  EXPECT_GE(picture_psnr(to_picture(frames[1]), large), codec().psnr - 6);
  EXPECT_EQ(frames[2].bytes, frames[0].bytes);
}

TEST_P(VideoCodecConformance, FollowsFormatsThatTheNextElementAsksForMidStream) {
  Pipeline pipeline(between_apps(codec().decoder + " ! capsfilter name=f"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string caps = "video/x-raw,format=" + codec().outputs[i];
    gst_util_set_object_arg(G_OBJECT(pipeline.element("f").get()), "caps", caps.c_str());
    push_with_caps(pipeline, codec().caps, coded_pictures(1)[0], i * frame_time);
    const auto frame = pipeline.pull();
    ASSERT_TRUE(frame);
    EXPECT_EQ(caps_field(frame->caps, "format"), codec().outputs[i]);
  }
}

TEST_P(VideoCodecConformance, SaysWhatToInsertWhereTheNextElementTakesAnotherSize) {
  Pipeline pipeline(between_apps(codec().decoder + " ! video/x-raw,width=7"));
  push_with_caps(pipeline, codec().caps, coded_pictures(1)[0], 0);
  EXPECT_FALSE(pipeline.run());
  EXPECT_NE(pipeline.error().find("videoscale"), std::string::npos) << pipeline.error();
}

TEST_P(VideoCodecConformance, SaysWhatToInsertWhereTheNextElementTakesAnotherFrameRate) {
  Pipeline pipeline(between_apps(codec().decoder + " ! video/x-raw,framerate=7/1"));
  push_with_caps(pipeline, codec().caps, coded_pictures(1)[0], 0);
  EXPECT_FALSE(pipeline.run());
  EXPECT_NE(pipeline.error().find("videorate"), std::string::npos) << pipeline.error();
}

TEST_P(VideoCodecConformance, KeepsTimestampsAndDurationsAcrossGaps) {
  const std::pair<GstClockTime, GstClockTime> times[] = {{3 * GST_SECOND + 1, 7},
                                                         {3 * GST_SECOND + 8, frame_time},
                                                         {GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE},
                                                         {3600 * GST_SECOND, 41}};
  Pipeline pipeline(between_apps(round_trip()));
  for (const auto& [pts, duration] : times)
    push_picture(pipeline, smooth_picture(PixelFormat::rgb24, 8, 8), pts, {}, duration);
  end_of_stream(pipeline, "in");
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  const auto frames = pipeline.pull_all();
  ASSERT_EQ(frames.size(), 4U);
  for (const std::size_t i : {0U, 1U, 3U}) {
    EXPECT_EQ(frames[i].pts, times[i].first) << i;
    EXPECT_EQ(frames[i].duration, times[i].second) << i;
  }
}

TEST_P(VideoCodecConformance, EndsWithoutDataWhenNoneCame) {
  Pipeline pipeline(between_apps(round_trip()));
  end_of_stream(pipeline, "in");
  EXPECT_TRUE(pipeline.run()) << pipeline.error();
  EXPECT_TRUE(pipeline.pull_all().empty());
}

TEST_P(VideoCodecConformance, StartsAndStopsAHundredTimes) {
  Pipeline pipeline("videotestsrc ! video/x-raw,width=16,height=16 ! " + round_trip() +
                    " ! fakesink sync=false");
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(pipeline.set_state(GST_STATE_PLAYING)) << i;
    ASSERT_TRUE(pipeline.set_state(GST_STATE_NULL)) << i;
  }
  EXPECT_TRUE(pipeline.error().empty());
}

TEST_P(VideoCodecConformance, GoesOnAfterAFlushingSeek) {
  Pipeline pipeline("videotestsrc num-buffers=200 ! video/x-raw,width=16,height=16,framerate=25/1 ! " +
                    round_trip() + " ! appsink name=out sync=false");
  ASSERT_TRUE(pipeline.set_state(GST_STATE_PAUSED));
  const GstClockTime there = 2 * GST_SECOND;
  ASSERT_TRUE(gst_element_seek_simple(pipeline.get(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, there));
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  const auto frames = pipeline.pull_all();
  EXPECT_EQ(frames.at(0).pts, there);
  for (std::size_t i = 1; i < frames.size(); ++i) EXPECT_EQ(frames[i].pts, there + i * frame_time);
}

TEST_P(VideoCodecConformance, GivesEveryFrameOfALiveSourceAndAnswersItsLatency) {
  Pipeline pipeline(
      "videotestsrc is-live=true num-buffers=10 ! video/x-raw,width=16,height=16,framerate=100/1 ! " +
      round_trip() + " ! appsink name=out processing-deadline=0");
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  const gst::QueryPtr latency(gst_query_new_latency());
  ASSERT_TRUE(gst_element_query(pipeline.get(), latency.get()));
  gboolean live = FALSE;
  GstClockTime least = 0, most = 0;
  gst_query_parse_latency(latency.get(), &live, &least, &most);
  EXPECT_TRUE(live);
  EXPECT_EQ(least, 10 * GST_MSECOND);  // the source's frame; the codec holds none
  EXPECT_EQ(pipeline.pull_all().size(), 10U);
}

TEST_P(VideoCodecConformance, IsNotWhatDecodebinPicks) {
  const auto coded = coded_pictures(1);
  Pipeline pipeline(between_apps("decodebin name=d ! videoconvert"));
  push_with_caps(pipeline, codec().caps + ",width=24,height=64,framerate=25/1", coded[0], 0);
  end_of_stream(pipeline, "in");
  ASSERT_TRUE(pipeline.run()) << pipeline.error();
  const std::string ours = codec().decoder.substr(0, codec().decoder.find(' '));
  GstIterator* elements = gst_bin_iterate_recurse(GST_BIN(pipeline.get()));
  gst_iterator_foreach(
      elements,
      [](const GValue* item, gpointer name) {
        GstElementFactory* factory = gst_element_get_factory(GST_ELEMENT(g_value_get_object(item)));
        EXPECT_STRNE(GST_OBJECT_NAME(factory), static_cast<const char*>(name));
      },
      const_cast<char*>(ours.c_str()));
  gst_iterator_free(elements);
}

TEST_P(VideoCodecConformance, WorksWithGStreamersOwnElementsAndCarriers) {
  std::vector<std::string> carriers = codec().carriers;
  carriers.insert(carriers.begin(), "identity");
  const auto pictures = some_pictures();
  for (const std::string& carrier : carriers)
    for (const auto& [encoder, decoder] : pairs()) {
      SCOPED_TRACE(encoder + " ! " + carrier + " ! " + decoder);
      expect_similar(
          run_pictures("videoconvert ! " + encoder + " ! " + carrier + " ! " + decoder + to_rgb, pictures),
          pictures);
    }
}

TEST_P(VideoCodecConformance, SurvivesFilesOfContainers) {
  const auto pictures = some_pictures();
  for (const auto& [muxer, demuxer] : codec().files)
    for (const auto& [encoder, decoder] : pairs()) {
      SCOPED_TRACE(encoder + " ! " + muxer + " ... " + demuxer + " ! " + decoder);
      const TemporaryFolder folder;
      Pipeline write("appsrc name=in format=time ! videoconvert ! " + encoder + " ! " + muxer +
                     " ! filesink location=" + (folder / "file"));
      for (std::size_t i = 0; i < pictures.size(); ++i) push_picture(write, pictures[i], i * frame_time);
      end_of_stream(write, "in");
      ASSERT_TRUE(write.run()) << write.error();
      Pipeline read("filesrc location=" + (folder / "file") + " ! " + demuxer + " ! " + decoder + to_rgb +
                    " ! appsink name=out sync=false");
      ASSERT_TRUE(read.run()) << read.error();
      expect_similar(read.pull_all(), pictures);
    }
}

}  // namespace mpq::test
