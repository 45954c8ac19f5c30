// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqmbt2018dec
 * @title: mpqmbt2018dec
 *
 * Decodes what mpqmbt2018enc coded with the same weights, whatever the machine, device, precision and number
 * of threads on either side: a frame names its model, and its latents are compared with those that were
 * coded before a picture goes out. A frame that is damaged or of another model is skipped, with a warning,
 * and counted. Where model-file names no weights, those that the stream names are looked for among the models
 * that came with mpq and those of the model store (mpq-models): so decodebin can play it.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=5 ! mpqmbt2018enc ! mpqmbt2018dec ! videoconvert ! fakesink
 * gst-launch-1.0 videotestsrc num-buffers=3 ! mpqmbt2018enc model-file=mbt2018.safetensors ! \
 *     mpqmbt2018dec model-file=mbt2018.safetensors ! fakesink -m
 * ]|
 */
#include <memory>
#include <optional>

#include "codecs/mbt2018/compressai.h"
#include "codecs/mbt2018/mbt2018.h"
#include "core/error.h"
#include "gst/neural_settings.h"
#include "gst/video_decoder.h"
#include "models/model_store.h"

namespace mpq::gst {
namespace {

enum class Container { mpq, compressai };

struct Settings : NeuralSettings, ImageDecoderSettings, OverlapSettings {
  Container container = Container::mpq;
};

class Mbt2018Dec final : public WithSettings<VideoDecoder, Settings> {
 public:
  void load() override {
    const Settings s = settings();
    if (s.container == Container::compressai) {
      if (s.model_file.empty())
        throw Error(ErrorCode::invalid_argument, "no model is named, and CompressAI's files do not tell it",
                    "Set model-file to the weights that the file was written with");
      compressai_.emplace(find_model(s.model_file), s.threads, 1);
      return;
    }
    if (!s.model_file.empty()) decoder_.emplace(mbt2018::Codec::load(find_model(s.model_file), options()));
  }
  void unload() override {
    decoder_.reset();
    compressai_.reset();
  }
  bool takes_long() const override { return true; }

  ImageHeader read_header(Bytes picture) override {
    if (compressai_) return compressai_->read_header(picture);
    if (!decoder_) decoder_.emplace(mbt2018::find_codec(stream::read(picture).header, options()));
    return decoder_->read_header(picture);
  }
  DecodedImageInfo decode(Bytes picture, const MutableImageView& target) override {
    return compressai_ ? compressai_->decode(picture, target) : decoder_->decode(picture, target);
  }
  bool overlaps() const override { return !compressai_ && settings().overlaps(settings()); }
  Rest begin(Bytes picture) override {
    const auto latents = std::make_shared<mbt2018::Latents>(decoder_->read(picture));
    return [this, latents](const MutableImageView& target) {
      decoder_->synthesise(*latents, target);
      return DecodedImageInfo{};
    };
  }
  std::optional<std::size_t> scan(Bytes bytes) override {
    return compressai_ ? mbt2018::compressai_length(bytes) : scanner_.length(bytes);
  }
  void restart_scan() override { scanner_.reset(); }
  std::size_t find_start(Bytes bytes) override { return compressai_ ? 0 : stream::find_start(bytes); }
  GstVideoColorimetry yuv_colorimetry() const override { return jfif_colorimetry(); }
  std::uint64_t max_pixels() const override { return settings().max_pixels; }

 private:
  nn::Options options() const {
    const Settings s = settings();
    return s.stage_options(s);
  }

  std::optional<mbt2018::Decoder> decoder_;
  std::optional<mbt2018::CompressaiCodec> compressai_;
  stream::FrameScanner scanner_;
};

std::vector<Property> properties() {
  auto all = neural_properties<Settings>();
  all.push_back(max_pixels_property<Settings>());
  all.push_back(overlap_property<Settings>());
  all.push_back(enumeration<Settings, Container>(
      "container", &Settings::container, "MpqMbt2018DecContainer",
      {{Container::mpq, "mpq", "Frames of the mpq stream"},
       {Container::compressai, "compressai",
        "Files of CompressAI's codec.py: float32, slow, and right only where float rounds as in the writer"}},
      "What is read"));
  return all;
}

const ElementInfo info{
    .type_name = "MpqMbt2018Dec",
    .long_name = "MPQ MBT2018 decoder",
    .klass = "Codec/Decoder/Video/Image",
    .description = "Decodes pictures of a learned codec of the MBT2018 family",
    .pads = {sink_pad("video/x-mpq, codec=(string){ mbt2018, mbt2018-mean, bmshj2018-hyperprior }; "
                      "image/x-compressai"),
             src_pad("video/x-raw, format=RGB, width=[ 1, 16384 ], height=[ 1, 16384 ], "
                     "framerate=(fraction)[ 0, max ]")},
    .properties = properties(),
    .create = [] { return std::make_unique<Mbt2018Dec>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_RANKED_ELEMENT(mpqmbt2018dec, GST_RANK_PRIMARY, mpq::gst::VideoDecoder, mpq::gst::info)
