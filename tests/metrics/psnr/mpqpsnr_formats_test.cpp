// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Every format that mpqpsnr offers, filled by GStreamer's own packing functions: known differences between
// pictures of one colour each.
#include <gst/video/video.h>

#include <algorithm>
#include <array>
#include <memory>

#include "tests/metrics/psnr/comparison.h"

namespace {

using mpq::test::Comparison;
using mpq::test::psnr_of;

struct Color {
  std::array<int, 4> parts;  // alpha, then Y U V or R G B, in the format's depth
};

std::vector<GstVideoFormat> offered_formats() {
  const mpq::test::Pipeline p("mpqpsnr name=p");
  const mpq::gst::ObjectPtr<GstPad> pad(gst_element_get_static_pad(p.element("p").get(), "ref_sink"));
  const mpq::gst::CapsPtr caps(gst_pad_get_pad_template_caps(pad.get()));
  const GValue* list = gst_structure_get_value(gst_caps_get_structure(caps.get(), 0), "format");
  std::vector<GstVideoFormat> formats;
  for (guint i = 0; i < gst_value_list_get_size(list); ++i) {
    const GValue* name = gst_value_list_get_value(list, i);
    const auto format = gst_video_format_from_string(g_value_get_string(name));
    if (std::find(formats.begin(), formats.end(), format) == formats.end()) formats.push_back(format);
  }
  return formats;
}

// One row of AYUV or ARGB pixels, of 8 or 16 bits a component, as pack functions take it.
std::vector<std::uint8_t> unpacked_row(const GstVideoFormatInfo* info, const Color& color, int width) {
  const auto depth = GST_VIDEO_FORMAT_INFO_DEPTH(info, 0);
  const bool wide = GST_VIDEO_FORMAT_INFO_BITS(gst_video_format_get_info(info->unpack_format)) > 8;
  std::vector<std::uint8_t> row;
  for (int x = 0; x < width; ++x) {
    for (const int part : color.parts) {
      const auto sample = static_cast<std::uint16_t>(wide ? part << (16 - depth) : part);
      row.push_back(static_cast<std::uint8_t>(sample & 255));  // little endian, as this test's formats are
      if (wide) row.push_back(static_cast<std::uint8_t>(sample >> 8));
    }
  }
  return row;
}

std::vector<std::uint8_t> picture(GstVideoFormat format, int width, int height, const Color& color) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, static_cast<guint>(width), static_cast<guint>(height));
  std::vector<std::uint8_t> bytes(GST_VIDEO_INFO_SIZE(&info), 0xA5);
  std::array<gpointer, GST_VIDEO_MAX_PLANES> planes{};
  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES(&info); ++p) {
    planes.at(p) = bytes.data() + GST_VIDEO_INFO_PLANE_OFFSET(&info, p);
  }
  auto row = unpacked_row(info.finfo, color, width + 1);
  for (int y = 0; y < height; ++y) {
    info.finfo->pack_func(info.finfo, GST_VIDEO_PACK_FLAG_NONE, row.data(), 0, planes.data(), info.stride,
                          GST_VIDEO_CHROMA_SITE_UNKNOWN, y, width);
  }
  return bytes;
}

std::unique_ptr<Comparison> compare(GstVideoFormat format, int width, int height, const Color& a,
                                    const Color& b) {
  auto c = std::make_unique<Comparison>(
      "video/x-raw,framerate=25/1,format=" + std::string(gst_video_format_to_string(format)) +
      ",width=" + std::to_string(width) + ",height=" + std::to_string(height));
  c->push("ref_sink", picture(format, width, height, a), 0);
  c->push("dist_0", picture(format, width, height, b), 0);
  EXPECT_TRUE(c->run()) << c->pipeline().error();
  return c;
}

TEST(MpqPsnrFormats, AreThoseOfRgbGrayAndYuvUpTo16Bits) {
  const auto formats = offered_formats();
  for (const auto format :
       {GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_ARGB, GST_VIDEO_FORMAT_GBR,
        GST_VIDEO_FORMAT_GBRA_12LE, GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_GRAY16_LE, GST_VIDEO_FORMAT_I420,
        GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_Y444, GST_VIDEO_FORMAT_I420_10LE,
        GST_VIDEO_FORMAT_I422_12LE, GST_VIDEO_FORMAT_Y444_16LE, GST_VIDEO_FORMAT_A420,
        GST_VIDEO_FORMAT_ARGB64}) {
    EXPECT_NE(std::find(formats.begin(), formats.end(), format), formats.end())
        << gst_video_format_to_string(format);
  }
}

TEST(MpqPsnrFormats, AllGiveTheValueOfAKnownDifference) {
  for (const auto format : offered_formats()) {
    SCOPED_TRACE(gst_video_format_to_string(format));
    const GstVideoFormatInfo* info = gst_video_format_get_info(format);
    const double peak = std::pow(2, GST_VIDEO_FORMAT_INFO_DEPTH(info, 0)) - 1;
    const auto c = compare(format, 8, 4, {{255, 100, 120, 140}}, {{10, 101, 123, 147}});
    const bool is_gray = GST_VIDEO_FORMAT_INFO_IS_GRAY(info), rgb = GST_VIDEO_FORMAT_INFO_IS_RGB(info);
    if (is_gray) {
      EXPECT_NEAR(c->pooled().value, psnr_of(1, peak), 1e-9);
      continue;
    }
    EXPECT_NEAR(c->detail(rgb ? "psnr-r" : "psnr-y"), psnr_of(1, peak), 1e-9);
    EXPECT_NEAR(c->detail(rgb ? "psnr-g" : "psnr-u"), psnr_of(3, peak), 1e-9);
    EXPECT_NEAR(c->detail(rgb ? "psnr-b" : "psnr-v"), psnr_of(7, peak), 1e-9);
    const double chroma = 1.0 / ((1 << info->w_sub[1]) * (1 << info->h_sub[1]));
    EXPECT_NEAR(c->detail("mse"), (1 + chroma * (9 + 49)) / (1 + 2 * chroma), 1e-9);
  }
}

TEST(MpqPsnrFormats, AlphaAndPaddingDoNotCount) {
  for (const auto format : {GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_ABGR, GST_VIDEO_FORMAT_xRGB,
                            GST_VIDEO_FORMAT_AYUV, GST_VIDEO_FORMAT_A420, GST_VIDEO_FORMAT_GBRA}) {
    const auto c = compare(format, 6, 2, {{255, 1, 2, 3}}, {{0, 1, 2, 3}});
    EXPECT_EQ(c->pooled().value, INFINITY) << gst_video_format_to_string(format);
  }
}

TEST(MpqPsnrFormats, OddSizesCountEverySampleOnce) {
  for (const auto format : {GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_GRAY8,
                            GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_Y444_16LE}) {
    for (const auto& [width, height] : {std::pair{1, 1}, {1, 7}, {4097, 3}}) {
      SCOPED_TRACE(std::string(gst_video_format_to_string(format)) + " " + std::to_string(width));
      const auto c = compare(format, width, height, {{255, 9, 9, 9}}, {{255, 11, 11, 11}});
      EXPECT_NEAR(c->detail("mse"), 4, 1e-9);
    }
  }
}

TEST(MpqPsnrFormats, ABufferBelowThePicturesSizeIsAnError) {
  Comparison c(mpq::test::gray);
  c.pictures("ref_sink", 1, {0});
  c.push("dist_0", std::vector<std::uint8_t>(7), 0);
  EXPECT_FALSE(c.run());
  EXPECT_NE(c.pipeline().error().find("smaller than its caps say"), std::string::npos)
      << c.pipeline().error();
}

}  // namespace
