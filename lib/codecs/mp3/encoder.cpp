// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// LAME hands out bytes as they leave its bit reservoir; here they become whole frames, each with its share of
// the stream's delay, input and padding.
#include <algorithm>
#include <cmath>

#include "codecs/mp3/lame_session.h"
#include "core/clip_account.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::mp3 {
namespace {

constexpr std::size_t block_frames = 4096;  // input frames a call to LAME
constexpr float loudest = 16.0f;            // beyond this LAME's quantization has no defined result

float finite(float sample) {
  return std::isnan(sample) ? 0.0f : std::clamp(sample, -loudest, loudest);
}

/// LAME resamples only where the rates differ by more than 0.05 % (isResamplingNecessary in its util.c).
bool resamples(int input_rate, int codec_rate) {
  const auto rate = static_cast<float>(codec_rate);
  return input_rate < static_cast<int>(rate * 0.9995f) || static_cast<int>(rate * 1.0005f) < input_rate;
}

std::int64_t at_codec_rate(std::int64_t frames, int input_rate, int codec_rate) {
  return resamples(input_rate, codec_rate) ? (frames * codec_rate + input_rate - 1) / input_rate : frames;
}

}  // namespace

struct Encoder::State {
  State(int rate, int channel_count, const EncoderOptions& chosen)
      : input_rate(rate), channels(channel_count), options(chosen), lame(open_lame(rate, channels, chosen)) {
    codec_rate = lame_get_out_samplerate(lame.get());
    codec_channels = lame_get_mode(lame.get()) == MONO ? 1 : 2;
    const double upsampling = std::max(1.0, static_cast<double>(codec_rate) / input_rate);
    // LAME's documented worst case for one call, and for its flush.
    output.resize(static_cast<std::size_t>(1.25 * upsampling * block_frames) + 7200 + std::size_t{4} * 1441);
    delay = lame_get_encoder_delay(lame.get()) + decoder_delay;
  }

  /// What accumulates from the first sample of a stream to its end.
  struct Stream {
    bool open = false;      ///< has input, and is not finished
    bool finished = false;  ///< length is known
    std::int64_t input_frames = 0;
    ClipAccount clips;
    std::uint32_t packets = 0;
    std::uint32_t bytes = 0;
    std::uint16_t crc = 0;
  };

  int samples_per_frame() const { return codec_rate >= 32000 ? 1152 : 576; }

  void begin();
  void encode_block(const AudioView& audio, std::size_t first, std::size_t frames);
  void append(int written);
  void emit_frames(const PacketSink& sink);
  EncodedAudio describe(const FrameHeader& header, std::span<const std::uint8_t> bytes);

  int input_rate, channels;
  EncoderOptions options;
  LameHandle lame;
  bool lame_used = false;
  int codec_rate = 0, codec_channels = 0, delay = 0;
  Stream stream;
  std::vector<float> left, right;
  std::vector<std::uint8_t> output, pending;
};

void Encoder::State::begin() {
  if (lame_used) lame = open_lame(input_rate, channels, options);
  lame_used = true;
  pending.clear();
  stream = {};
  stream.clips = ClipAccount(delay);
  stream.open = true;
}

void Encoder::State::encode_block(const AudioView& audio, std::size_t first, std::size_t frames) {
  const auto count = static_cast<int>(frames);
  const auto capacity = static_cast<int>(output.size());
  const std::size_t offset = first * static_cast<std::size_t>(channels);
  if (audio.format == SampleFormat::s16) {
    auto* samples = const_cast<short*>(static_cast<const short*>(audio.data)) + offset;  // LAME only reads
    append(channels == 2 ? lame_encode_buffer_interleaved(lame.get(), samples, count, output.data(), capacity)
                         : lame_encode_buffer(lame.get(), samples, samples, count, output.data(), capacity));
    return;
  }
  const float* samples = static_cast<const float*>(audio.data) + offset;
  left.resize(frames);
  right.resize(frames);
  for (std::size_t i = 0; i < frames; ++i) {
    const float* frame = samples + i * static_cast<std::size_t>(channels);
    left[i] = finite(frame[0]);
    right[i] = channels == 2 ? finite(frame[1]) : left[i];
  }
  append(
      lame_encode_buffer_ieee_float(lame.get(), left.data(), right.data(), count, output.data(), capacity));
}

void Encoder::State::append(int written) {
  if (written < 0) throw Error(ErrorCode::internal, text("LAME failed with code ", written));
  pending.insert(pending.end(), output.begin(), output.begin() + written);
}

void Encoder::State::emit_frames(const PacketSink& sink) {
  std::size_t at = 0;
  while (pending.size() - at >= 4) {
    const auto rest = std::span<const std::uint8_t>(pending).subspan(at);
    const auto header = parse_frame_header(rest);
    if (!header) throw Error(ErrorCode::internal, "LAME's output does not begin with a frame");
    if (rest.size() < header->length) break;
    at += header->length;
    const EncodedAudio packet = describe(*header, rest.first(header->length));
    if (sink) sink(packet);
  }
  pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(at));
}

