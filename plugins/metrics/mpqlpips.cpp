// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqlpips
 * @title: mpqlpips
 *
 * LPIPS, version 0.1, of one or more distorted streams against a reference: how different their pictures look
 * to people, by the features of AlexNet, VGG16 or SqueezeNet. Which of them it is, the weights tell.
 *
 * model-file is one of the published files of linear layers (alex.pth, vgg.pth, squeeze.pth; piq's
 * lpips_weights.pt) with torchvision's network as backbone-file, or one file with everything. Where
 * backbone-file is empty and needed, the model store's torchvision-alexnet, torchvision-vgg16 or
 * torchvision-squeezenet1.1 is taken.
 *
 * Pictures pair by running time; what finds no partner is counted and never compared. Both sides must agree
 * in size; videoconvert and videoscale before dist_%u take the reference's by themselves. The reference's
 * features are computed once for all distorted streams, and again only when its pixels change. Streams wait
 * for each other: beside a codec that looks ahead, the queue before ref_sink must hold as many pictures.
 *
 * src carries the lowest-numbered distorted stream on, with its results as metas; with output=map a map of
 * where it differs instead, for the pictures that were scored. Further streams are scored and consumed.
 *
 * Posts metric "lpips": 0 for identical pictures, more for different ones. Frame results: details lpips-db,
 * which is -10 log10 of the value (infinite for identical pictures), and layer-1 and so on, which add up to
 * the value. Pooled: the value is the mean; lpips-db is the mean of the frames' lpips-db, identical frames
 * left out (identical-frames counts them), lpips-db-of-mean -10 log10 of the mean; unmatched-frames and
 * missing-frames count what only the distorted stream has, and what only the reference has, late-frames what
 * late-policy left out.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=10 ! video/x-raw,format=RGB ! tee name=t ! queue ! p.ref_sink \
 *     t. ! queue ! mpqjpegenc ! mpqjpegdec ! p.dist_0 \
 *     mpqlpips name=p model-file=lpips.safetensors ! fakesink
 * ]|
 */
#include "metrics/lpips/lpips.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/text.h"
#include "gst/neural_metric.h"
#include "models/model_store.h"

namespace mpq::gst {
namespace {

enum class Output { distorted, map };
constexpr GstVideoFormat map_format =
    G_BYTE_ORDER == G_LITTLE_ENDIAN ? GST_VIDEO_FORMAT_GRAY16_LE : GST_VIDEO_FORMAT_GRAY16_BE;

struct Settings : NeuralMetricSettings {
  std::string backbone_file;
  Output output = Output::distorted;
  float map_white = 1;
};

double decibels(double distance) {
  return -10 * std::log10(distance);
}

/// What of an input's frames is pooled.
struct Pool {
  std::uint64_t frames = 0, identical = 0;
  double distance = 0, decibels = 0;  ///< sums; of the latter without identical frames
  std::vector<double> layers;

  void add(const lpips::Score& score) {
    ++frames;
    distance += score.distance;
    if (score.distance > 0)
      decibels += gst::decibels(score.distance);
    else
      ++identical;
    layers.resize(score.layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) layers[i] += score.layers[i];
  }
};

void add_layers(const std::vector<double>& layers, double count, Result* result) {
  for (std::size_t i = 0; i < layers.size(); ++i)
    result->details.emplace_back(text("layer-", i + 1), layers[i] / count);
}

/// The store's name of torchvision's network.
const char* stored_backbone(lpips::Backbone backbone) {
  switch (backbone) {
    case lpips::Backbone::alexnet:
      return "torchvision-alexnet";
    case lpips::Backbone::vgg16:
      return "torchvision-vgg16";
    case lpips::Backbone::squeezenet:
      break;
  }
  return "torchvision-squeezenet1.1";
}

class Lpips final : public PoolingReference<Settings, Pool> {
 public:
  void load() override {
    const Settings s = settings();
    if (s.model_file.empty())
      throw Error(ErrorCode::invalid_argument, "no model is named",
                  "Set model-file to lpips-alex, lpips-vgg, lpips-squeeze or a file of LPIPS weights");
    const std::filesystem::path weights = find_model(s.model_file);
    std::string backbone = s.backbone_file;
    if (const auto missing = lpips::missing_backbone(weights); missing && backbone.empty())
      backbone = stored_backbone(*missing);
    const auto model = lpips::Model::load(weights, backbone.empty() ? "" : find_model(backbone), s.options());
    scorer_.emplace(model);
    output_ = s.output;
    map_white_ = s.map_white;
    GST_INFO_OBJECT(gobject(), "loaded %s of %s in %s", lpips::name_of(model->backbone()),
                    s.model_file.c_str(), model->precision());
  }

  void unload() override { scorer_.reset(); }

  void set_video_format(const GstVideoInfo& info) override {
    gst_video_info_set_format(&map_info_, map_format, static_cast<guint>(info.width),
                              static_cast<guint>(info.height));
  }

