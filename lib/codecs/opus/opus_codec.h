// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Opus (RFC 6716) by libopus: mono, stereo, and surround up to 8 channels. Stream headers are in head.h, the
// framing of packets in packet.h.
//
//   mpq::opus::Encoder encoder(48000, 2, {.bitrate = 6000});
//   encoder.encode({mpq::SampleFormat::s16, 2, samples, frames}, [](const mpq::EncodedAudio& packet) { ...
//   }); encoder.finish(sink);
//
// Caveats. libopus spends whole bytes a packet: 6000 bit/s is 15 bytes each 20 ms, other constant rates are
// rounded to the nearest byte. Below some 12 kbit/s speech mode codes mono, so stereo is lost. Channels above
// two are in Vorbis's order (left, center, right, ...; LFE last), which is not GStreamer's.
#pragma once

#include <memory>

#include "codecs/opus/head.h"
#include "codecs/opus/packet.h"
#include "core/audio.h"
#include "core/encoded.h"

namespace mpq::opus {

enum class RateControl {
  constant,     ///< every packet has the same size
  variable,     ///< bits where they are needed; `bitrate` is the mean over long times
  constrained,  ///< variable within a buffer of one packet
};
enum class Signal { automatic, voice, music };
enum class Application {
  audio,                ///< fidelity to the input
  voip,                 ///< intelligibility of speech
  restricted_lowdelay,  ///< no speech mode, 4 ms less delay
};
/// Audio bandwidth in kHz: 4, 6, 8, 12, 20, or as libopus chooses.
enum class Bandwidth { automatic, narrow, medium, wide, superwide, full };

struct EncoderOptions {
  /// bit/s of all channels together, up to 255000 a channel. At least 4000 for one or two channels and 6000 a
  /// channel for more; in frames below 20 ms also at least 60 bits a frame, or 120 a frame and channel.
  int bitrate = 6000;
  RateControl rate_control = RateControl::constant;
  int complexity = 10;  ///< 0 fastest to 10 best
  Signal signal = Signal::automatic;
  Application application = Application::audio;
  int frame_duration_us = 20000;  ///< 2500, 5000, 10000, 20000, 40000 or 60000
  Bandwidth bandwidth = Bandwidth::automatic;
  bool inband_fec = false;  ///< speech mode only: low-rate copies of the frame before; needs expected loss
  int expected_loss_percent = 0;  ///< 0 to 100
  /// Above two channels: they are loudspeakers in Vorbis's layout (mapping family 1; the LFE channel keeps
  /// low frequencies only), else unrelated signals coded apart (family 255).
  bool surround = true;
  bool dtx = false;  ///< speech mode only: packets of a byte or two in silence

  bool operator==(const EncoderOptions&) const = default;
};

/// Encodes one stream after another. Not thread-safe; different encoders may run in parallel. Movable.
class Encoder {
 public:
  /// `rate` is 8000, 12000, 16000, 24000 or 48000 Hz; `channels` 1 to 8. Throws Error(invalid_argument) whose
  /// remedy says what to set; also for a bitrate at which libopus would code silence or noise.
  Encoder(int rate, int channels, const EncoderOptions& options = {});
  ~Encoder();
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;

  int rate() const;
  int channels() const;
  /// Samples a channel and packet at rate(); also what encode() may hold back.
  int frame_samples() const;
  /// libopus's look-ahead in samples at rate(); the stream's clip_start.
  int delay() const;
  /// Layout and pre-skip of the stream: mapping family 0 up to two channels, else 1 or 255.
  /// write_head(head()) and write_tags() are what containers store.
  const Head& head() const;
  const EncoderOptions& options() const;

  /// Takes new settings from the next packet on. Application and layout cannot change. Throws as the
  /// constructor does, and then keeps the old settings.
  void set_options(const EncoderOptions& options);

  /// Takes any number of frames; each full packet goes to `sink`. Over a stream the packets' `clip_start` add
  /// up to delay() and their `samples` to the input's frames. entropy_coded_bytes is compressed_bytes().
  /// Throws Error(invalid_argument) for another channel count, or another sample format in mid-packet.
  /// An exception from `sink` passes through; call reset() then.
  void encode(const AudioView& audio, const PacketSink& sink);

  /// Ends the stream: pads with silence until all of the input has come out. The next encode() begins a new
  /// stream with fresh state. A stream without input has no packets.
  void finish(const PacketSink& sink);

  /// Drops what is buffered; the next encode() begins a new stream.
  void reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Decodes packet by packet, without any delay of its own. Not thread-safe. Movable. Returned views are valid
/// until the next call. Nothing is trimmed: the caller drops Head::pre_skip_at(rate) samples at the stream's
/// start (or what the packet's clips say).
class Decoder {
 public:
  /// Any stream decodes at each of the five rates, whatever it was encoded from. The head's output gain is
  /// applied. Throws Error(invalid_argument) for a rate or layout that Opus does not have.
  Decoder(const Head& head, int output_rate, SampleFormat output);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// Throws Error(corrupt_data) where libopus refuses the packet or it is empty; decoding goes on with the
  /// next.
  AudioView decode(std::span<const std::uint8_t> packet);

  /// Conceals `frames` lost samples a channel: a multiple of 2.5 ms, up to 120 ms. Throws
  /// Error(invalid_argument).
  AudioView decode_lost(int frames);

  /// As decode_lost, from the in-band copy that `next`, the packet after the loss, may carry; conceals where
  /// it carries none. Decode `next` itself afterwards.
  AudioView decode_lost(int frames, std::span<const std::uint8_t> next);

  /// Forgets everything, as after a seek.
  void reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mpq::opus
