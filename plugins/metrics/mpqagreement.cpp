// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqagreement
 * @title: mpqagreement
 *
 * How often a classifier says of distorted pictures what the same classifier says of the undistorted ones: no
 * labels are needed. Put mpqvit before each pad. This is mpqaccuracy with a second stream for the truth, and
 * an element of its own because it waits for that stream and has the pads of a full-reference metric, where
 * mpqaccuracy passes one stream on.
 *
 * Pictures pair by running time, whatever their sizes and formats; what finds no partner is counted. src
 * carries the lowest-numbered distorted stream on, with its results as metas.
 *
 * Posts metric "agreement", a result for each distorted input: for a frame 1 or 0, with the distorted
 * picture's answer as label and details true-class (the reference's), class and top-5; pooled the share of
 * equal answers, details as mpqaccuracy's and, of-REFERENCE-as-ANSWER, the confusion matrix. Where one of the
 * two carries no classifier's result, or an earlier frame's, the frame's value is NaN, and it is counted
 * (unclassified-frames, stale-frames) and not scored.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m mpqfoldersrc folder=pictures ! tee name=t ! queue ! \
 *     mpqvit model-file=vit.safetensors ! a.ref_sink  t. ! queue ! mpqjpegenc ! mpqjpegdec ! \
 *     mpqvit model-file=vit.safetensors ! a.dist_0  mpqagreement name=a ! fakesink
 * ]|
 */
#include <limits>
#include <map>

#include "gst/full_reference.h"
#include "plugins/metrics/classification_score.h"

namespace mpq::gst {
namespace {

struct Settings : PairingSettings, ScoreSettings {};

struct Pool {
  accuracy::Score score;
  MissingAnswers missing;
};

class Agreement final : public PoolingReference<Settings, Pool> {
 public:
  void set_video_format(const GstVideoInfo&) override {}
  bool takes_unlike_pictures() const override { return true; }

  std::vector<Result> compare_pictures(GstVideoFrame* reference,
                                       std::span<const DistortedPicture> distorted) override {
    const auto truth = attached_classification(reference->buffer);
    std::vector<Result> results;
    for (const auto& [input, frame] : distorted)
      results.push_back(compare(input, truth, attached_classification(frame->buffer)));
    return results;
  }

  Result pooled_input(std::size_t input) const override {
    const Pool pool = pool_of(input);
    Result result;
    result.metric = "agreement";
    result.unit = "equal";
    describe(result, pool.score, settings());
    describe_missing(result, pool.missing);
    describe_confusion(result, pool.score);
    return result;
  }

 private:
  Result compare(std::size_t input, const std::optional<Classification>& truth,
                 const std::optional<Classification>& given) {
    Result result;
    result.metric = "agreement";
    result.unit = "equal";
    result.value = std::numeric_limits<double>::quiet_NaN();
    const int k = settings().top_k;
    const std::lock_guard lock(state_mutex);
    Pool& pool = pools_[input];
    if (pool.missing.count(truth) || pool.missing.count(given)) return result;
    const accuracy::Label label{truth->answer.classes.front(), truth->answer.label};
    describe(result, pool.score.add(label, given->answer, k), label, given->answer, k);
    return result;
  }
};

std::vector<Property> properties() {
  auto all = score_properties<Settings>();
  for (auto& property : pairing_properties<Settings>()) all.push_back(property);
  return all;
}

const ElementInfo info{
    .type_name = "MpqAgreement",
    .long_name = "MPQ classifier agreement meter",
    .klass = "Filter/Analyzer/Video",
    .description = "How often a classifier says the same of distorted pictures as of a reference",
    .pads = full_reference_pads("video/x-raw"),
    .properties = properties(),
    .create = [] { return std::make_unique<Agreement>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqagreement, mpq::gst::FullReference, mpq::gst::info)
