// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Expected values by hand from ITU-R BT.601, BT.709 and JFIF.
#include "gst/frame_converter.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/error.h"
#include "tests/support/video_pipeline.h"

namespace mpq::test {
namespace {

GstVideoInfo info_with(GstVideoFormat format, const char* colorimetry) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, 3, 3);
  EXPECT_TRUE(gst_video_colorimetry_from_string(&info.colorimetry, colorimetry));
  return info;
}

/// The last pixel of a picture of 3x3, converted; the others are zeros.
std::array<int, 4> converted(GstVideoFormat format, const char* from, const char* to,
                             std::array<int, 4> value) {
  const GstVideoInfo source = info_with(format, from), target = info_with(format, to);
  const gst::BufferPtr buffer(gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&source), nullptr));
  gst_buffer_memset(buffer.get(), 0, 0, GST_VIDEO_INFO_SIZE(&source));
  const auto component = [](GstVideoFrame* frame, guint c) {
    const int last = GST_VIDEO_FRAME_COMP_WIDTH(frame, c) - 1;
    return GST_VIDEO_FRAME_COMP_DATA(frame, c) + last * GST_VIDEO_FRAME_COMP_PSTRIDE(frame, c) +
           (GST_VIDEO_FRAME_COMP_HEIGHT(frame, c) - 1) * GST_VIDEO_FRAME_COMP_STRIDE(frame, c);
  };
  {
    gst::MappedFrame frame(source, buffer.get(), GST_MAP_WRITE);
    for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(frame.get()); ++c)
      *component(frame.get(), c) = static_cast<guint8>(value[c]);
  }
  gst::FrameConverter converter(source, target);
  gst::MappedFrame frame(target, converter.convert(buffer.get()), GST_MAP_READ);
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(frame.get()); ++c) value[c] = *component(frame.get(), c);
  return value;
}

using Value = std::array<int, 4>;
constexpr const char* full601 = "1:4:0:0";
constexpr GstVideoFormat yuv_formats[] = {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_Y42B,
                                          GST_VIDEO_FORMAT_Y444};

TEST(FrameConverter, ExpandsLimitedRange) {
  for (const auto format : yuv_formats) {
    EXPECT_EQ(converted(format, "bt601", full601, {16, 128, 128}), (Value{0, 128, 128}));
    EXPECT_EQ(converted(format, "bt601", full601, {235, 240, 17}), (Value{255, 255, 2}));  // 255.5, 1.6
    EXPECT_EQ(converted(format, "bt601", full601, {126, 156, 100}), (Value{128, 160, 96}));
    EXPECT_EQ(converted(format, "bt601", full601, {5, 128, 255}), (Value{0, 128, 255}));
  }
}

TEST(FrameConverter, CompressesFullRange) {
  EXPECT_EQ(converted(GST_VIDEO_FORMAT_I420, full601, "bt601", {0, 128, 0}), (Value{16, 128, 16}));  // 15.6
  EXPECT_EQ(converted(GST_VIDEO_FORMAT_I420, full601, "bt601", {255, 255, 128}), (Value{235, 240, 128}));
}

TEST(FrameConverter, ChangesTheMatrix) {  // of red and of 75 % blue, through RGB in real numbers
  for (const auto format : yuv_formats) {
    EXPECT_EQ(converted(format, "bt709", "bt601", {63, 102, 240}), (Value{82, 90, 240}));
    EXPECT_EQ(converted(format, "bt601", "bt709", {81, 90, 240}), (Value{62, 102, 240}));
    EXPECT_EQ(converted(format, "bt709", "bt601", {28, 212, 120}), (Value{35, 212, 114}));
    EXPECT_EQ(converted(format, "bt709", full601, {235, 128, 128}), (Value{255, 128, 128}));
  }
}

TEST(FrameConverter, ExpandsGrayAndRgbButNotAlpha) {
  EXPECT_EQ(converted(GST_VIDEO_FORMAT_GRAY8, "bt601", full601, {235}), (Value{255}));
  EXPECT_EQ(converted(GST_VIDEO_FORMAT_RGB, "2:1:7:1", "1:1:7:1", {16, 126, 235}), (Value{0, 128, 255}));
  EXPECT_EQ(converted(GST_VIDEO_FORMAT_RGBA, "2:1:7:1", "1:1:7:1", {16, 126, 235, 200}),
            (Value{0, 128, 255, 200}));
}

TEST(FrameConverter, HandsOutItsInputWhereNothingDiffers) {
  const GstVideoInfo info = info_with(GST_VIDEO_FORMAT_I420, "bt601");
  const gst::BufferPtr buffer(gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr));
  EXPECT_EQ(gst::FrameConverter(info, info).convert(buffer.get()), buffer.get());
}

TEST(FrameConverter, RefusesAMatrixThatIsNone) {
  const GstVideoInfo from = info_with(GST_VIDEO_FORMAT_Y444, "1:1:0:0"),
                     to = info_with(GST_VIDEO_FORMAT_Y444, full601);
  EXPECT_THROW(gst::FrameConverter(from, to), Error);
}

}  // namespace
}  // namespace mpq::test
