// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// libopus's plain decoder where one stream is one output, its multistream decoder otherwise. 16-bit samples
// are those of opus_decode(), which softens clipping; but the plain decoder gives floats here, as libopus
// spends up to a fifth of its time on their way to 16 bits: they are rounded in vectors, and looked at one by
// one only where one clips.
#include <opus/opus_multistream.h>

#include <array>

#include "codecs/opus/options.h"
#include "core/error.h"
#include "core/sample_rounding.h"
#include "core/text.h"

namespace mpq::opus {
namespace {

bool is_plain(const Head& head) {
  if (head.stream_count != 1 || head.channels != 1 + head.coupled_count) return false;
  return head.mapping[0] == 0 && (head.channels == 1 || head.mapping[1] == 1);
}

struct Destroy {
  void operator()(OpusDecoder* d) const { opus_decoder_destroy(d); }
  void operator()(OpusMSDecoder* d) const { opus_multistream_decoder_destroy(d); }
};

}  // namespace

struct Decoder::State {
  State(const Head& stream_head, int output_rate, SampleFormat format);

  template <class... Args>
  void control(Args... args) {
    const int result = plain ? opus_decoder_ctl(plain.get(), args...)
                             : opus_multistream_decoder_ctl(surround.get(), args...);
    if (result < 0) throw Error(ErrorCode::internal, text("libopus: ", opus_strerror(result)));
  }
  int most_frames() const { return rate / 1000 * 120; }
  int run(std::span<const std::uint8_t> packet, int frames, bool fec);
  void soften_clipping(int frames);
  AudioView view(int frames);
  AudioView conceal(int frames, std::span<const std::uint8_t> next);

  Head head;
  int rate;
  SampleFormat output;
  std::unique_ptr<OpusDecoder, Destroy> plain;
  std::unique_ptr<OpusMSDecoder, Destroy> surround;
  std::array<float, 2> softening{};  ///< libopus's, of each channel at the end of the last packet; 0: none
  std::vector<float> samples;        ///< 120 ms
  std::vector<std::int16_t> rounded;
};

Decoder::State::State(const Head& stream_head, int output_rate, SampleFormat format)
    : head(stream_head), rate(output_rate), output(format) {
  check(head);
  if (!is_opus_rate(rate))
    throw Error(ErrorCode::invalid_argument,
                text("Opus decodes to 8000, 12000, 16000, 24000 or 48000 Hz, not ", rate),
                "decode to 48000 Hz and resample");
  int error = OPUS_OK;
  if (is_plain(head))
    plain.reset(opus_decoder_create(rate, head.channels, &error));
  else
    surround.reset(opus_multistream_decoder_create(rate, head.channels, head.stream_count, head.coupled_count,
                                                   head.mapping.data(), &error));
  if (error != OPUS_OK) throw Error(ErrorCode::internal, text("libopus: ", opus_strerror(error)));
  control(OPUS_SET_GAIN_REQUEST, head.gain_q8);
  samples.resize(static_cast<std::size_t>(most_frames()) * static_cast<std::size_t>(head.channels));
  if (output == SampleFormat::s16) rounded.resize(samples.size());
}

/// One call of libopus; an empty packet conceals. Returns frames, or its negative error.
int Decoder::State::run(std::span<const std::uint8_t> packet, int frames, bool fec) {
  const std::uint8_t* data = packet.empty() ? nullptr : packet.data();
  const auto size = static_cast<opus_int32>(packet.size());
  if (plain) return opus_decode_float(plain.get(), data, size, samples.data(), frames, fec);
  return output == SampleFormat::s16
             ? opus_multistream_decode(surround.get(), data, size, rounded.data(), frames, fec)
             : opus_multistream_decode_float(surround.get(), data, size, samples.data(), frames, fec);
}

/// As opus_decode() does, for packets but not for what stands in for lost ones.
void Decoder::State::soften_clipping(int frames) {
  const auto count = static_cast<std::size_t>(frames * head.channels);
  if (softening == std::array<float, 2>{} && within_full_scale(samples.data(), count)) return;
  opus_pcm_soft_clip(samples.data(), frames, head.channels, softening.data());
}

AudioView Decoder::State::view(int frames) {
  AudioView view{output, head.channels, samples.data(), static_cast<std::size_t>(frames)};
  if (output == SampleFormat::f32) return view;
  if (plain)
    round_to_s16(samples.data(), view.frames * static_cast<std::size_t>(view.channels), rounded.data());
  view.data = rounded.data();
  return view;
}

AudioView Decoder::State::conceal(int frames, std::span<const std::uint8_t> next) {
  if (frames <= 0 || frames > most_frames() || frames % (rate / 400) != 0)
    throw Error(ErrorCode::invalid_argument,
                text("Opus cannot conceal ", frames, " samples at ", rate, " Hz"),
                text("ask for a multiple of ", rate / 400, " up to ", most_frames()));
  const bool fec = packet_samples(next, rate).has_value();
  int result = run(fec ? next : next.first(0), frames, fec);
  if (result < 0 && fec) result = run({}, frames, false);
  if (result < 0) throw Error(ErrorCode::internal, text("libopus: ", opus_strerror(result)));
  return view(result);
}

Decoder::Decoder(const Head& head, int output_rate, SampleFormat output)
    : state_(std::make_unique<State>(head, output_rate, output)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

AudioView Decoder::decode(std::span<const std::uint8_t> packet) {
  constexpr std::size_t largest = 1u << 21;  // above 255 streams of six 1275-byte frames
  if (packet.size() > largest || !packet_samples(packet, state_->rate))
    throw Error(ErrorCode::corrupt_data, text("the packet of ", packet.size(), " bytes is not Opus"));
  const int frames = state_->run(packet, state_->most_frames(), false);
  if (frames < 0)
    throw Error(ErrorCode::corrupt_data, text("libopus does not decode the packet: ", opus_strerror(frames)));
  if (state_->plain && state_->output == SampleFormat::s16) state_->soften_clipping(frames);
  return state_->view(frames);
}

AudioView Decoder::decode_lost(int frames) {
  return state_->conceal(frames, {});
}

AudioView Decoder::decode_lost(int frames, std::span<const std::uint8_t> next) {
  return state_->conceal(frames, next);
}

void Decoder::reset() {
  state_->control(OPUS_RESET_STATE);
  state_->softening = {};
}

}  // namespace mpq::opus
