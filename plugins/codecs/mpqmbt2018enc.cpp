// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqmbt2018enc
 * @title: mpqmbt2018enc
 *
 * Encodes pictures with a network of the MBT2018 family: mbt2018, mbt2018-mean or bmshj2018-hyperprior,
 * whichever the weights hold, as CompressAI publishes them. Each picture becomes one frame of the mpq stream,
 * which every machine decodes to the same latents.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=3 ! mpqmbt2018enc model-file=mbt2018.safetensors ! \
 *     mpqrate ! fakesink -m
 * ]|
 */
#include <memory>
#include <optional>

#include "codecs/mbt2018/compressai.h"
#include "codecs/mbt2018/mbt2018.h"
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
};

class Mbt2018Enc final : public WithSettings<VideoEncoder, Settings> {
 public:
  void load() override {
    const Settings s = settings();
    if (s.model_file.empty())
      throw Error(ErrorCode::invalid_argument, "no model is named",
                  "Set model-file to the weights of mbt2018, mbt2018-mean or bmshj2018-hyperprior");
    const std::filesystem::path weights = find_model(s.model_file);
    if (s.container == Container::compressai) {
      compressai_.emplace(weights, s.threads, s.compressai_quality);
      return;
    }
    codec_ = mbt2018::Codec::load(weights, s.stage_options(s));
    encoder_.emplace(codec_);
    GST_INFO_OBJECT(gobject(), "loaded %s in %s", s.model_file.c_str(), codec_->precision());
  }

  void unload() override {
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
    return {CapsPtr(gst_caps_new_simple("video/x-mpq", "codec", G_TYPE_STRING, stream::name(codec_->codec()),
                                        "parsed", G_TYPE_BOOLEAN, TRUE, nullptr)),
            wanted};
  }

  EncodedImage encode(const ImageView& picture) override {
    return compressai_ ? compressai_->encode(picture) : encoder_->encode(picture, quality());
  }

  bool overlaps() const override { return encoder_ && settings().overlaps(settings()); }

  Rest begin(const ImageView& picture) override {
    const auto latents = std::make_shared<mbt2018::Latents>();
    encoder_->analyse(picture, latents.get(), quality());
    return [this, latents] { return encoder_->code(*latents); };
  }

  std::optional<LateSettings> late_settings() const override { return settings(); }

 private:
  /// In the model's steps.
  int quality() const {
    const int highest = mbt2018::highest_quality(codec_->architecture());
    return ((settings().quality - 1) * highest + 49) / 99;
  }

  std::shared_ptr<const mbt2018::Codec> codec_;
  std::optional<mbt2018::Encoder> encoder_;
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
