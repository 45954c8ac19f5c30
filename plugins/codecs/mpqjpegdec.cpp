// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqjpegdec
 * @title: mpqjpegdec
 *
 * Decodes JPEG pictures by libjpeg-turbo, to RGB unless the next element asks for the stream's own YUV
 * layout. A damaged picture is decoded as far as it goes, with a warning and the buffer flag "corrupted"; a
 * hopeless one is skipped and counted. Input is a picture a buffer where it has timestamps, and any pieces of
 * concatenated pictures where it comes as bytes from a file.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! mpqjpegenc ! mpqjpegdec ! fakesink -m
 * ]|
 */
#include "codecs/jpeg/jpeg.h"
#include "gst/video_decoder.h"

namespace mpq::gst {
namespace {

class JpegDec final : public ImageDecoder<jpeg::Decoder, jpeg::FrameScanner> {
 public:
  std::size_t find_start(Bytes bytes) override { return jpeg::find_start(bytes); }
  GstVideoColorimetry yuv_colorimetry() const override { return jfif_colorimetry(); }
};

const ElementInfo info{
    .type_name = "MpqJpegDec",
    .long_name = "MPQ JPEG decoder",
    .klass = "Codec/Decoder/Image",
    .description = "Decodes JPEG pictures",
    .pads = {sink_pad("image/jpeg"),
             src_pad("video/x-raw, format={ RGB, I420, Y42B, Y444, RGBA, GRAY8 }, width=[ 1, 65535 ], "
                     "height=[ 1, 65535 ], framerate=(fraction)[ 0, max ]")},
    .properties = {max_pixels_property()},
    .create = [] { return std::make_unique<JpegDec>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqjpegdec, mpq::gst::VideoDecoder, mpq::gst::info)
