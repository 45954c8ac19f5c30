// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// MP3: the elements against LAME and libmpg123 alone and against lamemp3enc and mpg123audiodec, at the same
// settings.
#include <gst/audio/audio.h>
#include <lame/lame.h>
#include <mpg123.h>

#include "benchmarks/media.h"
#include "core/text.h"

namespace mpq::bench {
namespace {

constexpr int input_rate = 44100;
constexpr std::size_t block = 1024;  // samples a channel in an input buffer, as GStreamer's sources make them

struct Setting {
  int kbps;
  int codec_rate;  // what LAME resamples to
  int frame_samples() const { return codec_rate >= 32000 ? 1152 : 576; }
};

class EncodeLoop {
 public:
  EncodeLoop(const Bytes& samples, const Setting& setting)
      : samples_(samples), output_(2 * block + 7200), lame_(lame_init()) {
    lame_set_in_samplerate(lame_, input_rate);
    lame_set_num_channels(lame_, 2);
    lame_set_out_samplerate(lame_, setting.codec_rate);
    lame_set_VBR(lame_, vbr_off);
    lame_set_brate(lame_, setting.kbps);
    lame_set_bWriteVbrTag(lame_, 0);
    lame_init_params(lame_);
  }
  ~EncodeLoop() { lame_close(lame_); }
  EncodeLoop(const EncodeLoop&) = delete;
  EncodeLoop& operator=(const EncodeLoop&) = delete;

  void operator()(std::size_t i, Bytes* output) {
    const std::size_t blocks = samples_.size() / (4 * block);
    auto* samples = reinterpret_cast<short*>(samples_.data()) + 2 * block * (i % blocks);
    const int written = lame_encode_buffer_interleaved(lame_, samples, static_cast<int>(block),
                                                       output_.data(), static_cast<int>(output_.size()));
    if (output != nullptr) output->insert(output->end(), output_.begin(), output_.begin() + written);
  }
  void finish(Bytes* output) {
    const int written = lame_encode_flush(lame_, output_.data(), static_cast<int>(output_.size()));
    if (output != nullptr) output->insert(output->end(), output_.begin(), output_.begin() + written);
  }

 private:
  Bytes samples_, output_;
  lame_t lame_;
};

class DecodeLoop {
 public:
  explicit DecodeLoop(StreamPtr stream) : stream_(std::move(stream)), output_(std::size_t{2} * 2 * 1152) {
    mpg123_init();
    handle_ = mpg123_new(nullptr, nullptr);
    mpg123_param(handle_, MPG123_ADD_FLAGS, MPG123_NO_READAHEAD | MPG123_IGNORE_INFOFRAME, 0);
    mpg123_param(handle_, MPG123_REMOVE_FLAGS, MPG123_GAPLESS, 0);
    mpg123_open_feed(handle_);
  }
  ~DecodeLoop() { mpg123_delete(handle_); }
  DecodeLoop(const DecodeLoop&) = delete;
  DecodeLoop& operator=(const DecodeLoop&) = delete;

  void operator()(std::size_t i, Bytes* output) {
    const gst::ReadMap map(stream_->buffers[i % stream_->buffers.size()].get());
    std::size_t done = 0;
    if (mpg123_decode(handle_, map.data(), map.size(), output_.data(), output_.size(), &done) ==
        MPG123_NEW_FORMAT) {
      mpg123_decode(handle_, nullptr, 0, output_.data(), output_.size(), &done);
    }
    if (output != nullptr)
      output->insert(output->end(), output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(done));
  }

 private:
  StreamPtr stream_;
  Bytes output_;
  mpg123_handle* handle_ = nullptr;
};

void encode(Bench& bench, const Setting& setting) {
  const std::string name = text("mp3/encode/stereo/", setting.kbps, "kbps");
  if (!bench.wants(name)) return;
  const StreamPtr music = sound(Sound::music, input_rate, 2, block);
  Comparison c{.name = name, .unit = "packet", .legs = {}, .bars = {{"library", 0.9}}, .check = 300};
  c.units_a_piece = static_cast<double>(block) * setting.codec_rate / input_rate / setting.frame_samples();
  c.legs = {
      element_leg("mpqmp3enc", text("mpqmp3enc bitrate=", setting.kbps), music),
      loop_leg("library", [samples = joined(*music), setting] { return EncodeLoop(samples, setting); })};
  if (have_elements({"lamemp3enc"})) {
    c.legs.push_back(
        element_leg("lamemp3enc", text("lamemp3enc target=bitrate cbr=true bitrate=", setting.kbps), music));
    c.bars.push_back({"lamemp3enc", 1});
  }
  bench.compare(c);
}

void decode(Bench& bench, const Setting& setting) {
  const std::string name = text("mp3/decode/stereo/", setting.kbps, "kbps");
  if (!bench.wants(name)) return;
  const StreamPtr packets =
      through(text("mpqmp3enc bitrate=", setting.kbps), sound(Sound::music, input_rate, 2, block));
  Comparison c{.name = name, .unit = "packet", .legs = {}, .bars = {{"library", 0.9}}, .check = 300};
  c.legs = {element_leg("mpqmp3dec", "mpqmp3dec", packets),
            loop_leg("library", [=] { return DecodeLoop(packets); })};
  if (have_elements({"mpg123audiodec"})) {
    c.legs.push_back(
        element_leg("mpg123audiodec", "mpg123audiodec ! audio/x-raw,format=" GST_AUDIO_NE(S16), packets));
    c.bars.push_back({"mpg123audiodec", 1});
  }
  bench.compare(c);
}

void run(Bench& bench) {
  for (const Setting& setting : {Setting{8, 8000}, Setting{128, 44100}}) {
    encode(bench, setting);
    decode(bench, setting);
  }
}

}  // namespace
}  // namespace mpq::bench

MPQ_BENCHMARK("mp3", mpq::bench::run)
