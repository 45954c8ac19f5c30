// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Between GStreamer's video frames and libmpq's image views.
#pragma once

#include <gst/video/video.h>

#include <optional>

#include "core/image_header.h"
#include "gst/pointer.h"

namespace mpq::gst {

GstVideoFormat to_gst(PixelFormat format);
/// The libmpq layout, or nothing where libmpq has none.
std::optional<PixelFormat> from_gst(GstVideoFormat format);

/// The pixels of a mapped frame. Throws Error(internal) for a format that libmpq has no layout for.
ImageView view_of(const GstVideoFrame& frame);
/// The first of a picture's formats that the next element takes, which `src` is linked to. Throws
/// Error(mismatch) where there is none.
PixelFormat choose_format(GstPad* src, const ImageHeader& header);
/// The part of `caps`, a codec's input, whose size and frame rate the element that `src` is linked to takes
/// when it is asked for them. GStreamer's own base classes ask what it takes at the moment, which a metric
/// answers with the size of the picture that it has, and so refuse a folder's next picture.
CapsPtr taken_when_asked(GstPad* src, const GstCaps* caps);

/// A mapped frame; unmapped at the end of its scope. Throws Error(internal) if it cannot be mapped.
class MappedFrame {
 public:
  MappedFrame(const GstVideoInfo& info, GstBuffer* buffer, GstMapFlags flags);
  ~MappedFrame() { gst_video_frame_unmap(&frame_); }
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;

  GstVideoFrame* get() { return &frame_; }
  ImageView view() const { return view_of(frame_); }
  MutableImageView mutable_view() const;

 private:
  GstVideoFrame frame_;
};

/// JFIF's colours: BT.601 matrix, full range.
GstVideoColorimetry jfif_colorimetry();
/// VP8's and WebP's colours: BT.601 matrix, limited range.
GstVideoColorimetry bt601_colorimetry();

/// Gives `info` a codec's range and, for YUV, its matrix and chroma in the middle of the luma samples. RGB is
/// full range whatever the codec. Transfer function and primaries stay: no still picture of ours carries
/// them.
void set_codec_colours(GstVideoInfo* info, const GstVideoColorimetry& codec);

}  // namespace mpq::gst