  CapsPtr output_caps(GstCaps* carrier) const override {
    if (output_ == Output::distorted) return FullReference::output_caps(carrier);
    CapsPtr caps(gst_caps_copy(carrier));
    GstStructure* const fields = gst_caps_get_structure(caps.get(), 0);
    gst_structure_remove_fields(fields, "colorimetry", "chroma-site", nullptr);
    gst_structure_set(fields, "format", G_TYPE_STRING, gst_video_format_to_string(map_format), nullptr);
    return caps;
  }

  // The first of the pictures that were scored is the carrier's, where that was among them.
  BufferPtr output(BufferPtr carrier, bool scored) override {
    if (output_ == Output::distorted) return carrier;
    if (!scored) return nullptr;
    BufferPtr map(gst_buffer_new_allocate(nullptr, map_info_.size, nullptr));
    gst_buffer_copy_into(map.get(), carrier.get(), GST_BUFFER_COPY_TIMESTAMPS, 0, G_MAXSIZE);
    MappedFrame frame(map_info_, map.get(), GST_MAP_WRITE);
    const auto white = map_white_;
    const auto width = static_cast<std::ptrdiff_t>(map_info_.width);
    for (std::ptrdiff_t y = 0; y < map_info_.height; ++y) {
      auto* const row = static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(frame.get(), 0)) +
                        y * GST_VIDEO_FRAME_PLANE_STRIDE(frame.get(), 0);
      std::transform(map_.begin() + y * width, map_.begin() + (y + 1) * width,
                     reinterpret_cast<guint16*>(row), [white](float distance) {
                       return static_cast<guint16>(std::lround(65535 * std::min(1.0F, distance / white)));
                     });
    }
    return map;
  }

  std::vector<Result> compare_pictures(GstVideoFrame* reference,
                                       std::span<const DistortedPicture> distorted) override {
    std::vector<ImageView> pictures;
    for (const DistortedPicture& picture : distorted) pictures.push_back(view_of(*picture.frame));
    auto scores = scorer_->score(view_of(*reference), pictures, output_ == Output::map ? 1 : 0);
    std::vector<Result> results;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      results.push_back(result_of(scores[i]));
      const std::lock_guard lock(state_mutex);
      pools_[distorted[i].input].add(scores[i]);
    }
    map_ = std::move(scores.front().map);
    return results;
  }

  Result pooled_input(std::size_t input) const override {
    Result result;
    result.metric = "lpips";
    const Pool pool = pool_of(input);
    const auto count = static_cast<double>(pool.frames),
               different = static_cast<double>(pool.frames - pool.identical);
    result.value = pool.frames > 0 ? pool.distance / count : NAN;
    result.details = {{"lpips-db", pool.frames > 0 && different == 0 ? INFINITY : pool.decibels / different},
                      {"lpips-db-of-mean", decibels(result.value)},
                      {"identical-frames", static_cast<double>(pool.identical)}};
    add_layers(pool.layers, count, &result);
    return result;
  }

  std::optional<LateSettings> late_settings() const override { return settings(); }

 private:
  static Result result_of(const lpips::Score& score) {
    Result result;
    result.metric = "lpips";
    result.value = score.distance;
    result.details = {{"lpips-db", decibels(score.distance)}};
    add_layers(score.layers, 1, &result);
    return result;
  }

  // Set in load().
  std::optional<lpips::Scorer> scorer_;
  Output output_ = Output::distorted;
  float map_white_ = 1;

  // Streaming thread only.
  GstVideoInfo map_info_{};
  std::vector<float> map_;  // of the pair that was scored last
};

std::vector<Property> properties() {
  auto all = neural_metric_properties<Settings>();
  all.push_back(
      string("backbone-file", &Settings::backbone_file,
             "torchvision's network: a file, or a name of the model store (empty = the store's, where "
             "model-file has the linear layers alone)"));
  all.push_back(enumeration<Settings, Output>(
      "output", &Settings::output, "MpqLpipsOutput",
      {{Output::distorted, "distorted", "The first distorted stream, untouched"},
       {Output::map, "map", "Where it differs from the reference: 16-bit gray, white is map-white"}},
      "What leaves through src"));
  all.push_back(real("map-white", &Settings::map_white, 1e-6F, 1e6F,
                     "Distance at one place, in the units of the result, from which the map is white"));
  return all;
}

std::string caps(const char* format) {
  return text("video/x-raw, format=", format,
              ", width=(int)[ 1, max ], height=(int)[ 1, max ], framerate=(fraction)[ 0, max ]");
}

const ElementInfo info{
    .type_name = "MpqLpips",
    .long_name = "MPQ LPIPS meter",
    .klass = "Filter/Analyzer/Video",
    .description = "Perceptual distance (LPIPS) of distorted pictures from a reference",
    .pads = full_reference_pads(caps("RGB"),
                                text(caps("RGB"), "; ", caps(gst_video_format_to_string(map_format)))),
    .properties = properties(),
    .create = [] { return std::make_unique<Lpips>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqlpips, mpq::gst::FullReference, mpq::gst::info)
