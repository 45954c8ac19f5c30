// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// MP3 (MPEG-1, 2 and 2.5 audio layer III): encoding by LAME at a constant bitrate, decoding by libmpg123.
// Frames and the LAME information tag are in frame.h.
//
//   mpq::mp3::Encoder encoder(44100, 2, {.bitrate_kbps = 8});
//   encoder.encode({mpq::SampleFormat::s16, 2, samples, frames}, [](const mpq::EncodedAudio& packet) { ...
//   }); encoder.finish(sink);
//
// Caveats. Rates that MPEG-1 cannot carry (below 32 kbps) need a lower sampling rate; LAME resamples with a
// 32-tap filter, so content above the new Nyquist frequency is attenuated, not removed. Where input and codec
// rate differ by less than 0.05 %, LAME does not resample and neither do the sample counts here.
#pragma once

#include <memory>
#include <string>

#include "codecs/mp3/frame.h"
#include "core/audio.h"
#include "core/encoded.h"

namespace mpq::mp3 {

enum class ChannelMode {
  automatic,     ///< LAME's choice: joint stereo for two channels
  stereo,        ///< left and right coded apart
  joint_stereo,  ///< left/right or mid/side, frame by frame
  mono,          ///< two channels are mixed down
};

struct EncoderOptions {
  int bitrate_kbps = 8;  ///< constant; 8 to 320, one of the values that MPEG audio has
  int codec_rate =
      0;  ///< Hz, one of `sample_rates`; 0: LAME chooses, or the nearest rate that can have the bitrate
  ChannelMode mode = ChannelMode::automatic;
  int effort = 3;  ///< LAME's algorithm quality: 0 best and slowest, 9 fastest; 3 is LAME's default
};

/// Encodes one stream after another. Not thread-safe; different encoders may run in parallel. Movable.
class Encoder {
 public:
  /// `input_rate` in Hz, 8000 to 192000; `channels` 1 or 2. Throws Error(invalid_argument) whose remedy names
  /// a bitrate or codec rate that works where the two asked for do not exist together: the encoder never
  /// spends another rate than the one asked for.
  Encoder(int input_rate, int channels, const EncoderOptions& options = {});
  ~Encoder();
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;

  int codec_rate() const;          ///< Hz, of the stream
  int codec_channels() const;      ///< 1 or 2, of the stream
  int bitrate_kbps() const;        ///< of the stream; equals the one asked for
  int samples_per_frame() const;   ///< a channel at the codec's rate: 1152 or 576
  int mpeg_audio_version() const;  ///< 1, 2, or 3 for MPEG-2.5; the layer is 3
  int delay() const;  ///< samples at the codec's rate that the first packets' clip_start add up to
  /// Input frames that may be held back before their packet comes out (look-ahead, framing, bit reservoir).
  int max_latency_frames() const;

  /// Takes any number of frames and hands each finished packet, one whole MPEG frame, to `sink`. Over a
  /// stream the packets' `clip_start` add up to delay(), their `samples` to the input's length at the codec's
  /// rate (rounded up); a clip may cover whole packets. entropy_coded_bytes leaves out header and
  /// side information. Floats beyond +-16 are clamped, and NaN becomes 0. Throws Error(invalid_argument) for
  /// another channel count, Error(internal) where LAME fails. An exception from `sink` passes through; call
  /// reset() then.
  void encode(const AudioView& audio, const PacketSink& sink);

  /// Ends the stream: the remaining packets. The next encode() begins a new stream with fresh state. A stream
  /// without input has no packets.
  void finish(const PacketSink& sink);

  /// Drops what is buffered; the next encode() begins a new stream.
  void reset();

  /// The LAME information frame to store before the stream's packets. During the stream: provisional, with
  /// the delay but without length. After finish(): final, of the same length, so a file writer can replace
  /// it.
  std::vector<std::uint8_t> info_tag() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What one packet decoded to. `audio` is valid until the decoder's next call.
struct DecodedAudio {
  AudioView audio;              ///< the whole frame, or 0 frames for an information tag
  int rate = 0;                 ///< Hz
  std::int64_t clip_start = 0;  ///< leading samples of `audio` that are not the encoder's input
  std::int64_t clip_end = 0;    ///< trailing ones; both 0 unless an information tag began the stream
  std::string warning;          ///< empty, or why the audio is not what was encoded
};

/// Decodes frame by frame, without any delay of its own: one packet in, its audio out. Not thread-safe.
/// Movable.
class Decoder {
 public:
  explicit Decoder(SampleFormat output);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// `packet` is one whole frame, as find_frame cuts them. The first one may be an information tag, which
  /// yields no audio but the clips of the following packets (and, as every decoder delays, they include its
  /// 529 samples). A frame whose bit reservoir is missing gives a frame of near silence and a warning. Rate
  /// and channels may change between packets. Throws Error(corrupt_data) where the packet is no layer III
  /// frame of stated bitrate, or is cut short; decoding goes on with the next packet (bits that it needs of
  /// the bad one count as missing).
  DecodedAudio decode(std::span<const std::uint8_t> packet);

  /// Forgets everything, as after a seek.
  void reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mpq::mp3
