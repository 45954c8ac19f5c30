// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqvit
 * @title: mpqvit
 *
 * Classifies each picture with a Vision Transformer of any published size and passes it on. The weights are a
 * file with timm's names (vit_tiny_patch16_224) or Hugging Face's (google/vit-base-patch16-224), as
 * safetensors or PyTorch; config.json and preprocessor_config.json beside it are read. The most probable
 * class leaves as a result of the metric "classification": its probability, its label, and the details
 * class-1, probability-1 and so on for the best `top-k`.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m filesrc location=photo.png ! pngdec ! mpqvit model-file=vit.safetensors ! fakesink
 * ]|
 */
#include <algorithm>
#include <array>
#include <fstream>
#include <iomanip>

#include "core/text.h"
#include "gst/analytics.h"
#include "gst/task.h"
#include "gst/text_overlay.h"
#include "gst/video.h"
#include "models/model_store.h"
#include "tasks/vit/vit.h"

namespace mpq::gst {
namespace {

enum class FitChoice { automatic, squeeze, crop };
enum class FilterChoice { automatic, bilinear, bicubic };

struct Settings : TaskSettings {
  std::string head_file, labels_file;
  int top_k = 5;
  int batch_size = 1;
  int input_size = 0, short_side = 0;
  FitChoice fit = FitChoice::automatic;
  FilterChoice filter = FilterChoice::automatic;
  std::vector<double> mean, deviation;
  bool overlay = false;
};

std::vector<std::string> read_lines(const std::string& file) {
  std::ifstream stream(file);
  if (!stream)
    throw Error(ErrorCode::io, text("the labels file ", file, " cannot be read"), "Check its name");
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Vit final : public WithSettings<Task, Settings> {
 public:
  void load() override {
    const Settings s = settings();
    if (s.model_file.empty())
      throw Error(ErrorCode::invalid_argument, "no model is named",
                  "Set model-file to the weights of a Vision Transformer");
    const std::filesystem::path weights = find_model(s.model_file);
    const std::filesystem::path head = s.head_file.empty() ? "" : find_model(s.head_file);
    const auto model = vit::Model::load(weights, head, s.options(), s.input_size);
    classifier_.emplace(model, preprocessing(s, weights), s.batch_size);
    labels_ = s.labels_file.empty() ? model->labels() : read_lines(s.labels_file);
    if (s.overlay) overlay_.emplace();
    GST_INFO_OBJECT(gobject(), "loaded %s in %s", s.model_file.c_str(), model->precision());
  }

  void unload() override { classifier_.reset(); }

  void set_caps(const GstCaps* caps) override {
    if (!gst_video_info_from_caps(&info_, caps))
      throw Error(ErrorCode::unsupported, text("these caps are no picture's: ", to_string(caps)));
  }

  Result infer(GstBuffer* buffer) override {
    const MappedFrame frame(info_, buffer, GST_MAP_READ);
    const auto scores = vit::best(classifier_->logits(frame.view()), settings().top_k);
    Result result = new_result("classification", Scope::frame, "probability");
    result.value = scores.front().probability;
    result.label = label_of(scores.front().index);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      result.details.emplace_back(text("class-", i + 1), scores[i].index);
      result.details.emplace_back(text("probability-", i + 1), scores[i].probability);
    }
    return result;
  }

  void decorate(const Result& result, GstBuffer* buffer) override {
    const std::vector<ClassScore> scores = scores_of(result);
    attach_classification(buffer, scores);
    if (!settings().overlay) return;
    if (!overlay_) overlay_.emplace();
    const bool stale = find_detail(result, "stale").has_value();
    overlay_->draw(lines(scores, stale), MappedFrame(info_, buffer, GST_MAP_READWRITE).mutable_view());
  }

 protected:
  LateSettings late_settings() const override { return settings(); }

 private:
  static vit::Preprocessing preprocessing(const Settings& s, const std::filesystem::path& weights) {
    const auto published = vit::read_preprocessing(weights.parent_path() / "preprocessor_config.json");
    vit::Preprocessing p = published.value_or(vit::Preprocessing{});
    if (s.fit == FitChoice::squeeze) p.fit = vit::Fit::squeeze;
    if (s.fit == FitChoice::crop) {
      p.fit = vit::Fit::crop;
      p.filter = ResizeFilter::bicubic;
    }
    if (s.filter == FilterChoice::bilinear) p.filter = ResizeFilter::bilinear;
    if (s.filter == FilterChoice::bicubic) p.filter = ResizeFilter::bicubic;
    if (s.short_side > 0) p.short_side = s.short_side;
    replace("mean", s.mean, &p.mean);
    replace("std", s.deviation, &p.deviation);
    return p;
  }

  static void replace(const char* property, const std::vector<double>& values, std::array<float, 3>* target) {
    if (values.empty()) return;
    if (values.size() != target->size())
      throw Error(ErrorCode::invalid_argument, text(property, " has ", values.size(), " values instead of 3"),
                  "Give one for each of red, green and blue, or none");
    std::transform(values.begin(), values.end(), target->begin(),
                   [](double value) { return static_cast<float>(value); });
  }

  std::string label_of(int index) const {
    const auto i = static_cast<std::size_t>(index);
    return i < labels_.size() && !labels_[i].empty() ? labels_[i] : std::to_string(index);
  }

  std::vector<ClassScore> scores_of(const Result& result) const {
    std::vector<ClassScore> scores;
    for (std::size_t i = 0; i + 1 < result.details.size(); i += 2) {
      const auto& [name, index] = result.details[i];
      if (!name.starts_with("class-")) break;
      scores.push_back({label_of(static_cast<int>(index)), result.details[i + 1].second});
    }
    return scores;
  }

  static std::vector<std::string> lines(const std::vector<ClassScore>& scores, bool stale) {
    std::vector<std::string> all;
    for (const ClassScore& score : scores) {
      if (all.size() == 10) break;  // more would hide the picture
      all.push_back(text(score.label, "  ", std::fixed, std::setprecision(1), 100 * score.probability, " %"));
    }
    if (!all.empty() && stale) all.front() += " (stale)";
    return all;
  }

  GstVideoInfo info_{};
  std::optional<vit::Classifier> classifier_;
  std::vector<std::string> labels_;
  std::optional<TextOverlay> overlay_;  ///< from when it is asked for
};

std::vector<Property> properties() {
  auto all = task_properties<Settings>();
  all.push_back(string("head-file", &Settings::head_file,
                       "A file with head.weight and head.bias that replaces the classifier"));
  all.push_back(string("labels-file", &Settings::labels_file,
                       "Names of the classes, one a line (empty = those that come with the weights)"));
  all.push_back(
      integer("top-k", &Settings::top_k, 1, 1000, "How many classes a result lists", Mutable::playing));
  all.push_back(enumeration<Settings, FitChoice>(
      "fit", &Settings::fit, "MpqVitFit",
      {{FitChoice::automatic, "auto", "As preprocessor_config.json says; squeeze without it"},
       {FitChoice::squeeze, "squeeze", "The whole picture to the network's size, bilinear (Hugging Face)"},
       {FitChoice::crop, "crop", "The short side to short-side, bicubic, then the centre (timm)"}},
      "How a picture becomes the network's input"));
  all.push_back(enumeration<Settings, FilterChoice>(
      "filter", &Settings::filter, "MpqVitFilter",
      {{FilterChoice::automatic, "auto", "As preprocessor_config.json or fit says"},
       {FilterChoice::bilinear, "bilinear", "Bilinear, antialiased"},
       {FilterChoice::bicubic, "bicubic", "Bicubic, antialiased"}},
      "What a picture is resized with"));
  all.push_back(integer("short-side", &Settings::short_side, 0, 8192,
                        "Pixels of the short side before the crop (0 = as published: input size / 0.9)"));
  all.push_back(integer("input-size", &Settings::input_size, 0, 4096,
                        "Pixels, width and height, that the network looks at (0 = those of its training); "
                        "position embeddings are interpolated for others"));
  all.push_back(
      numbers("mean", &Settings::mean, -10, 10,
              "Of red, green and blue (0 to 1), subtracted before the network (none = as published)"));
  all.push_back(
      numbers("std", &Settings::deviation, 1e-6, 10,
              "Of red, green and blue (0 to 1), divided by before the network (none = as published)"));
  all.push_back(integer("batch-size", &Settings::batch_size, 1, 64,
                        "Most pictures that are computed at once where several elements share the weights; "
                        "none waits for others"));
  all.push_back(boolean("overlay", &Settings::overlay,
                        "Draw the label and probability of the best classes onto the picture",
                        Mutable::playing));
  return all;
}

const ElementInfo info{
    .type_name = "MpqVit",
    .long_name = "MPQ Vision Transformer",
    .klass = "Filter/Analyzer/Video",
    .description = "Classifies pictures with a Vision Transformer",
    .pads = {sink_pad("video/x-raw, format=RGB, width=[ 1, 65535 ], height=[ 1, 65535 ], "
                      "framerate=(fraction)[ 0, max ]"),
             src_pad("video/x-raw, format=RGB, width=[ 1, 65535 ], height=[ 1, 65535 ], "
                     "framerate=(fraction)[ 0, max ]")},
    .properties = properties(),
    .create = [] { return std::make_unique<Vit>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqvit, mpq::gst::Task, mpq::gst::info)
