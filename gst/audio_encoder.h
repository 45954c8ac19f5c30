// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Base of every audio encoder: packets whose clipping makes the decoded signal line up with the input.
#pragma once

#include <gst/audio/gstaudioencoder.h>

#include <cstdint>
#include <vector>

#include "core/encoded.h"
#include "gst/audio.h"
#include "gst/element.h"
#include "gst/stopwatch.h"

namespace mpq::gst {

/// What a subclass answers to the format of its input.
struct AudioEncoderFormat {
  CapsPtr caps;        ///< of the coded stream, complete
  int codec_rate = 0;  ///< Hz; packets count samples at this rate
  int clip_rate = 0;   ///< Hz; unit of the clipping meta that decoders of this codec expect (Opus: 48000)
  int delay = 0;       ///< latency in samples at the codec rate, one packet included
};

class AudioEncoder : public Element {
 public:
  /// Prepares a new stream. Throws Error.
  virtual AudioEncoderFormat set_format(const GstAudioInfo& input) = 0;

  virtual void encode(const AudioView& samples, const PacketSink& sink) = 0;

  /// Codes what is held back; the next encode() begins a new stream.
  virtual void finish(const PacketSink& sink) = 0;

  /// A header that only files have and that is completed at the end (MP3's info tag), or nothing. It is sent
  /// where the packets go straight to a sink that can seek in bytes. `complete` is false before the first
  /// packet; both have one size.
  virtual std::vector<std::uint8_t> file_header(bool complete) {
    static_cast<void>(complete);
    return {};
  }

  static KindInfo kind();

  std::vector<Result> pooled() const override;
  void reset_results() override { work_ = {}; }

 private:
  struct Glue;
  struct Packet {
    BufferPtr buffer;
    std::int64_t samples;
  };

  PacketSink collector();
  GstFlowReturn handle(GstBuffer* input);
  GstFlowReturn push_packets();
  void drain();
  void drain_at_gap(GstBuffer* next);  // a packet across it would put samples at the wrong time
  void begin_file();
  void complete_file();

  GstAudioEncoder* base() const { return GST_AUDIO_ENCODER_CAST(gobject()); }

  GstPadChainFunction base_chain_ = nullptr;  // not a probe before it, which takes longer
  GstAudioInfo input_{};
  AudioEncoderFormat format_;
  std::vector<Packet> packets_;                       // coded, not yet pushed
  std::int64_t received_ = 0;                         // input samples a channel since the stream began
  std::int64_t coded_ = 0;                            // codec samples in finished packets since then
  std::int64_t finished_ = 0;                         // input samples that these stand for
  GstClockTime previous_time_ = GST_CLOCK_TIME_NONE;  // of the input buffer before
  std::size_t previous_bytes_ = 0;
  enum class File { unknown, none, begun, finished } file_ = File::unknown;
  Work work_;
};

}  // namespace mpq::gst
