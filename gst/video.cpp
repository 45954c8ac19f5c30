// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/video.h"

#include <array>

#include "core/error.h"
#include "core/text.h"

namespace mpq::gst {
namespace {

struct FormatPair {
  PixelFormat ours;
  GstVideoFormat theirs;
};
constexpr std::array format_pairs{
    FormatPair{PixelFormat::gray8, GST_VIDEO_FORMAT_GRAY8},
    FormatPair{PixelFormat::rgb24, GST_VIDEO_FORMAT_RGB},
    FormatPair{PixelFormat::rgba32, GST_VIDEO_FORMAT_RGBA},
    FormatPair{PixelFormat::i420, GST_VIDEO_FORMAT_I420},
    FormatPair{PixelFormat::y42b, GST_VIDEO_FORMAT_Y42B},
    FormatPair{PixelFormat::y444, GST_VIDEO_FORMAT_Y444},
};

template <class Byte>
BasicImageView<Byte> make_view(const GstVideoFrame& frame) {
  BasicImageView<Byte> view;
  const auto format = from_gst(GST_VIDEO_FRAME_FORMAT(&frame));
  if (!format) throw Error(ErrorCode::internal, "a video format without a libmpq layout was negotiated");
  view.format = *format;
  view.width = GST_VIDEO_FRAME_WIDTH(&frame);
  view.height = GST_VIDEO_FRAME_HEIGHT(&frame);
  for (int plane = 0; plane < plane_count(*format); ++plane) {
    const auto i = static_cast<std::size_t>(plane);
    view.planes[i].data = static_cast<Byte*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
    view.planes[i].stride = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
  }
  return view;
}

}  // namespace

ImageView view_of(const GstVideoFrame& frame) {
  return make_view<const std::uint8_t>(frame);
}

GstVideoFormat to_gst(PixelFormat format) {
  for (const auto& pair : format_pairs) {
    if (pair.ours == format) return pair.theirs;
  }
  return GST_VIDEO_FORMAT_UNKNOWN;
}

std::optional<PixelFormat> from_gst(GstVideoFormat format) {
  for (const auto& pair : format_pairs) {
    if (pair.theirs == format) return pair.ours;
  }
  return std::nullopt;
}

PixelFormat choose_format(GstPad* src, const ImageHeader& header) {
  const auto caps_of = [&](PixelFormat format) {
    return CapsPtr(gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING,
                                       gst_video_format_to_string(to_gst(format)), "width", G_TYPE_INT,
                                       header.width, "height", G_TYPE_INT, header.height, nullptr));
  };
  // What downstream is asked for says the picture's size: a metric that compares pictures of many sizes would
  // otherwise name that of the last one.
  const CapsPtr possible(gst_caps_new_empty());
  for (const PixelFormat format : header.formats) gst_caps_append(possible.get(), caps_of(format).release());
  const CapsPtr allowed(gst_pad_peer_query_caps(src, possible.get()));
  for (const PixelFormat format : header.formats) {
    if (gst_caps_can_intersect(caps_of(format).get(), allowed.get())) return format;
  }
  const CapsPtr wanted(gst_pad_peer_query_caps(src, nullptr));
  throw Error(ErrorCode::mismatch,
              text("This ", header.width, 'x', header.height,
                   " picture cannot be decoded to what the next element takes: ", to_string(wanted.get())),
              "Insert videoconvert, and videoscale where the size differs, after this element");
}

namespace {

void copy_size(GstStructure* to, const GstStructure* from) {
  for (const char* field : {"width", "height", "framerate"}) {
    if (const GValue* value = gst_structure_get_value(from, field)) gst_structure_set_value(to, field, value);
  }
}

}  // namespace

CapsPtr taken_when_asked(GstPad* src, const GstCaps* caps) {
  CapsPtr taken(gst_caps_new_empty());
  for (guint i = 0; i < gst_caps_get_size(caps); ++i) {
    const GstStructure* wanted = gst_caps_get_structure(caps, i);
    CapsPtr question(gst_caps_make_writable(gst_pad_get_pad_template_caps(src)));
    for (guint j = 0; j < gst_caps_get_size(question.get()); ++j)
      copy_size(gst_caps_get_structure(question.get(), j), wanted);
    const CapsPtr answer(gst_pad_peer_query_caps(src, question.get()));
    for (guint j = 0; j < gst_caps_get_size(answer.get()); ++j) {
      GstStructure* part = gst_structure_copy(wanted);
      copy_size(part, gst_caps_get_structure(answer.get(), j));
      taken.reset(gst_caps_merge_structure(taken.release(), part));
    }
  }
  return taken;
}

MappedFrame::MappedFrame(const GstVideoInfo& info, GstBuffer* buffer, GstMapFlags flags) {
  if (!gst_video_frame_map(&frame_, &info, buffer, flags)) {
    throw Error(ErrorCode::internal, "a video buffer cannot be mapped, or is smaller than its caps say",
                "Check the element upstream: width, height and format must fit the buffer's size");
  }
}

MutableImageView MappedFrame::mutable_view() const {
  return make_view<std::uint8_t>(frame_);
}

GstVideoColorimetry jfif_colorimetry() {
  return {GST_VIDEO_COLOR_RANGE_0_255, GST_VIDEO_COLOR_MATRIX_BT601, GST_VIDEO_TRANSFER_UNKNOWN,
          GST_VIDEO_COLOR_PRIMARIES_UNKNOWN};
}

GstVideoColorimetry bt601_colorimetry() {
  return {GST_VIDEO_COLOR_RANGE_16_235, GST_VIDEO_COLOR_MATRIX_BT601, GST_VIDEO_TRANSFER_BT601,
          GST_VIDEO_COLOR_PRIMARIES_SMPTE170M};
}

void set_codec_colours(GstVideoInfo* info, const GstVideoColorimetry& codec) {
  GstVideoColorimetry& colours = info->colorimetry;
  info->chroma_site =
      GST_VIDEO_INFO_IS_YUV(info) ? GST_VIDEO_CHROMA_SITE_JPEG : GST_VIDEO_CHROMA_SITE_UNKNOWN;
  if (!GST_VIDEO_INFO_IS_RGB(info)) {
    colours.range = codec.range;
    colours.matrix = codec.matrix;
    return;
  }
  colours.range = GST_VIDEO_COLOR_RANGE_0_255;
  colours.matrix = GST_VIDEO_COLOR_MATRIX_RGB;
  if (colours.transfer == GST_VIDEO_TRANSFER_UNKNOWN) colours.transfer = GST_VIDEO_TRANSFER_SRGB;
  if (colours.primaries == GST_VIDEO_COLOR_PRIMARIES_UNKNOWN)
    colours.primaries = GST_VIDEO_COLOR_PRIMARIES_BT709;
}

}  // namespace mpq::gst
