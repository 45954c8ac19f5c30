// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqmbt2018enc
 * @title: mpqmbt2018enc
 *
 * Encodes pictures with a network of the MBT2018 family: mbt2018, mbt2018-mean or bmshj2018-hyperprior,
 * whichever the weights hold, as CompressAI publishes them; without model-file, mbt2018-nano, which comes
 * with mpq. Each picture becomes one frame of the mpq stream, which every machine decodes to the same
 * latents.
 *
 * A model of variable rate, as mbt2018-nano is, is told the quality, or the bitrate that a stream is to have:
 * then each frame's quality is chosen so that the rate is kept over about a second.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=5 ! mpqmbt2018enc ! mpqrate ! fakesink -m
 * gst-launch-1.0 videotestsrc num-buffers=3 ! mpqmbt2018enc model-file=mbt2018.safetensors ! \
 *     mpqrate ! fakesink -m
 * ]|
 */
#include <memory>
#include <optional>
#include <utility>

#include "codecs/mbt2018/compressai.h"
#include "codecs/mbt2018/mbt2018.h"
#include "codecs/mbt2018/rate_control.h"
#include "core/error.h"
#include "core/text.h"
#include "gst/neural_settings.h"
#include "gst/video_encoder.h"
#include "models/model_store.h"

namespace mpq::gst {
namespace {

enum class Container { mpq, compressai };

struct Settings : NeuralSettings, LateSettings, OverlapSettings {
  Container container = Container::mpq;
  int compressai_quality = 1;
  int quality = 50;
  int bitrate = 0;

  Settings() { model_file = default_codec_model; }
};

class Mbt2018Enc final : public WithSettings<VideoEncoder, Settings> {
 public:
  void load() override {
    const Settings s = settings();
    if (s.model_file.empty())
      throw Error(
          ErrorCode::invalid_argument, "no model is named",
          text("Set model-file to the weights of mbt2018, mbt2018-mean or bmshj2018-hyperprior, or to ",
               default_codec_model));
    const std::filesystem::path weights = find_model(s.model_file);
    if (s.container == Container::compressai) {
      compressai_.emplace(weights, s.threads, s.compressai_quality);
      if (s.bitrate > 0) no_variable_rate(weights);
      return;
    }
    codec_ = mbt2018::Codec::load(weights, s.stage_options(s));
    encoder_.emplace(codec_);
    if (s.bitrate > 0 && highest_quality() == 0) no_variable_rate(weights);
    GST_INFO_OBJECT(gobject(), "loaded %s in %s", s.model_file.c_str(), codec_->precision());
  }

  void unload() override {
    control_.reset();
    encoder_.reset();
    compressai_.reset();
    codec_.reset();
  }

  EncoderFormat set_format(const GstVideoInfo& input) override {
    GstVideoInfo wanted = input;
    set_codec_colours(&wanted, jfif_colorimetry());
    if (compressai_) {
      if (GST_VIDEO_INFO_IS_GRAY(&input))
        throw Error(ErrorCode::unsupported, "CompressAI's files hold no gray pictures",
                    "Insert videoconvert before this encoder");
      return {CapsPtr(gst_caps_new_empty_simple("image/x-compressai")), wanted};
    }
    // A stream begins: what was chosen for the last one and never coded is forgotten, and so are its tags.
    control_.reset();
    if (highest_quality() > 0) control_.emplace(highest_quality());
    announced_ = 0;
    return {CapsPtr(gst_caps_new_simple("video/x-mpq", "codec", G_TYPE_STRING, stream::name(codec_->codec()),
                                        "parsed", G_TYPE_BOOLEAN, TRUE, nullptr)),
            wanted};
  }

  EncodedImage encode(const ImageView& picture) override {
    if (compressai_) return compressai_->encode(picture);
    const Choice choice = choose(picture);
    return known(choice, encoder_->encode(picture, choice.quality));
  }

  bool overlaps() const override { return encoder_ && settings().overlaps(settings()); }

  Rest begin(const ImageView& picture) override {
    const auto latents = std::make_shared<mbt2018::Latents>();
    const Choice choice = choose(picture);
    encoder_->analyse(picture, latents.get(), choice.quality);
    return [this, latents, choice] { return known(choice, encoder_->code(*latents)); };
  }

  std::optional<LateSettings> late_settings() const override { return settings(); }

 private:
  struct Choice {
    int quality;  ///< in the model's steps
    bool controlled;
  };

  int highest_quality() const { return mbt2018::highest_quality(codec_->architecture()); }

