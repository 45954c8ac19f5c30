// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqsegformer
 * @title: mpqsegformer
 *
 * Finds the class of each pixel with a SegFormer, b0 to b5. The weights are a file with Hugging Face's names
 * (nvidia/segformer-b0-finetuned-ade-512-512), as safetensors or PyTorch; config.json and
 * preprocessor_config.json beside it are read. Pictures are squeezed to the published size (512x512 without a
 * preprocessor_config.json) or keep their own; the label map has the picture's size.
 *
 * `output` says what leaves: the picture itself with the label map as a meta (MpqLabelMapMeta), the label map
 * in the picture's place, or the picture coloured by it, with a legend. A label map is raw video of the
 * format GRAY8, or GRAY16_LE for more than 256 classes, whose values are class indices: 0 to 149 for ADE20K's
 * 150, of which 0 is "wall". There is no value for "unlabelled".
 *
 * The result of the metric "segmentation" says how much of the picture each class has.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=photo.png ! pngdec ! mpqsegformer model-file=segformer.safetensors \
 *     output=overlay ! pngenc ! filesink location=coloured.png
 * ]|
 */
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/text.h"
#include "gst/label_map.h"
#include "gst/task.h"
#include "gst/text_overlay.h"
#include "gst/video.h"
#include "models/model_store.h"
#include "tasks/segformer/classes.h"

namespace mpq::gst {
namespace {

enum class Output { pass, gray8, gray16, overlay };
enum class Fit { squeeze, native };

struct Settings : TaskSettings {
  std::string labels_file;
  Output output = Output::pass;
  Fit fit = Fit::squeeze;
  int input_width = 0, input_height = 0;
  int top_k = 0;
  int batch_size = 1;
  float opacity = 0.5F;
  bool legend = true;
};

class Segformer final : public WithSettings<Task, Settings> {
 public:
  void load() override {
    const Settings s = settings();
    if (s.model_file.empty())
      throw Error(ErrorCode::invalid_argument, "no model is named",
                  "Set model-file to the weights of a SegFormer");
    const std::filesystem::path weights = find_model(s.model_file);
    const auto model = segformer::Model::load(weights, s.options());
    const int count = model->shape().classes;
    if (s.output == Output::gray8 && count > 256)
      throw Error(ErrorCode::invalid_argument,
                  text("GRAY8 has no room for the ", count, " classes of ", s.model_file),
                  "Set output=label-map-16");
    segmenter_.emplace(model, preprocessing(s, weights), s.batch_size);
    classes_ = s.labels_file.empty() ? segformer::classes_with(model->labels(), count)
                                     : segformer::read_classes(s.labels_file, count);
    if (s.output == Output::overlay && s.legend) overlay_.emplace();
    output_ = static_cast<int>(s.output);
    GST_INFO_OBJECT(gobject(), "loaded %s (%s) in %s", s.model_file.c_str(),
                    segformer::variant(model->shape()).c_str(), model->precision());
  }

  void unload() override {
    segmenter_.reset();
    output_ = unknown;
  }

  bool replaces_stream() const override { return output() == Output::gray8 || output() == Output::gray16; }

  CapsPtr other_caps(GstPadDirection direction, const GstCaps* caps) const override {
    CapsPtr other(gst_caps_copy(caps));
    const char* const format = direction == GST_PAD_SRC ? "RGB" : gst_video_format_to_string(map_format());
    for (guint i = 0; i < gst_caps_get_size(other.get()); ++i) {
      GstStructure* const structure = gst_caps_get_structure(other.get(), i);
      gst_structure_remove_fields(structure, "colorimetry", "chroma-site", nullptr);
      gst_structure_set(structure, "format", G_TYPE_STRING, format, nullptr);
    }
    return other;
  }

  BufferPtr new_output() const override {
    GstBuffer* const buffer = gst_buffer_new_allocate(nullptr, map_info_.size, nullptr);
    if (buffer == nullptr)
      throw Error(ErrorCode::limit_exceeded, "there is not enough memory for a label map");
    return BufferPtr(buffer);
  }

