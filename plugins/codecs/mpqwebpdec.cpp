// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqwebpdec
 * @title: mpqwebpdec
 *
 * Decodes still WebP pictures by libwebp, to RGB (RGBA where they have transparency) unless the next element
 * asks for I420. A picture cut short is decoded as far as it goes, with a warning and the buffer flag
 * "corrupted"; a hopeless one is skipped and counted. Input is a picture a buffer where it has timestamps,
 * and any pieces of concatenated pictures where it comes as bytes from a file.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! mpqwebpenc ! mpqwebpdec ! fakesink -m
 * ]|
 */
#include "codecs/webp/webp.h"
#include "gst/video_decoder.h"

namespace mpq::gst {
namespace {

class WebpDec final : public ImageDecoder<webp::Decoder, webp::FrameScanner> {
 public:
  std::size_t find_start(Bytes bytes) override { return webp::find_start(bytes); }
  GstVideoColorimetry yuv_colorimetry() const override { return bt601_colorimetry(); }
};

const ElementInfo info{
    .type_name = "MpqWebpDec",
    .long_name = "MPQ WebP decoder",
    .klass = "Codec/Decoder/Image",
    .description = "Decodes WebP pictures",
    .pads = {sink_pad("image/webp"),
             src_pad("video/x-raw, format={ RGB, RGBA, I420 }, width=[ 1, 16383 ], height=[ 1, 16383 ], "
                     "framerate=(fraction)[ 0, max ]")},
    .properties = {max_pixels_property()},
    .create = [] { return std::make_unique<WebpDec>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqwebpdec, mpq::gst::VideoDecoder, mpq::gst::info)
