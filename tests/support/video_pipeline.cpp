// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tests/support/video_pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "core/text.h"
#include "gst/video.h"
#include "metrics/psnr/psnr.h"

namespace mpq::test {
namespace {

GstVideoInfo info_of(const std::string& caps_text) {
  const gst::CapsPtr caps(gst_caps_from_string(caps_text.c_str()));
  GstVideoInfo info;
  if (caps == nullptr || !gst_video_info_from_caps(&info, caps.get()))
    throw std::runtime_error("no raw video: " + caps_text);
  return info;
}

void copy_pixels(const ImageView& from, const MutableImageView& to) {
  for (int p = 0; p < plane_count(from.format); ++p) {
    const auto& source = from.planes[static_cast<std::size_t>(p)];
    const auto& target = to.planes[static_cast<std::size_t>(p)];
    const int row = plane_width(from.format, p, from.width) * bytes_per_pixel(from.format);
    for (int y = 0; y < plane_height(from.format, p, from.height); ++y)
      std::copy_n(source.data + y * source.stride, row, target.data + y * target.stride);
  }
}

psnr::Picture components_of(const ImageView& view) {
  psnr::Picture picture;
  const bool yuv = is_yuv(view.format);
  picture.component_count = view.format == PixelFormat::gray8 ? 1 : 3;
  for (int c = 0; c < picture.component_count; ++c) {
    const int plane = yuv ? c : 0;
    const auto& source = view.planes[static_cast<std::size_t>(plane)];
    picture.components[static_cast<std::size_t>(c)] = {
        .data = source.data + (yuv ? 0 : c),
        .row_stride = source.stride,
        .pixel_stride = bytes_per_pixel(view.format),
        .width = plane_width(view.format, plane, view.width),
        .height = plane_height(view.format, plane, view.height)};
  }
  return picture;
}

}  // namespace

std::string raw_caps(const Picture& picture, const std::string& more) {
  return text("video/x-raw,format=", gst_video_format_to_string(gst::to_gst(picture.format())),
              ",width=", picture.width(), ",height=", picture.height(), ",framerate=25/1", more);
}

void push_with_caps(const Pipeline& pipeline, const std::string& caps_text,
                    std::span<const std::uint8_t> bytes, GstClockTime pts, GstClockTime duration) {
  const gst::CapsPtr caps(gst_caps_from_string(caps_text.c_str()));
  const gst::BufferPtr buffer =
      bytes.empty() ? gst::BufferPtr(gst_buffer_new()) : gst::copy_to_buffer(bytes.data(), bytes.size());
  GST_BUFFER_PTS(buffer.get()) = pts;
  GST_BUFFER_DURATION(buffer.get()) = duration;
  GstSample* sample = gst_sample_new(buffer.get(), caps.get(), nullptr, nullptr);
  gst_app_src_push_sample(GST_APP_SRC(pipeline.element("in").get()), sample);
  gst_sample_unref(sample);
}

void push_picture(const Pipeline& pipeline, const Picture& picture, GstClockTime pts,
                  const std::string& more_caps, GstClockTime duration) {
  const std::string caps = raw_caps(picture, more_caps);
  const GstVideoInfo info = info_of(caps);
  const gst::BufferPtr frame(gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr));
  copy_pixels(picture.view(), gst::MappedFrame(info, frame.get(), GST_MAP_WRITE).mutable_view());
  const gst::ReadMap map(frame.get());
  push_with_caps(pipeline, caps, {map.data(), map.size()}, pts, duration);
}

Picture to_picture(const Received& frame) {
  const GstVideoInfo info = info_of(frame.caps);
  const gst::MappedFrame mapped(info, frame.buffer.get(), GST_MAP_READ);
  const ImageView view = mapped.view();
  Picture picture(view.format, view.width, view.height);
  copy_pixels(view, picture.mutable_view());
  return picture;
}

double picture_psnr(const Picture& a, const Picture& b) {
  if (a.format() != b.format() || a.width() != b.width() || a.height() != b.height())
    return std::numeric_limits<double>::quiet_NaN();
  const psnr::Picture x = components_of(a.view()), y = components_of(b.view());
  return psnr::score(psnr::squared_error(x, y), x.component_count, 255).psnr;
}

std::string between_apps(const std::string& elements) {
  return "appsrc name=in format=time ! " + elements + " ! appsink name=out sync=false";
}

std::vector<Received> run_pictures(const std::string& elements, const std::vector<Picture>& pictures,
                                   const std::string& more_caps) {
  Pipeline pipeline(between_apps(elements));
  GstClockTime pts = 0;
  for (const Picture& picture : pictures) {
    push_picture(pipeline, picture, pts, more_caps);
    pts += frame_time;
  }
  end_of_stream(pipeline, "in");
  EXPECT_TRUE(pipeline.run()) << pipeline.error() << " in: " << elements;
  return pipeline.error().empty() ? pipeline.pull_all() : std::vector<Received>();
}

std::vector<Received> run_coded(const std::string& elements, const std::string& caps,
                                const std::vector<std::vector<std::uint8_t>>& coded) {
  Pipeline pipeline(between_apps(elements));
  GstClockTime pts = 0;
  for (const auto& bytes : coded) {
    push_with_caps(pipeline, caps, bytes, pts);
    pts += frame_time;
  }
  end_of_stream(pipeline, "in");
  EXPECT_TRUE(pipeline.run()) << pipeline.error() << " in: " << elements;
  return pipeline.error().empty() ? pipeline.pull_all() : std::vector<Received>();
}

Picture smooth_picture(PixelFormat format, int width, int height, int shade) {
  Picture picture = synthetic(format, width, height, 0, 0);
  for (std::size_t p = 0; p < static_cast<std::size_t>(plane_count(format)); ++p)
    for (std::size_t y = 0; y < picture.rows(p); ++y)
      for (std::size_t x = 0; x < picture.row_bytes(p); ++x) {
        std::uint8_t& byte = picture.at(p, y, x);
        if (format == PixelFormat::rgba32 && x % 4 == 3)
          byte = 255;
        else
          byte = static_cast<std::uint8_t>((byte * 3 / 4 + shade) & 255);
      }
  return picture;
}

std::string caps_field(const std::string& caps_text, const std::string& field) {
  const gst::CapsPtr caps(gst_caps_from_string(caps_text.c_str()));
  const GValue* value = gst_structure_get_value(gst_caps_get_structure(caps.get(), 0), field.c_str());
  if (value == nullptr) return {};
  return gst::CharPtr(gst_value_serialize(value)).get();
}

}  // namespace mpq::test
