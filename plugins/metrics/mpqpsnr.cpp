// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqpsnr
 * @title: mpqpsnr
 *
 * Peak signal-to-noise ratio of one or more distorted streams against a reference: pictures of 8 to 16 bits
 * (peak 2^depth - 1; alpha does not count) and audio (peak 1).
 *
 * Pictures pair by running time, audio by sample position whatever the buffer sizes; audio is scored in
 * windows, which span no gap. What finds no partner is counted and never compared. Both sides must agree in
 * size, format, rate and channels; videoconvert, videoscale, audioconvert or audioresample before dist_%u
 * take the reference's by themselves. Samples are compared as they are stored: streams of different
 * colorimetry want a conversion first.
 *
 * Streams wait for each other: beside a codec that looks ahead, the queue before ref_sink must hold as many
 * pictures (max-size-buffers, max-size-bytes, max-size-time). Containers that round timestamps want a
 * tolerance, Matroska 1000000.
 *
 * src carries the lowest-numbered distorted stream on, with its results as metas. Further ones are scored and
 * consumed.
 *
 * Posts metric "psnr" in dB. Frame results: the value over all samples of all components, details mse and
 * psnr-y, psnr-u, psnr-v (or -r, -g, -b). Pooled: the value is the mean of the per-frame values, identical
 * frames left out (details identical-frames counts them); psnr-of-mse is the value of the mean squared error
 * over all samples; unmatched-frames and missing-frames (for audio -samples) count what only the distorted
 * stream has, and what only the reference has. Identical inputs give infinity.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=30 ! video/x-raw,format=RGB ! tee name=t ! queue ! p.ref_sink \
 *     t. ! queue ! mpqjpegenc ! mpqjpegdec ! p.dist_0  mpqpsnr name=p ! fakesink
 * ]|
 */
#include "metrics/psnr/psnr.h"

#include <algorithm>
#include <array>
#include <map>

#include "core/text.h"
#include "gst/full_reference.h"
#include "gst/video_layout.h"

namespace mpq::gst {
namespace {

using ComponentNames = std::array<const char*, 3>;

bool is_native(GstVideoFormat format, const GstVideoFormatInfo* info) {
  return GST_VIDEO_FORMAT_INFO_DEPTH(info, 0) <= 8 || format == GST_VIDEO_FORMAT_ARGB64 ||
         format == GST_VIDEO_FORMAT_AYUV64 ||
         GST_VIDEO_FORMAT_INFO_IS_LE(info) == (G_BYTE_ORDER == G_LITTLE_ENDIAN);
}

// Formats whose samples stand alone in bytes or native 16-bit words, with one depth for all components.
bool is_comparable(GstVideoFormat format) {
  const GstVideoFormatInfo* info = gst_video_format_get_info(format);
  const auto depth = GST_VIDEO_FORMAT_INFO_DEPTH(info, 0);
  bool plain = depth >= 8 && is_native(format, info) && !GST_VIDEO_FORMAT_INFO_IS_COMPLEX(info) &&
               !GST_VIDEO_FORMAT_INFO_IS_TILED(info) && !GST_VIDEO_FORMAT_INFO_HAS_PALETTE(info);
  for (guint c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS(info); ++c) {
    const bool aligned =
        GST_VIDEO_FORMAT_INFO_POFFSET(info, c) % (depth > 8 ? 2 : 1) == 0;  // not P016 in 1.22
    plain = plain && GST_VIDEO_FORMAT_INFO_DEPTH(info, c) == depth &&
            GST_VIDEO_FORMAT_INFO_SHIFT(info, c) == 0 && aligned;
  }
  return plain && lies_as_described(format);
}

std::string caps() {
  std::string formats = "RGB, I420, GRAY8";  // what a source that can choose is asked for first
  guint count = 0;
  const GstVideoFormat* all = gst_video_formats_raw(&count);
  for (guint i = 0; i < count; ++i) {
    if (is_comparable(all[i])) formats += text(", ", gst_video_format_to_string(all[i]));
  }
  return text("video/x-raw, format={ ", formats, " }, width=(int)[ 1, max ], height=(int)[ 1, max ], "
              "framerate=(fraction)[ 0, max ]; audio/x-raw, format={ " GST_AUDIO_NE(S16) ", " GST_AUDIO_NE(F32) ", "
              GST_AUDIO_NE(F64) " }, layout=interleaved, rate=(int)[ 1, max ], channels=(int)[ 1, max ]");
}

psnr::Picture to_picture(const GstVideoFrame* frame) {
  psnr::Picture picture;
  picture.depth = static_cast<int>(GST_VIDEO_FRAME_COMP_DEPTH(frame, 0));
  picture.component_count = std::min(3, static_cast<int>(GST_VIDEO_FRAME_N_COMPONENTS(frame)));
  for (int c = 0; c < picture.component_count; ++c) {
    picture.components[static_cast<std::size_t>(c)] = {.data = GST_VIDEO_FRAME_COMP_DATA(frame, c),
                                                       .row_stride = GST_VIDEO_FRAME_COMP_STRIDE(frame, c),
                                                       .pixel_stride = GST_VIDEO_FRAME_COMP_PSTRIDE(frame, c),
                                                       .width = GST_VIDEO_FRAME_COMP_WIDTH(frame, c),
                                                       .height = GST_VIDEO_FRAME_COMP_HEIGHT(frame, c)};
  }
  return picture;
}

class Psnr final : public PoolingReference<PairingSettings, psnr::Pool> {
 public:
  void set_video_format(const GstVideoInfo& info) override {
    const std::lock_guard lock(state_mutex);
    names_ = GST_VIDEO_INFO_IS_RGB(&info) ? ComponentNames{"psnr-r", "psnr-g", "psnr-b"}
                                          : ComponentNames{"psnr-y", "psnr-u", "psnr-v"};
  }

