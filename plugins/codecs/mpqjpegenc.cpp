// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqjpegenc
 * @title: mpqjpegenc
 *
 * Encodes pictures as baseline (or progressive) JPEG by libjpeg-turbo. The bytes are those of
 * `cjpeg -baseline` at the same settings, so that rates compare with published ones.
 *
 * RGB input gives the most faithful result; YUV input is taken as it is where it is full-range BT.601 (JFIF)
 * and converted to that otherwise.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! mpqjpegenc quality=5 ! mpqrate ! fakesink -m
 * ]|
 */
#include "codecs/jpeg/jpeg.h"
#include "gst/video_encoder.h"

namespace mpq::gst {
namespace {

using Settings = jpeg::EncoderOptions;
using jpeg::Subsampling;

class JpegEnc final : public WithSettings<VideoEncoder, Settings> {
 public:
  EncoderFormat set_format(const GstVideoInfo& input) override {
    GstVideoInfo wanted = input;
    set_codec_colours(&wanted, jfif_colorimetry());
    return {CapsPtr(gst_caps_new_empty_simple("image/jpeg")), wanted};
  }

  EncodedImage encode(const ImageView& picture) override { return encoder_.encode(picture, settings()); }

  bool accepts(GstVideoFormat format) const override {
    const Subsampling subsampling = settings().subsampling;
    switch (format) {
      case GST_VIDEO_FORMAT_I420:
        return subsampling == Subsampling::s420 || subsampling == Subsampling::gray;
      case GST_VIDEO_FORMAT_Y42B:
        return subsampling == Subsampling::s422 || subsampling == Subsampling::gray;
      case GST_VIDEO_FORMAT_Y444:
        return subsampling == Subsampling::s444 || subsampling == Subsampling::gray;
      default:
        return true;
    }
  }

 private:
  jpeg::Encoder encoder_;
};

const ElementInfo info{
    .type_name = "MpqJpegEnc",
    .long_name = "MPQ JPEG encoder",
    .klass = "Codec/Encoder/Image",
    .description = "Encodes pictures as JPEG, at qualities down to 1",
    .pads = {sink_pad("video/x-raw, format={ RGB, RGBA, I420, Y42B, Y444, GRAY8 }, width=[ 1, 65500 ], "
                      "height=[ 1, 65500 ], framerate=(fraction)[ 0, max ]"),
             src_pad("image/jpeg, width=[ 1, 65500 ], height=[ 1, 65500 ], framerate=(fraction)[ 0, max ]")},
    .properties =
        {integer("quality", &Settings::quality, 1, 100, "Quality, 1 (smallest) to 100 (best)",
                 Mutable::playing),
         enumeration<Settings, Subsampling>(
             "subsampling", &Settings::subsampling, "MpqJpegSubsampling",
             {{Subsampling::s420, "420", "Colour at half the width and height"},
              {Subsampling::s422, "422", "Colour at half the width"},
              {Subsampling::s444, "444", "Colour at full size"},
              {Subsampling::gray, "gray", "No colour"}},
             "Resolution of the colour; YUV input must have the same"),
         boolean("progressive", &Settings::progressive, "Write progressive scans; not for RTP",
                 Mutable::playing),
         boolean("optimize-coding", &Settings::optimize_coding,
                 "Compute Huffman tables for each picture: smaller and slower, same pixels; not for RTP",
                 Mutable::playing)},
    .create = [] { return std::make_unique<JpegEnc>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqjpegenc, mpq::gst::VideoEncoder, mpq::gst::info)
