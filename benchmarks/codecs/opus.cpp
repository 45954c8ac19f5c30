// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Opus: the elements against libopus alone and against opusenc and opusdec, at the same settings.
#include <opus/opus.h>

#include "benchmarks/media.h"
#include "core/text.h"

namespace mpq::bench {
namespace {

constexpr int rate = 48000;
constexpr std::size_t frame = 960;   // samples a channel in a packet: 20 ms
constexpr std::size_t block = 1024;  // in an input buffer, as GStreamer's sources make them

struct Setting {
  Sound sound;
  int channels;
  int bitrate;
  std::string name() const { return text(channels == 1 ? "mono" : "stereo", '/', bitrate / 1000, "kbps"); }
};

class EncodeLoop {
 public:
  EncodeLoop(const Bytes& samples, const Setting& setting)
      : samples_(samples), packet_(4000), channels_(static_cast<std::size_t>(setting.channels)) {
    encoder_ = opus_encoder_create(rate, setting.channels, OPUS_APPLICATION_AUDIO, nullptr);
    opus_encoder_ctl(encoder_, OPUS_SET_BITRATE(setting.bitrate));
    opus_encoder_ctl(encoder_, OPUS_SET_VBR(0));
    opus_encoder_ctl(encoder_, OPUS_SET_COMPLEXITY(10));
  }
  ~EncodeLoop() { opus_encoder_destroy(encoder_); }
  EncodeLoop(const EncodeLoop&) = delete;
  EncodeLoop& operator=(const EncodeLoop&) = delete;

  // What is whole of the blocks 0 to i.
  void operator()(std::size_t i, Bytes* output) {
    received_ = (i + 1) * block;
    const std::size_t frames = samples_.size() / (2 * frame * channels_);
    const auto* samples = reinterpret_cast<const opus_int16*>(samples_.data());
    for (; (coded_ + 1) * frame <= received_; ++coded_)
      encode(samples + frame * channels_ * (coded_ % frames), output);
  }
  // The rest, and silence until libopus's look-ahead has come out.
  void finish(Bytes* output) {
    opus_int32 delay = 0;
    opus_encoder_ctl(encoder_, OPUS_GET_LOOKAHEAD(&delay));
    for (; coded_ * frame < received_ + static_cast<std::size_t>(delay); ++coded_) {
      std::vector<opus_int16> padded(frame * channels_);
      const std::size_t at = coded_ * frame * channels_, end = received_ * channels_;
      const auto* samples = reinterpret_cast<const opus_int16*>(samples_.data());
      for (std::size_t k = 0; k < padded.size() && at + k < end; ++k)
        padded[k] = samples[(at + k) % (samples_.size() / 2)];
      encode(padded.data(), output);
    }
  }

 private:
  void encode(const opus_int16* samples, Bytes* output) {
    const auto written = opus_encode(encoder_, samples, static_cast<int>(frame), packet_.data(),
                                     static_cast<opus_int32>(packet_.size()));
    if (output != nullptr) output->insert(output->end(), packet_.begin(), packet_.begin() + written);
  }

  Bytes samples_, packet_;
  std::size_t channels_, received_ = 0, coded_ = 0;
  OpusEncoder* encoder_;
};

class DecodeLoop {
 public:
  DecodeLoop(StreamPtr stream, int channels)
      : stream_(std::move(stream)), output_(frame * static_cast<std::size_t>(channels)) {
    decoder_ = opus_decoder_create(rate, channels, nullptr);
  }
  ~DecodeLoop() { opus_decoder_destroy(decoder_); }
  DecodeLoop(const DecodeLoop&) = delete;
  DecodeLoop& operator=(const DecodeLoop&) = delete;

  void operator()(std::size_t i, Bytes* output) {
    const gst::ReadMap map(stream_->buffers[i % stream_->buffers.size()].get());
    const int frames = opus_decode(decoder_, map.data(), static_cast<opus_int32>(map.size()), output_.data(),
                                   static_cast<int>(frame), 0);
    if (output == nullptr || frames < 0) return;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(output_.data());
    output->insert(output->end(), bytes, bytes + 2 * output_.size());
  }

 private:
  StreamPtr stream_;
  std::vector<opus_int16> output_;
  OpusDecoder* decoder_;
};

std::string stock_encoder(const Setting& setting) {
  return text("opusenc bitrate-type=cbr complexity=10 bandwidth=auto bitrate=", setting.bitrate);
}

void encode(Bench& bench, const Setting& setting) {
  const std::string name = "opus/encode/" + setting.name();
  if (!bench.wants(name)) return;
  const StreamPtr input = sound(setting.sound, rate, setting.channels, block);
  Comparison c{.name = name, .unit = "packet", .legs = {}, .bars = {{"library", 0.9}}, .check = 300};
  c.units_a_piece = static_cast<double>(block) / frame;
  c.legs = {
      element_leg("mpqopusenc", text("mpqopusenc bitrate=", setting.bitrate), input),
      loop_leg("library", [samples = joined(*input), setting] { return EncodeLoop(samples, setting); })};
  if (have_elements({"opusenc"})) {
    c.legs.push_back(element_leg("opusenc", stock_encoder(setting), input));
    c.bars.push_back({"opusenc", 1});
  }
  bench.compare(c);
}

void decode(Bench& bench, const Setting& setting) {
  const std::string name = "opus/decode/" + setting.name();
  if (!bench.wants(name)) return;
  const StreamPtr packets = through(text("mpqopusenc bitrate=", setting.bitrate),
                                    sound(setting.sound, rate, setting.channels, block));
  Comparison c{.name = name, .unit = "packet", .legs = {}, .bars = {{"library", 0.9}}, .check = 300};
  c.legs = {element_leg("mpqopusdec", "mpqopusdec", packets),
            loop_leg("library", [=] { return DecodeLoop(packets, setting.channels); })};
  if (have_elements({"opusdec"})) {
    c.legs.push_back(element_leg("opusdec", "opusdec", packets));
    c.bars.push_back({"opusdec", 1});
  }
  bench.compare(c);
}

void run(Bench& bench) {
  for (const Setting& setting : {Setting{Sound::speech, 1, 6000}, Setting{Sound::music, 2, 64000}}) {
    encode(bench, setting);
    decode(bench, setting);
  }
}

}  // namespace
}  // namespace mpq::bench

MPQ_BENCHMARK("opus", mpq::bench::run)
