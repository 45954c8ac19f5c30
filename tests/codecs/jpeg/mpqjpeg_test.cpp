// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpqjpegenc and mpqjpegdec in pipelines.
#include "codecs/jpeg/jpeg.h"

#include <algorithm>

#include "tests/support/video_codec_conformance.h"
#include "tests/support/video_pipeline.h"

namespace mpq::test {
namespace {

using Coded = VideoCodec::Coded;

Coded jpeg_of(const Picture& picture) {
  jpeg::Encoder encoder;
  const auto bytes = encoder.encode(picture.view(), {.quality = 95}).bytes;
  return {bytes.begin(), bytes.end()};
}

/// 65500x65500, as its frame header (SOF0) says.
Coded huge(Coded jpeg) {
  for (std::size_t i = 2; i + 9 < jpeg.size();
       i += 2U + static_cast<std::size_t>(jpeg[i + 2] << 8 | jpeg[i + 3]))
    if (jpeg[i + 1] == 0xC0) {
      for (const std::size_t at : {i + 5, i + 7}) jpeg[at] = 65500 >> 8, jpeg[at + 1] = 65500 & 255;
      break;
    }
  return jpeg;
}

Coded without_its_end(Coded jpeg) {
  jpeg.resize(jpeg.size() - 20);
  return jpeg;
}

// RTP takes no 4:4:4, which jpegenc makes of RGB; and jpegenc does not convert limited range.
constexpr const char* stock_encoder = "video/x-raw,format=I420,colorimetry=1:4:0:0 ! jpegenc quality=95";

INSTANTIATE_TEST_SUITE_P(Jpeg, VideoCodecConformance,
                         testing::Values(VideoCodec{
                             .encoder = "mpqjpegenc quality=95",
                             .decoder = "mpqjpegdec",
                             .caps = "image/jpeg",
                             .psnr = 38,
                             .options = {{"Y42B", "subsampling=422"}, {"Y444", "subsampling=444"}},
                             .outputs = {"RGB", "I420", "RGBA", "GRAY8"},
                             .encode = jpeg_of,
                             .make_huge = huge,
                             .make_endless = without_its_end,
                             .stock_encoder = stock_encoder,
                             .stock_decoder = "jpegdec",
                             .carriers = {"jpegparse", "rtpjpegpay ! rtpjpegdepay",
                                          "multipartmux ! multipartdemux"},
                             .files = {{"matroskamux", "matroskademux"}, {"avimux", "avidemux"}}}));

/// Whether the encoder's sink pad takes this raw format at its settings.
bool takes(const std::string& encoder, const char* format) {
  const gst::ObjectPtr<GstElement> element = Pipeline(encoder + " name=e").element("e");
  const gst::ObjectPtr<GstPad> pad(gst_element_get_static_pad(element.get(), "sink"));
  const gst::CapsPtr taken(gst_pad_query_caps(pad.get(), nullptr));
  const gst::CapsPtr asked(gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, format, nullptr));
  return gst_caps_can_intersect(taken.get(), asked.get()) != FALSE;
}

TEST(MpqJpegEnc, TakesTheYuvFormatOfItsSubsampling) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"mpqjpegenc", {"I420"}},
      {"mpqjpegenc subsampling=422", {"Y42B"}},
      {"mpqjpegenc subsampling=444", {"Y444"}},
      {"mpqjpegenc subsampling=gray", {"I420", "Y42B", "Y444"}}};
  for (const auto& [encoder, yuv] : cases) {
    for (const char* format : {"RGB", "RGBA", "GRAY8"})
      EXPECT_TRUE(takes(encoder, format)) << encoder << format;
    for (const char* format : {"I420", "Y42B", "Y444"})
      EXPECT_EQ(takes(encoder, format), std::count(yuv.begin(), yuv.end(), format) == 1) << encoder << format;
  }
}

TEST(MpqJpegEnc, RefusesYuvOfAnotherSubsampling) {
  Pipeline pipeline("videotestsrc num-buffers=1 ! capsfilter name=f ! mpqjpegenc name=e ! fakesink");
  const gst::CapsPtr caps(gst_caps_from_string("video/x-raw,format=Y444"));
  g_object_set(pipeline.element("f").get(), "caps", caps.get(), nullptr);
  EXPECT_FALSE(pipeline.run());
}

TEST(MpqJpeg, KeepsFullRangeYuvUntouchedByColourConversions) {
  const std::pair<PixelFormat, std::string> formats[] = {
      {PixelFormat::i420, "420"}, {PixelFormat::y42b, "422"}, {PixelFormat::y444, "444"}};
  const jpeg::Subsampling subsamplings[] = {jpeg::Subsampling::s420, jpeg::Subsampling::s422,
                                            jpeg::Subsampling::s444};
  for (std::size_t i = 0; i < std::size(formats); ++i) {
    const auto& [format, subsampling] = formats[i];
    const Picture picture = synthetic(format, 61, 45);
    const auto coded =
        run_pictures("mpqjpegenc quality=40 subsampling=" + subsampling, {picture}, ",colorimetry=1:4:0:0");
    jpeg::Encoder encoder;
    const auto expected =
        encoder.encode(picture.view(), {.quality = 40, .subsampling = subsamplings[i]}).bytes;
    EXPECT_EQ(coded.at(0).bytes, Coded(expected.begin(), expected.end())) << subsampling;
    jpeg::Decoder decoder;
    Picture decoded(format, 61, 45);
    decoder.decode(expected, decoded.mutable_view());
    const std::string name = caps_field(raw_caps(picture), "format");
    const auto frames = run_coded("mpqjpegdec ! video/x-raw,format=" + name, coded[0].caps, {coded[0].bytes});
    EXPECT_EQ(to_picture(frames.at(0)).pixels(), decoded.pixels()) << subsampling;
    EXPECT_EQ(caps_field(frames[0].caps, "colorimetry"), "1:4:0:0");
  }
}

TEST(MpqJpegDec, GivesGrayForAGrayPictureAndRgbIfAsked) {
  const Picture gray = smooth_picture(PixelFormat::gray8, 16, 16);
  const auto coded = jpeg_of(gray);
  EXPECT_GE(picture_psnr(to_picture(run_coded("mpqjpegdec", "image/jpeg", {coded}).at(0)), gray), 38);
  const auto rgb = run_coded("mpqjpegdec ! video/x-raw,format=RGB", "image/jpeg", {coded});
  EXPECT_EQ(caps_field(rgb.at(0).caps, "format"), "RGB");
}

TEST(MpqJpegEnc, AtItsLowestQualityGoesThroughRtp) {
  const Picture picture = smooth_picture(PixelFormat::rgb24, 64, 48);
  for (const char* decoder : {"mpqjpegdec", "jpegdec"}) {
    const auto frames = run_pictures(std::string("mpqjpegenc quality=1 ! rtpjpegpay ! rtpjpegdepay ! ") +
                                         decoder + " ! videoconvert ! video/x-raw,format=RGB",
                                     {picture});
    EXPECT_GE(picture_psnr(to_picture(frames.at(0)), picture), 14) << decoder;
  }
}

TEST(MpqJpegEnc, WritesProgressivePicturesThatOthersRead) {
  const Picture picture = smooth_picture(PixelFormat::rgb24, 64, 48);
  const auto frames = run_pictures(
      "mpqjpegenc quality=95 progressive=true ! jpegdec ! videoconvert ! video/x-raw,format=RGB", {picture});
  EXPECT_GE(picture_psnr(to_picture(frames.at(0)), picture), 35);
}

}  // namespace
}  // namespace mpq::test
