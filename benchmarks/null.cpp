// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the base classes cost: codecs and a metric that do nothing, beside an element that does nothing
// either.
#include "benchmarks/media.h"
#include "gst/audio_decoder.h"
#include "gst/audio_encoder.h"
#include "gst/full_reference.h"
#include "gst/video_decoder.h"
#include "gst/video_encoder.h"

namespace mpq::gst {
namespace {

constexpr std::size_t packet_bytes = 100;
constexpr int packet_frames = 960;
const std::vector<std::uint8_t> nothing(4096);
constexpr const char* raw_audio =
    "audio/x-raw, format=" GST_AUDIO_NE(S16) ", layout=interleaved, rate=48000, channels=1";

class NullEnc final : public VideoEncoder {
 public:
  EncoderFormat set_format(const GstVideoInfo& input) override {
    return {CapsPtr(gst_caps_new_empty_simple("image/x-null")), input};
  }
  EncodedImage encode(const ImageView&) override { return {{nothing.data(), packet_bytes}, packet_bytes}; }
};

class NullDec final : public VideoDecoder {
 public:
  ImageHeader read_header(Bytes) override {
    return {bench::sizes[0].width, bench::sizes[0].height, {PixelFormat::rgb24}, false};
  }
  DecodedImageInfo decode(Bytes, const MutableImageView&) override { return {}; }
  std::optional<std::size_t> scan(Bytes bytes) override { return bytes.size(); }
  std::size_t find_start(Bytes) override { return 0; }
  GstVideoColorimetry yuv_colorimetry() const override { return jfif_colorimetry(); }
  std::uint64_t max_pixels() const override { return 100'000'000; }
};

class NullAudioEnc final : public AudioEncoder {
 public:
  AudioEncoderFormat set_format(const GstAudioInfo&) override {
    return {.caps = CapsPtr(gst_caps_new_empty_simple("audio/x-null")),
            .codec_rate = 48000,
            .clip_rate = 48000,
            .delay = packet_frames};
  }
  void encode(const AudioView& samples, const PacketSink& sink) override {
    sink({.bytes = {nothing.data(), packet_bytes}, .samples = static_cast<std::int64_t>(samples.frames)});
  }
  void finish(const PacketSink&) override {}
};

class NullAudioDec final : public AudioDecoder {
 public:
  void set_format(const GstCaps*, SampleFormat output) override { format_ = output; }
  DecodedPacket decode(std::span<const std::uint8_t>) override {
    DecodedPacket packet;
    packet.audio = {format_, 1, nothing.data(), packet_frames};
    packet.rate = 48000;
    return packet;
  }
  void reset() override {}

 private:
  SampleFormat format_ = SampleFormat::s16;
};

class NullMetric final : public WithSettings<FullReference, PairingSettings> {
 public:
  void set_video_format(const GstVideoInfo&) override {}
  std::vector<Result> compare_pictures(GstVideoFrame*, std::span<const DistortedPicture> distorted) override {
    return std::vector<Result>(distorted.size(), null_result());
  }
  Result pooled_input(std::size_t) const override { return null_result(); }

 protected:
  PairingSettings pairing_settings() const override { return settings(); }

 private:
  static Result null_result() {
    Result result;
    result.metric = "null";
    result.unit = "dB";
    return result;
  }
};

template <class T>
ElementInfo info(const char* type, std::vector<PadTemplate> pads, std::vector<Property> properties = {}) {
  return {type, type, "Testing", "Does nothing", std::move(pads), std::move(properties), [] {
            return std::make_unique<T>();
          }};
}

const ElementInfo enc =
    info<NullEnc>("MpqNullEnc", {sink_pad("video/x-raw, format=RGB"), src_pad("image/x-null")});
const ElementInfo dec =
    info<NullDec>("MpqNullDec", {sink_pad("image/x-null"), src_pad("video/x-raw, format=RGB")});
const ElementInfo audio_enc =
    info<NullAudioEnc>("MpqNullAudioEnc", {sink_pad(raw_audio), src_pad("audio/x-null")});
const ElementInfo audio_dec =
    info<NullAudioDec>("MpqNullAudioDec", {sink_pad("audio/x-null"), src_pad(raw_audio)});
const ElementInfo metric =
    info<NullMetric>("MpqNullMetric", full_reference_pads("video/x-raw, format=RGB"), pairing_properties());

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqnullenc, mpq::gst::VideoEncoder, mpq::gst::enc)
MPQ_DEFINE_ELEMENT(mpqnulldec, mpq::gst::VideoDecoder, mpq::gst::dec)
MPQ_DEFINE_ELEMENT(mpqnullaudioenc, mpq::gst::AudioEncoder, mpq::gst::audio_enc)
MPQ_DEFINE_ELEMENT(mpqnullaudiodec, mpq::gst::AudioDecoder, mpq::gst::audio_dec)
MPQ_DEFINE_ELEMENT(mpqnullmetric, mpq::gst::FullReference, mpq::gst::metric)

namespace mpq::bench {
namespace {

void codec(Bench& bench, const std::string& name, const std::string& unit, const std::string& element,
           const StreamPtr& stream) {
  Comparison c{.name = "null/" + name, .unit = unit, .legs = {}};
  c.legs = {element_leg(element, element, stream), element_leg("identity", "identity", stream)};
  c.legs.push_back(pipeline_leg("no element", "benchsource name=source0 ! benchsink name=sink", {stream}));
  bench.compare(c);
}

void run(Bench& bench) {
  GST_ELEMENT_REGISTER(mpqnullenc, nullptr);
  GST_ELEMENT_REGISTER(mpqnulldec, nullptr);
  GST_ELEMENT_REGISTER(mpqnullaudioenc, nullptr);
  GST_ELEMENT_REGISTER(mpqnullaudiodec, nullptr);
  GST_ELEMENT_REGISTER(mpqnullmetric, nullptr);
  const StreamPtr pictures = photographs(Size::vga_class, "RGB");
  const StreamPtr speech = sound(Sound::speech, 48000, 1, 960);
  codec(bench, "picture-encoder", "picture", "mpqnullenc", pictures);
  codec(bench, "picture-decoder", "picture", "mpqnulldec", through("mpqnullenc", pictures));
  codec(bench, "audio-encoder", "packet", "mpqnullaudioenc", speech);
  codec(bench, "audio-decoder", "packet", "mpqnullaudiodec", through("mpqnullaudioenc", speech));
  Comparison c{.name = "null/metric", .unit = "picture", .legs = {}, .measure = Measure::wall};
  const auto leg = [&](const char* name, const std::string& properties) {
    return pipeline_leg(
        name,
        "benchsource name=source0 ! m.ref_sink benchsource name=source1 ! m.dist_0 mpqnullmetric name=m " +
            properties + " ! benchsink name=sink",
        {pictures, pictures});
  };
  c.legs = {leg("mpqnullmetric", ""), leg("without messages", "post-messages=false")};
  bench.compare(c);
}

}  // namespace
}  // namespace mpq::bench

MPQ_BENCHMARK("null", mpq::bench::run)
