// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqwebpenc
 * @title: mpqwebpenc
 *
 * Encodes pictures as WebP by libwebp. The bytes are those of `cwebp` at the same settings. RGB and RGBA
 * input give the most faithful result; I420 is taken as it is where it is limited-range BT.601, and converted
 * to that otherwise.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! mpqwebpenc quality=0 ! mpqrate ! fakesink -m
 * ]|
 */
#include "codecs/webp/webp.h"
#include "gst/video_encoder.h"

namespace mpq::gst {
namespace {

using Settings = webp::EncoderOptions;
using webp::Preset;

class WebpEnc final : public WithSettings<VideoEncoder, Settings> {
 public:
  EncoderFormat set_format(const GstVideoInfo& input) override {
    GstVideoInfo wanted = input;
    // Gray is coded as RGB with equal channels.
    set_codec_colours(&wanted, GST_VIDEO_INFO_IS_GRAY(&input) ? jfif_colorimetry() : bt601_colorimetry());
    return {CapsPtr(gst_caps_new_empty_simple("image/webp")), wanted};
  }

  EncodedImage encode(const ImageView& picture) override { return encoder_.encode(picture, settings()); }

 private:
  webp::Encoder encoder_;
};

const ElementInfo info{
    .type_name = "MpqWebpEnc",
    .long_name = "MPQ WebP encoder",
    .klass = "Codec/Encoder/Image",
    .description = "Encodes pictures as WebP, at qualities down to 0",
    .pads = {sink_pad(
                 "video/x-raw, format={ RGB, RGBA, I420, GRAY8 }, width=[ 1, 16383 ], height=[ 1, 16383 ], "
                 "framerate=(fraction)[ 0, max ]"),
             src_pad("image/webp, width=[ 1, 16383 ], height=[ 1, 16383 ], framerate=(fraction)[ 0, max ]")},
    .properties = {real("quality", &Settings::quality, 0, 100,
                        "Quality, 0 (smallest) to 100 (best); lossless: effort, 0 (fast) to 100 (small)",
                        Mutable::playing),
                   integer("method", &Settings::method, 0, 6, "Effort, 0 (fast) to 6 (small)",
                           Mutable::playing),
                   enumeration<Settings, Preset>("preset", &Settings::preset, "MpqWebpPreset",
                                                 {{Preset::default_, "default", "Any picture"},
                                                  {Preset::picture, "picture", "Portrait, indoors"},
                                                  {Preset::photo, "photo", "Outdoors, natural light"},
                                                  {Preset::drawing, "drawing", "Line art with high contrast"},
                                                  {Preset::icon, "icon", "Small and colourful"},
                                                  {Preset::text, "text", "Text-like"}},
                                                 "Tuning for a kind of picture", Mutable::playing),
                   boolean("lossless", &Settings::lossless, "Code without loss", Mutable::playing),
                   integer("near-lossless", &Settings::near_lossless, 0, 100,
                           "With lossless: 100 keeps every pixel, less changes some for size",
                           Mutable::playing),
                   integer("alpha-quality", &Settings::alpha_quality, 0, 100,
                           "Quality of the transparency, 100 codes it without loss", Mutable::playing),
                   boolean("exact", &Settings::exact, "Keep the colours of fully transparent pixels",
                           Mutable::playing)},
    .create = [] { return std::make_unique<WebpEnc>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqwebpenc, mpq::gst::VideoEncoder, mpq::gst::info)