  /// Of the next frame.
  Choice choose(const ImageView& picture) {
    const Settings s = settings();
    announce(s.bitrate);
    if (s.bitrate == 0) return {((s.quality - 1) * highest_quality() + 49) / 99, false};
    if (!control_) no_variable_rate(codec_->file());
    return {control_->choose({.bits_per_second = 1000.0 * s.bitrate,
                              .seconds = frame_seconds(),
                              .pixels = static_cast<double>(picture.width) * picture.height}),
            true};
  }

  EncodedImage known(const Choice& choice, EncodedImage coded) {
    if (choice.controlled) control_->coded(8.0 * static_cast<double>(coded.bytes.size()));
    return coded;
  }

  /// As a tag, before the first frame that has it.
  void announce(int bitrate) {
    if (std::exchange(announced_, bitrate) == bitrate) return;
    const std::unique_ptr<GstTagList, decltype(&gst_tag_list_unref)> tags(gst_tag_list_new_empty(),
                                                                          gst_tag_list_unref);
    if (bitrate > 0)
      gst_tag_list_add(tags.get(), GST_TAG_MERGE_REPLACE, GST_TAG_NOMINAL_BITRATE,
                       1000U * static_cast<guint>(bitrate), nullptr);
    gst_video_encoder_merge_tags(GST_VIDEO_ENCODER(gobject()), tags.get(), GST_TAG_MERGE_REPLACE);
  }

  [[noreturn]] static void no_variable_rate(const std::filesystem::path& weights) {
    throw Error(
        ErrorCode::invalid_argument, text("bitrate is set, and ", weights.string(), " has one rate"),
        text("Set bitrate to 0, or model-file to a model of variable rate, such as ", default_codec_model));
  }

  std::shared_ptr<const mbt2018::Codec> codec_;
  std::optional<mbt2018::Encoder> encoder_;
  std::optional<mbt2018::RateControl> control_;  // of a model of variable rate
  int announced_ = 0;                            // kbit/s; streaming thread only
  std::optional<mbt2018::CompressaiCodec> compressai_;
};

std::vector<Property> properties() {
  auto all = neural_properties<Settings>();
  all.push_back(enumeration<Settings, LatePolicy>(
      "late-policy", detail::inherited<Settings>(&LateSettings::late_policy), "MpqEncoderLatePolicy",
      {{LatePolicy::block, "block", "Code every frame, however late"},
       {LatePolicy::drop, "drop", "Drop late frames"}},
      "What becomes of frames that come later than max-lateness; each is counted", Mutable::playing));
  all.push_back(max_lateness_property<Settings>());
  all.push_back(overlap_property<Settings>());
  all.push_back(enumeration<Settings, Container>(
      "container", &Settings::container, "MpqMbt2018EncContainer",
      {{Container::mpq, "mpq", "Frames of the mpq stream, which every machine decodes"},
       {Container::compressai, "compressai",
        "Files of CompressAI's codec.py, a buffer each: float32, slow, and not exact across machines"}},
      "What is written"));
  all.push_back(integer("quality", &Settings::quality, 1, 100,
                        "Quality, 1 (smallest) to 100 (best), of models of variable rate; others have one",
                        Mutable::playing));
  all.push_back(integer("bitrate", &Settings::bitrate, 0, 2000000,
                        "Bit rate to keep in kbit/s, with a model of variable rate (0 = quality holds)",
                        Mutable::playing));
  all.push_back(integer("compressai-quality", &Settings::compressai_quality, 1, 8,
                        "Quality of the model, which CompressAI's files name"));
  return all;
}

const ElementInfo info{
    .type_name = "MpqMbt2018Enc",
    .long_name = "MPQ MBT2018 encoder",
    .klass = "Codec/Encoder/Video/Image",
    .description = "Encodes pictures with a learned codec of the MBT2018 family",
    .pads = {sink_pad("video/x-raw, format={ RGB, GRAY8 }, width=[ 1, 16384 ], height=[ 1, 16384 ], "
                      "framerate=(fraction)[ 0, max ]"),
             src_pad("video/x-mpq, codec=(string){ mbt2018, mbt2018-mean, bmshj2018-hyperprior }, "
                     "parsed=(boolean)true, width=[ 1, 16384 ], height=[ 1, 16384 ], "
                     "framerate=(fraction)[ 0, max ]; "
                     "image/x-compressai, width=[ 1, 16384 ], height=[ 1, 16384 ], "
                     "framerate=(fraction)[ 0, max ]")},
    .properties = properties(),
    .create = [] { return std::make_unique<Mbt2018Enc>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqmbt2018enc, mpq::gst::VideoEncoder, mpq::gst::info)
