// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Cuts input into frames of the chosen duration (straight from the caller's memory where a frame lies there
// whole), and gives each packet its share of the stream's delay, input and padding.
#include <algorithm>
#include <utility>

#include "codecs/opus/options.h"
#include "core/clip_account.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::opus {
namespace {

constexpr std::size_t largest_packet_per_stream = 3 * 1275 + 7;  // three 20 ms frames and their framing

Head layout_head(int rate, int channels, bool surround) {
  Head head;
  if (channels > 2) head.mapping_family = surround ? 1 : 255;
  head.channels = channels;
  head.input_rate = rate;
  return head;
}

const EncoderOptions& checked(int rate, int channels, const EncoderOptions& options) {
  check(rate, channels, options);
  return options;
}

}  // namespace

struct Encoder::State {
  State(int sample_rate, int channels, const EncoderOptions& chosen)
      : options(checked(sample_rate, channels, chosen)),
        rate(sample_rate),
        head(layout_head(sample_rate, channels, chosen.surround)),
        handle(sample_rate, chosen.application, &head) {
    handle.apply(options);
    opus_int32 lookahead = 0;
    handle.control("look-ahead", OPUS_GET_LOOKAHEAD_REQUEST, &lookahead);
    delay = lookahead;
    head.pre_skip = static_cast<int>(static_cast<std::int64_t>(delay) * 48000 / rate);
    packet.resize(largest_packet_per_stream * static_cast<std::size_t>(head.stream_count));
  }

  int frame_samples() const {
    return static_cast<int>(static_cast<std::int64_t>(rate) * options.frame_duration_us / 1000000);
  }
  std::size_t frame_bytes() const {
    return static_cast<std::size_t>(frame_samples() * head.channels) * sample_size(format);
  }

  void begin(SampleFormat sample_format);
  void buffer(std::span<const std::uint8_t> bytes, const PacketSink& sink);
  void encode_frame(const std::uint8_t* samples, const PacketSink& sink);

  EncoderOptions options;
  int rate;
  Head head;
  EncoderHandle handle;
  int delay = 0;

  bool open = false;  ///< the stream has input and is not finished
  bool used = false;  ///< libopus has state of an earlier stream
  SampleFormat format = SampleFormat::s16;
  std::int64_t input_frames = 0;
  ClipAccount clips;
  std::vector<std::uint8_t> partial;  ///< input of less than a frame
  std::vector<std::uint8_t> packet;
};

void Encoder::State::begin(SampleFormat sample_format) {
  if (std::exchange(used, true)) handle.reset();
  open = true;
  format = sample_format;
  input_frames = 0;
  clips = ClipAccount(delay);
  partial.clear();
}

void Encoder::State::encode_frame(const std::uint8_t* samples, const PacketSink& sink) {
  const int written = handle.encode(format, samples, frame_samples(), packet);
  EncodedAudio out;
  out.bytes = std::span(packet).first(static_cast<std::size_t>(written));
  out.entropy_coded_bytes = compressed_bytes(out.bytes, head.stream_count);
  clips.describe(frame_samples(), &out);
  if (sink) sink(out);
}

void Encoder::State::buffer(std::span<const std::uint8_t> bytes, const PacketSink& sink) {
  const std::size_t frame = frame_bytes();
  while (partial.size() + bytes.size() >= frame) {
    if (partial.empty()) {
      encode_frame(bytes.data(), sink);
      bytes = bytes.subspan(frame);
      continue;
    }
    const std::size_t missing = frame - std::min(frame, partial.size());
    partial.insert(partial.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(missing));
    bytes = bytes.subspan(missing);
    encode_frame(partial.data(), sink);
    partial.erase(partial.begin(), partial.begin() + static_cast<std::ptrdiff_t>(frame));
  }
  partial.insert(partial.end(), bytes.begin(), bytes.end());
}

Encoder::Encoder(int rate, int channels, const EncoderOptions& options)
    : state_(std::make_unique<State>(rate, channels, options)) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

int Encoder::rate() const {
  return state_->rate;
}
int Encoder::channels() const {
  return state_->head.channels;
}
int Encoder::frame_samples() const {
  return state_->frame_samples();
}
int Encoder::delay() const {
  return state_->delay;
}
const Head& Encoder::head() const {
  return state_->head;
}
const EncoderOptions& Encoder::options() const {
  return state_->options;
}

void Encoder::set_options(const EncoderOptions& options) {
  State& s = *state_;
  check(s.rate, s.head.channels, options);
  if (options.application != s.options.application || options.surround != s.options.surround)
    throw Error(ErrorCode::invalid_argument, "the application and layout of an Opus encoder cannot change",
                "make a new encoder for others");
  s.handle.apply(options);
  s.options = options;
}

void Encoder::encode(const AudioView& audio, const PacketSink& sink) {
  State& s = *state_;
  if (audio.channels != s.head.channels)
    throw Error(ErrorCode::invalid_argument,
                text("the Opus encoder was made for ", s.head.channels, " channels and got ", audio.channels),
                "make a new encoder for the new channel count");
  if (audio.frames == 0) return;
  if (!s.open) s.begin(audio.format);
  if (audio.format != s.format && !s.partial.empty())
    throw Error(ErrorCode::invalid_argument, "the sample format changed within an Opus packet",
                "finish the stream before changing the sample format");
  s.format = audio.format;
  s.input_frames += static_cast<std::int64_t>(audio.frames);
  s.buffer({static_cast<const std::uint8_t*>(audio.data), audio.bytes()}, sink);
}

void Encoder::finish(const PacketSink& sink) {
  State& s = *state_;
  if (!s.open) return;
  s.open = false;
  s.clips.set_length(s.input_frames);
  while (s.clips.position() < s.delay + s.input_frames) {
    const std::size_t frame = s.frame_bytes();
    const std::vector<std::uint8_t> silence(frame - std::min(frame, s.partial.size()));
    s.buffer(silence, sink);
  }
}

void Encoder::reset() {
  state_->open = false;
  state_->partial.clear();
}

}  // namespace mpq::opus