  void set_caps(const GstCaps* caps) override {
    if (!gst_video_info_from_caps(&info_, caps))
      throw Error(ErrorCode::unsupported, text("these caps are no picture's: ", to_string(caps)));
    gst_video_info_set_format(&map_info_, map_format(), static_cast<guint>(info_.width),
                              static_cast<guint>(info_.height));
    map_caps_.reset(gst_video_info_to_caps(&map_info_));
    forget_last();
  }

  Result infer(GstBuffer* buffer) override {
    map_ = &segmenter_->segment(MappedFrame(info_, buffer, GST_MAP_READ).view());
    std::vector<std::size_t> pixels(classes_.colours.size());
    for (const std::uint16_t label : map_->labels) ++pixels[label];
    std::vector<std::size_t> order(pixels.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return pixels[a] > pixels[b]; });
    const auto share = [&](std::size_t index) {
      return static_cast<double>(pixels[index]) / static_cast<double>(map_->labels.size());
    };
    Result result = new_result("segmentation", Scope::frame, "share");
    result.value = share(order.front());
    result.label = classes_.name(order.front());
    const int top_k = settings().top_k;
    const std::size_t most = top_k > 0 ? static_cast<std::size_t>(top_k) : order.size();
    for (std::size_t i = 0; i < order.size() && i < most && pixels[order[i]] > 0; ++i) {
      result.details.emplace_back(text("class-", i + 1), order[i]);
      result.details.emplace_back(text("share-", i + 1), share(order[i]));
    }
    return result;
  }

  void decorate(const Result& result, GstBuffer* buffer) override {
    if (replaces_stream()) return write_map(buffer);
    if (output() == Output::overlay) return draw(result, buffer);
    const BufferPtr map = new_output();
    write_map(map.get());
    const SamplePtr sample(gst_sample_new(map.get(), map_caps_.get(), nullptr, nullptr));
    attach_label_map(buffer, sample.get());
  }

 protected:
  LateSettings late_settings() const override { return settings(); }

 private:
  static constexpr int unknown = -1;

  static segformer::Preprocessing preprocessing(const Settings& s, const std::filesystem::path& weights) {
    auto p = segformer::read_preprocessing(weights.parent_path() / "preprocessor_config.json");
    if (s.input_width > 0) p.width = s.input_width;
    if (s.input_height > 0) p.height = s.input_height;
    if (s.fit == Fit::native) p.width = p.height = 0;
    return p;
  }

  /// What was asked for when the weights were loaded; before that, what is asked for now.
  Output output() const {
    const int loaded = output_;
    return loaded == unknown ? settings().output : static_cast<Output>(loaded);
  }

  GstVideoFormat map_format() const {
    const bool wide =
        output() == Output::gray16 || (output() == Output::pass && classes_.colours.size() > 256);
    return wide ? GST_VIDEO_FORMAT_GRAY16_LE : GST_VIDEO_FORMAT_GRAY8;
  }

