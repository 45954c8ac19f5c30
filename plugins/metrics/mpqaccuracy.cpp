// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqaccuracy
 * @title: mpqaccuracy
 *
 * How often the classifier before it is right: put it behind mpqvit. The truth is on the pictures, where
 * mpqfoldersrc read it, or follows from their names by `labels-file` (CSV with the columns file, and index or
 * label, or JSON) or `label-pattern` (a regular expression whose first group is the label; digits are an
 * index). It counts by index where the truth has one, otherwise by name. Codecs and conversions between
 * mpqfoldersrc and here keep the names on the pictures. To compare with what the same classifier says of
 * undistorted pictures, see mpqagreement: that takes a second stream, and so other pads than a meter has.
 *
 * Posts metric "accuracy": for each frame 1 or 0, with the answer as label and details true-class, class and
 * top-k; pooled the share of right answers (top-1), details top-1-low and top-1-high (Wilson's interval of
 * `confidence`), correct-frames, top-5 and its interval where it can be told (the truth has indices, and the
 * classifier lists as many classes), unclassified-frames, which carry no classifier's result, and
 * stale-frames, which carry an earlier frame's: neither is scored. Pooled, too, the metric "confusion": the
 * value counts wrong answers, details of-TRUTH-as-ANSWER all cells that are not 0; `confusion-file` gets the
 * whole matrix as CSV.
 *
 * A picture without a label is an error, as is a stream without any classifier's result.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m mpqfoldersrc folder=pictures labels-file=pictures/labels.csv ! mpqvit model-file=vit.safetensors ! \
 *     mpqaccuracy ! fakesink
 * ]|
 */
#include "gst/meter.h"
#include "gst/sample.h"
#include "plugins/metrics/classification_score.h"

namespace mpq::gst {
namespace {

struct Settings : ScoreSettings {
  std::string labels_file, label_pattern, confusion_file;
};

class Accuracy final : public WithSettings<Meter, Settings> {
 public:
  void set_caps(const GstCaps*) override {}

  void measure(GstBuffer* buffer) override {
    const auto found = attached_classification(buffer);
    {
      const std::lock_guard lock(state_mutex);
      if (missing_.count(found)) return;
    }
    const accuracy::Label truth = truth_of(buffer);
    const int k = settings().top_k;
    Result result = new_result("accuracy", Scope::frame, "correct");
    set_times(result, buffer);
    {
      const std::lock_guard lock(state_mutex);
      result.index = score_.frames();
      describe(result, score_.add(truth, found->answer, k), truth, found->answer, k);
    }
    attach_result(buffer, result);
    publisher().publish(gobject(), result);
  }

  void finish() override {
    accuracy::Score score;
    std::uint64_t unclassified = 0;
    {
      const std::lock_guard lock(state_mutex);
      score = score_;
      unclassified = missing_.unclassified;
    }
    if (score.frames() == 0 && unclassified > 0)
      throw Error(ErrorCode::invalid_argument,
                  text("none of ", unclassified, " pictures carries a classifier's result"),
                  "Put a classifier, such as mpqvit, before this element");
    if (const auto names = score.foreign_names(); names && score.frames() > 1)
      post_warning(gobject(),
                   text("no label is a name that the classifier gave: \"", names->first, "\" against \"",
                        names->second, '"'),
                   "Where both name the same class, use indices or one set of names");
    if (const std::string file = settings().confusion_file; !file.empty()) score.write_confusion(file);
  }

  std::vector<Result> pooled() const override {
    Result accuracy = new_result("accuracy", Scope::pooled, "correct");
    describe(accuracy, score_, settings());
    describe_missing(accuracy, missing_);
    Result confusion = new_result("confusion", Scope::pooled, "frame");
    confusion.index = score_.frames();
    confusion.value = static_cast<double>(score_.frames() - score_.top_1());
    describe_confusion(confusion, score_);
    return {accuracy, confusion};
  }

  void reset_results() override {
    score_ = {};
    missing_ = {};
  }

 private:
  accuracy::Label truth_of(GstBuffer* buffer) {
    const auto sample = attached_sample(buffer);
    if (!sample)
      throw Error(ErrorCode::invalid_argument, "a picture has no name, and so no label",
                  "Read the pictures with mpqfoldersrc, whose names encoders and decoders keep");
    const Settings s = settings();
    if (!s.labels_file.empty()) return look_up(labels_, s.labels_file, sample->name);
    if (!s.label_pattern.empty()) return look_up(pattern_, s.label_pattern, sample->name);
    const accuracy::Label label{sample->index, sample->label};
    if (!label.known())
      throw Error(ErrorCode::invalid_argument, text(sample->name, " has no label"),
                  "Set labels-file or label-pattern, here or of mpqfoldersrc");
    return label;
  }

  // What a property names, and the property.
  template <class Source>
  using Loaded = std::optional<std::pair<std::string, Source>>;

  template <class Source>
  static accuracy::Label look_up(Loaded<Source>& loaded, const std::string& property,
                                 const std::string& name) {
    if (!loaded || loaded->first != property) loaded.emplace(property, Source(property));
    return loaded->second.of(name);
  }

  // Streaming thread only.
  Loaded<accuracy::Labels> labels_;
  Loaded<accuracy::LabelPattern> pattern_;

  // Guarded by state_mutex.
  accuracy::Score score_;
  MissingAnswers missing_;
};

std::vector<Property> properties() {
  auto all = score_properties<Settings>();
  all.push_back(
      string("labels-file", &Settings::labels_file,
             "A CSV or JSON file with the index or label of every picture (empty = as they carry it)"));
  all.push_back(string("label-pattern", &Settings::label_pattern,
                       "A regular expression whose first group is the label in a picture's name (empty = as "
                       "they carry it)"));
  all.push_back(string("confusion-file", &Settings::confusion_file,
                       "Write the confusion matrix to this CSV file at the end (empty = no file)"));
  return all;
}

const ElementInfo info{
    .type_name = "MpqAccuracy",
    .long_name = "MPQ accuracy meter",
    .klass = "Filter/Analyzer/Video",
    .description = "How often a classifier is right about labelled pictures: top-1, top-k, confusion",
    .pads = {sink_pad("video/x-raw(ANY)"), src_pad("video/x-raw(ANY)")},
    .properties = properties(),
    .create = [] { return std::make_unique<Accuracy>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqaccuracy, mpq::gst::Meter, mpq::gst::info)