  void set_audio_format(const GstAudioInfo& info) override {
    channels_ = static_cast<std::size_t>(info.channels);
    kind_ = GST_AUDIO_INFO_FORMAT(&info) == GST_AUDIO_FORMAT_S16   ? psnr::AudioKind::s16
            : GST_AUDIO_INFO_FORMAT(&info) == GST_AUDIO_FORMAT_F32 ? psnr::AudioKind::f32
                                                                   : psnr::AudioKind::f64;
  }

  std::vector<Result> compare_pictures(GstVideoFrame* reference,
                                       std::span<const DistortedPicture> distorted) override {
    const psnr::Picture original = to_picture(reference);
    std::vector<Result> results;
    for (const auto& [input, frame] : distorted) {
      const auto errors = psnr::squared_error(original, to_picture(frame));
      results.push_back(score(input, errors, original.component_count, original.peak()));
    }
    return results;
  }

  Result compare_audio(std::size_t input, const void* reference, const void* distorted,
                       std::size_t frames) override {
    psnr::SquaredErrors errors{};
    errors[0] = psnr::squared_error(kind_, reference, distorted, frames * channels_);
    return score(input, errors, 1, psnr::audio_peak);
  }

  Result pooled_input(std::size_t input) const override {
    Result result;
    result.metric = "psnr";
    result.unit = "dB";
    const psnr::PooledScores scores = pool_of(input).pooled();
    result.value = scores.all.mean_psnr;
    result.details = {{"psnr-of-mse", scores.all.psnr_of_mse},
                      {"mse", scores.all.mse},
                      {"identical-frames", static_cast<double>(scores.all.identical_frames)}};
    for (std::size_t c = 0; scores.components > 1 && c < static_cast<std::size_t>(scores.components); ++c) {
      result.details.emplace_back(names_[c], scores.component[c].mean_psnr);
      result.details.emplace_back(text(names_[c], "-of-mse"), scores.component[c].psnr_of_mse);
    }
    if (scores.non_finite > 0)
      result.details.emplace_back("non-finite-samples", static_cast<double>(scores.non_finite));
    return result;
  }

 private:
  Result score(std::size_t input, const psnr::SquaredErrors& errors, int components, double peak) {
    const psnr::FrameScore frame = psnr::score(errors, components, peak);
    {
      const std::lock_guard lock(state_mutex);
      pools_[input].add(frame, errors);
    }
    Result result;
    result.metric = "psnr";
    result.unit = "dB";
    result.value = frame.psnr;
    result.details = {{"mse", frame.mse}};
    for (std::size_t c = 0; components > 1 && c < static_cast<std::size_t>(components); ++c) {
      result.details.emplace_back(names_[c], frame.component_psnr[c]);
    }
    if (frame.non_finite > 0)
      result.details.emplace_back("non-finite-samples", static_cast<double>(frame.non_finite));
    return result;
  }

  ComponentNames names_{"psnr-y", "psnr-u", "psnr-v"};  // guarded by state_mutex
  psnr::AudioKind kind_ = psnr::AudioKind::s16;
  std::size_t channels_ = 1;
};

const ElementInfo info{
    .type_name = "MpqPsnr",
    .long_name = "MPQ PSNR meter",
    .klass = "Filter/Analyzer/Video/Audio",
    .description = "Peak signal-to-noise ratio of distorted pictures or audio against a reference",
    .pads = full_reference_pads(caps()),
    .properties = pairing_properties(),
    .create = [] { return std::make_unique<Psnr>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqpsnr, mpq::gst::FullReference, mpq::gst::info)