EncodedAudio Encoder::State::describe(const FrameHeader& header, std::span<const std::uint8_t> bytes) {
  EncodedAudio packet;
  packet.bytes = bytes;
  packet.entropy_coded_bytes = bytes.size() - header.overhead();
  stream.clips.describe(header.samples(), &packet);
  ++stream.packets;
  stream.bytes += static_cast<std::uint32_t>(bytes.size());
  stream.crc = crc16(stream.crc, bytes);
  return packet;
}

Encoder::Encoder(int input_rate, int channels, const EncoderOptions& options)
    : state_(std::make_unique<State>(input_rate, channels, options)) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

int Encoder::codec_rate() const {
  return state_->codec_rate;
}
int Encoder::codec_channels() const {
  return state_->codec_channels;
}
int Encoder::bitrate_kbps() const {
  return state_->options.bitrate_kbps;
}
int Encoder::samples_per_frame() const {
  return state_->samples_per_frame();
}
int Encoder::mpeg_audio_version() const {
  return version_of(state_->codec_rate);
}
int Encoder::delay() const {
  return state_->delay;
}

int Encoder::max_latency_frames() const {
  // A frame's first sample lies `delay` before its own input; LAME then reads on (calcNeeded in its lame.c),
  // and may keep the frame until so many later ones have filled its reservoir that the next frame's bits fit.
  const State& s = *state_;
  const bool mpeg1 = s.samples_per_frame() == 1152;
  const std::int64_t read_ahead = mpeg1 ? 1424 : 848;
  const int reservoir = mpeg1 ? 511 : 255;
  FrameHeader header;
  header.mpeg_audio_version = version_of(s.codec_rate);
  header.channels = s.codec_channels;
  const int frame_bytes = s.samples_per_frame() / 8 * 1000 * s.options.bitrate_kbps / s.codec_rate;
  const int main_data = std::max(1, frame_bytes - static_cast<int>(header.overhead()));
  const std::int64_t held = std::int64_t{(reservoir + main_data - 1) / main_data} * s.samples_per_frame();
  constexpr int resampler_frames = 32;
  return static_cast<int>((s.delay + read_ahead + held) * s.input_rate / s.codec_rate) + resampler_frames;
}

void Encoder::encode(const AudioView& audio, const PacketSink& sink) {
  State& s = *state_;
  if (audio.channels != s.channels)
    throw Error(ErrorCode::invalid_argument,
                text("the MP3 encoder was made for ", s.channels, " channels and got ", audio.channels),
                "make a new encoder for the new channel count");
  if (audio.frames == 0) return;
  if (!s.stream.open) s.begin();
  for (std::size_t first = 0; first < audio.frames; first += block_frames) {
    const std::size_t frames = std::min(block_frames, audio.frames - first);
    s.encode_block(audio, first, frames);
    s.stream.input_frames += static_cast<std::int64_t>(frames);
    s.emit_frames(sink);
  }
}

void Encoder::finish(const PacketSink& sink) {
  State& s = *state_;
  if (!s.stream.open) return;
  s.stream.clips.set_length(at_codec_rate(s.stream.input_frames, s.input_rate, s.codec_rate));
  s.stream.open = false;
  s.append(lame_encode_flush(s.lame.get(), s.output.data(), static_cast<int>(s.output.size())));
  s.emit_frames(sink);
  if (!s.pending.empty() || s.stream.clips.position() < s.delay + s.stream.clips.length())
    throw Error(ErrorCode::internal, "LAME's last frames are incomplete");
  s.stream.finished = true;
}

void Encoder::reset() {
  State& s = *state_;
  s.stream = {};
  s.pending.clear();
}

std::vector<std::uint8_t> Encoder::info_tag() const {
  const State& s = *state_;
  InfoTag tag;
  tag.delay = s.delay - decoder_delay;
  if (s.stream.finished) {
    tag.frames = s.stream.packets;
    tag.bytes = s.stream.bytes;
    tag.padding = static_cast<int>(s.stream.clips.position() - s.stream.clips.length() - tag.delay);
  }
  InfoTagSettings settings;
  settings.header.mpeg_audio_version = version_of(s.codec_rate);
  settings.header.sample_rate = s.codec_rate;
  settings.header.channels = s.codec_channels;
  settings.header.bitrate_kbps = s.options.bitrate_kbps;
  settings.joint_stereo = lame_get_mode(s.lame.get()) == JOINT_STEREO;
  settings.encoder = get_lame_very_short_version();
  settings.lowpass_hz = lame_get_lowpassfreq(s.lame.get());
  settings.music_crc = s.stream.crc;
  return write_info_tag(tag, settings);
}

}  // namespace mpq::mp3
