// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqmiou
 * @title: mpqmiou
 *
 * How well predicted label maps (a segmentation) cover the true ones. ref_sink takes the truth, from
 * mpqfoldersrc's pad "mask" or from the same model on undistorted pictures; each dist_%u takes a prediction.
 * GRAY8 and GRAY16_LE maps hold a class in each pixel; an RGB map is read in ADE20K's own coding (class = R /
 * 10 * 256 + G, 0 is none). The two sides may differ in these formats.
 *
 * Pixels whose stored truth is `ignore-index` do not count. With `reduce-zero-label` the truth's 0 does not
 * count either, and 1 is the prediction's class 0: so ADE20K's maps of 150 classes fit what SegFormer
 * predicts. A prediction of another size than the truth is an error, unless `resize-prediction` allows to
 * take its nearest pixels.
 *
 * Pictures pair by running time; what finds no partner is counted. src carries the lowest-numbered prediction
 * on, with its results as metas.
 *
 * Posts metric "miou". Pooled: the value is the data set's mIoU, that is the mean over classes of
 * intersection over union of all pixels of all images; details iou-CLASS, pixel-accuracy, classes (those
 * that occur in truth or prediction: the mean is over these), pixels (that count), and per-image-miou, the
 * mean of the images' own mIoU, which is another measure. Frame: the image's own mIoU, details iou-CLASS and
 * pixel-accuracy.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=3 ! video/x-raw,format=GRAY8 ! tee name=t ! queue ! m.ref_sink \
 *     t. ! queue ! m.dist_0  mpqmiou name=m ! fakesink
 * ]|
 */
#include "metrics/miou/miou.h"

#include "core/text.h"
#include "gst/full_reference.h"
#include "gst/sample.h"

namespace mpq::gst {
namespace {

struct Settings : PairingSettings {
  int ignore_index = 255;
  bool reduce_zero_label = false;
  bool resize_prediction = false;
};

miou::Coding coding_of(const GstVideoFrame* frame) {
  switch (GST_VIDEO_FRAME_FORMAT(frame)) {
    case GST_VIDEO_FORMAT_GRAY8:
      return miou::Coding::index8;
    case GST_VIDEO_FORMAT_GRAY16_LE:
      return miou::Coding::index16;
    default:
      return miou::Coding::ade20k;
  }
}

miou::LabelMap map_of(const GstVideoFrame* frame) {
  return {coding_of(frame), GST_VIDEO_FRAME_WIDTH(frame), GST_VIDEO_FRAME_HEIGHT(frame),
          static_cast<const std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(frame, 0)),
          GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0)};
}

void describe(Result& result, const miou::Counts& counts) {
  result.metric = "miou";
  result.unit = "mIoU";
  result.value = counts.mean_iou();
  result.details.emplace_back("pixel-accuracy", counts.pixel_accuracy());
  for (const auto& [index, pixels] : counts.classes)
    result.details.emplace_back(text("iou-", index), pixels.iou());
}

class Miou final : public PoolingReference<Settings, miou::Pool> {
 public:
  void set_video_format(const GstVideoInfo&) override {}
  bool takes_unlike_pictures() const override { return true; }

  std::vector<Result> compare_pictures(GstVideoFrame* reference,
                                       std::span<const DistortedPicture> distorted) override {
    const Settings s = settings();
    const miou::Options options{s.ignore_index < 0 ? std::nullopt : std::optional(s.ignore_index),
                                s.reduce_zero_label, s.resize_prediction};
    std::vector<Result> results;
    for (const auto& [input, frame] : distorted) {
      const miou::Counts counts = compare(reference, frame, options);
      describe(results.emplace_back(), counts);
      const std::lock_guard lock(state_mutex);
      pools_[input].add(counts);
    }
    return results;
  }

  Result pooled_input(std::size_t input) const override {
    const miou::Pool pool = pool_of(input);
    Result result;
    describe(result, pool.all());
    result.details.emplace_back("per-image-miou", pool.per_image_mean_iou());
    result.details.emplace_back("classes", static_cast<double>(pool.all().classes.size()));
    result.details.emplace_back("pixels", static_cast<double>(pool.all().pixels));
    return result;
  }

 private:
  // The library does not know which picture of the data set it is.
  static miou::Counts compare(GstVideoFrame* reference, GstVideoFrame* frame, const miou::Options& options) {
    try {
      return miou::compare(map_of(reference), map_of(frame), options);
    } catch (const Error& error) {
      const auto sample = attached_sample(reference->buffer);
      if (!sample) throw;
      throw Error(error.code(), text(sample->name, ": ", error.what()), error.remedy());
    }
  }
};

std::vector<Property> properties() {
  auto all = pairing_properties<Settings>();
  all.push_back(integer("ignore-index", &Settings::ignore_index, -1, 65535,
                        "Pixels whose truth, as stored, is this do not count (-1 = all do)",
                        Mutable::playing));
  all.push_back(boolean("reduce-zero-label", &Settings::reduce_zero_label,
                        "The truth's 0 does not count, and its other classes are the prediction's plus one",
                        Mutable::playing));
  all.push_back(boolean("resize-prediction", &Settings::resize_prediction,
                        "Take a prediction of another size than the truth at its nearest pixels",
                        Mutable::playing));
  return all;
}

const ElementInfo info{
    .type_name = "MpqMiou",
    .long_name = "MPQ mIoU meter",
    .klass = "Filter/Analyzer/Video",
    .description = "Intersection over union of predicted label maps and the true ones",
    .pads = full_reference_pads("video/x-raw, format={ GRAY8, GRAY16_LE, RGB }, width=(int)[ 1, max ], "
                                "height=(int)[ 1, max ], framerate=(fraction)[ 0, max ]"),
    .properties = properties(),
    .create = [] { return std::make_unique<Miou>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqmiou, mpq::gst::FullReference, mpq::gst::info)