  void write_map(GstBuffer* buffer) const {
    GstVideoFrame frame;
    if (!gst_video_frame_map(&frame, &map_info_, buffer, GST_MAP_WRITE))
      throw Error(ErrorCode::internal, "the buffer of a label map cannot be written");
    const auto width = static_cast<std::size_t>(map_->width);
    const std::uint16_t* label = map_->labels.data();
    for (int y = 0; y < map_->height; ++y, label += width) {
      auto* row = static_cast<std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)) +
                  std::ptrdiff_t{GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0)} * y;
      if (GST_VIDEO_FRAME_COMP_DEPTH(&frame, 0) == 8)
        std::transform(label, label + width, row,
                       [](std::uint16_t value) { return static_cast<std::uint8_t>(value); });
      else
        for (std::size_t x = 0; x < width; ++x) GST_WRITE_UINT16_LE(row + 2 * x, label[x]);
    }
    gst_video_frame_unmap(&frame);
  }

  void draw(const Result& result, GstBuffer* buffer) {
    const Settings s = settings();
    const MappedFrame frame(info_, buffer, GST_MAP_READWRITE);
    segformer::colour(*map_, classes_, s.opacity, frame.mutable_view());
    if (!s.legend) return;
    if (!overlay_) overlay_.emplace();
    std::vector<std::string> lines;
    std::vector<TextOverlay::Colour> colours;
    for (std::size_t i = 0; i + 1 < result.details.size() && lines.size() < 10; i += 2) {
      if (!result.details[i].first.starts_with("class-")) break;
      const auto index = static_cast<std::size_t>(result.details[i].second);
      lines.push_back(
          text(classes_.name(index), "  ", std::lround(100 * result.details[i + 1].second), " %"));
      colours.push_back(classes_.colours[index]);
    }
    if (find_detail(result, "stale")) lines.front() += " (stale)";
    overlay_->draw(lines, frame.mutable_view(), colours);
  }

  GstVideoInfo info_{}, map_info_{};
  CapsPtr map_caps_;
  std::optional<segformer::Segmenter> segmenter_;
  segformer::Classes classes_;
  const segformer::LabelMap* map_ = nullptr;  ///< of the last frame that was looked at
  std::optional<TextOverlay> overlay_;        ///< from when it is asked for
  std::atomic<int> output_{unknown};          ///< an Output from load() to unload()
};

std::vector<Property> properties() {
  auto all = task_properties<Settings>();
  all.push_back(enumeration<Settings, Output>(
      "output", &Settings::output, "MpqSegformerOutput",
      {{Output::pass, "pass", "The picture, with the label map as a meta"},
       {Output::gray8, "label-map", "The label map as video in GRAY8"},
       {Output::gray16, "label-map-16", "The label map as video in GRAY16_LE"},
       {Output::overlay, "overlay", "The picture with the classes' colours and a legend"}},
      "What leaves"));
  all.push_back(
      string("labels-file", &Settings::labels_file,
             "Names of the classes, one a line, each with or without its colour before it: \"#787878 "
             "wall\" (empty = names that come with the weights)"));
  all.push_back(enumeration<Settings, Fit>(
      "fit", &Settings::fit, "MpqSegformerFit",
      {{Fit::squeeze, "squeeze", "The whole picture to one size, bilinear, as published"},
       {Fit::native, "native", "Its own size"}},
      "How a picture becomes the network's input"));
  all.push_back(integer("input-width", &Settings::input_width, 0, 4096,
                        "Pixels that pictures are squeezed to (0 = as published)"));
  all.push_back(integer("input-height", &Settings::input_height, 0, 4096,
                        "Pixels that pictures are squeezed to (0 = as published)"));
  all.push_back(
      integer("top-k", &Settings::top_k, 0, 65536,
              "How many classes a result lists, the largest first (0 = all that are in the picture)",
              Mutable::playing));
  all.push_back(integer("batch-size", &Settings::batch_size, 1, 64,
                        "Most pictures that are computed at once where several elements share the weights; "
                        "none waits for others"));
  all.push_back(
      real("opacity", &Settings::opacity, 0, 1, "Of the colours over the picture, 0 to 1", Mutable::playing));
  all.push_back(boolean("legend", &Settings::legend, "Name the largest classes on the coloured picture",
                        Mutable::playing));
  return all;
}

const ElementInfo info{
    .type_name = "MpqSegformer",
    .long_name = "MPQ SegFormer",
    .klass = "Filter/Analyzer/Video",
    .description = "Finds the class of each pixel with a SegFormer",
    .pads = {sink_pad("video/x-raw, format=RGB, width=[ 1, 65535 ], height=[ 1, 65535 ], "
                      "framerate=(fraction)[ 0, max ]"),
             src_pad(
                 "video/x-raw, format={ RGB, GRAY8, GRAY16_LE }, width=[ 1, 65535 ], height=[ 1, 65535 ], "
                 "framerate=(fraction)[ 0, max ]")},
    .properties = properties(),
    .create = [] { return std::make_unique<Segformer>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqsegformer, mpq::gst::Task, mpq::gst::info)
