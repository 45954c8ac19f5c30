// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqopusenc
 * @title: mpqopusenc
 *
 * Encodes audio as Opus by libopus, at a constant bit rate unless told otherwise. Packets carry a
 * GstAudioClippingMeta, from which decoders and muxers trim the codec's delay and padding.
 *
 * Opus knows five sampling rates: put audioresample before it for others. 3 to 8 channels are coded in the
 * layouts of RFC 7845 where they have positions, else apart from each other (mapping family 255).
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m audiotestsrc num-buffers=100 ! audioresample ! mpqopusenc ! mpqrate ! fakesink
 * ]|
 */
#include <gst/pbutils/pbutils.h>

#include <algorithm>
#include <ios>
#include <vector>

#include "codecs/opus/opus_codec.h"
#include "core/text.h"
#include "gst/audio_encoder.h"
#include "opus_channels.h"

namespace mpq::gst {
namespace {

using Settings = opus::EncoderOptions;
using opus::Application;
using opus::Bandwidth;
using opus::RateControl;
using opus::Signal;

bool is_unpositioned(const GstAudioInfo& input) {
  return input.channels > 2 && GST_AUDIO_INFO_IS_UNPOSITIONED(&input);
}

/// The input's positions in its own order. Throws where there are more than two channels in no layout of
/// Opus's.
ChannelPositions positions_of(const GstAudioInfo& input) {
  const ChannelPositions taken = gstreamer_positions(input.channels);
  if (input.channels <= 2) return vorbis_positions(input.channels);
  if (is_unpositioned(input) || std::equal(taken.begin(), taken.begin() + input.channels, input.position)) {
    return taken;
  }
  guint64 mask = 0;
  gst_audio_channel_positions_to_mask(taken.data(), input.channels, TRUE, &mask);
  throw Error(ErrorCode::unsupported, text("Opus has no such layout of ", input.channels, " channels"),
              text("Insert audioconvert ! \"audio/x-raw,channels=", input.channels,
                   ",channel-mask=(bitmask)0x", std::hex, mask, "\" before this encoder"));
}

class OpusEnc final : public WithSettings<AudioEncoder, Settings> {
 public:
  AudioEncoderFormat set_format(const GstAudioInfo& input) override {
    input_ = input;
    from_ = positions_of(input);
    used_ = coding_options();
    encoder_ = std::make_unique<opus::Encoder>(input.rate, input.channels, used_);
    return {.caps = stream_caps(),
            .codec_rate = input.rate,
            .clip_rate = 48000,
            .delay = encoder_->delay() + encoder_->frame_samples()};
  }

  void encode(const AudioView& samples, const PacketSink& sink) override {
    if (const Settings now = coding_options(); now != used_) {
      used_ = now;
      encoder_->set_options(now);
    }
    const auto to = vorbis_positions(samples.channels);
    if (is_unpositioned(input_) || from_ == to) return encoder_->encode(samples, sink);
    const auto* data = static_cast<const std::uint8_t*>(samples.data);
    scratch_.assign(data, data + samples.bytes());
    gst_audio_reorder_channels(scratch_.data(), scratch_.size(), GST_AUDIO_INFO_FORMAT(&input_),
                               samples.channels, from_.data(), to.data());
    AudioView ordered = samples;
    ordered.data = scratch_.data();
    encoder_->encode(ordered, sink);
  }

  void finish(const PacketSink& sink) override { encoder_->finish(sink); }

 private:
  Settings coding_options() const {
    Settings options = settings();
    options.surround = !is_unpositioned(input_);
    return options;
  }

  CapsPtr stream_caps() const {
    const auto head = opus::write_head(encoder_->head());
    const auto tags = opus::write_tags();
    const BufferPtr head_buffer = copy_to_buffer(head.data(), head.size());
    const BufferPtr tags_buffer = copy_to_buffer(tags.data(), tags.size());
    return CapsPtr(gst_codec_utils_opus_create_caps_from_header(head_buffer.get(), tags_buffer.get()));
  }

  std::unique_ptr<opus::Encoder> encoder_;
  Settings used_;
  GstAudioInfo input_{};
  ChannelPositions from_{};
  std::vector<std::uint8_t> scratch_;
};

const ElementInfo info{
    .type_name = "MpqOpusEnc",
    .long_name = "MPQ Opus encoder",
    .klass = "Codec/Encoder/Audio",
    .description = "Encodes audio as Opus, at bit rates down to 4 kbit/s",
    .pads = {sink_pad(raw_audio_caps("rate={ 48000, 24000, 16000, 12000, 8000 }, channels=[ 1, 8 ]")),
             src_pad("audio/x-opus, channel-mapping-family={ 0, 1, 255 }")},
    .properties =
        {integer("bitrate", &Settings::bitrate, 4000, 2040000, "Bit rate of all channels together in bit/s",
                 Mutable::playing),
         enumeration<Settings, RateControl>(
             "bitrate-type", &Settings::rate_control, "MpqOpusRateControl",
             {{RateControl::constant, "cbr", "Every packet has the same size"},
              {RateControl::variable, "vbr", "Bits where they are needed; the bit rate is a mean"},
              {RateControl::constrained, "constrained-vbr", "Variable within a buffer of one packet"}},
             "How strictly the bit rate is kept", Mutable::playing),
         integer("complexity", &Settings::complexity, 0, 10, "Effort, 0 (fast) to 10 (best)",
                 Mutable::playing),
         enumeration<Settings, Signal>("signal", &Settings::signal, "MpqOpusSignal",
                                       {{Signal::automatic, "auto", "libopus decides"},
                                        {Signal::voice, "voice", "Speech"},
                                        {Signal::music, "music", "Music"}},
                                       "What the signal is", Mutable::playing),
         enumeration<Settings, Application>(
             "application", &Settings::application, "MpqOpusApplication",
             {{Application::audio, "audio", "Fidelity to the input"},
              {Application::voip, "voip", "Intelligibility of speech"},
              {Application::restricted_lowdelay, "restricted-lowdelay", "No speech mode, 4 ms less delay"}},
             "What the stream is for"),
         integer("frame-size", &Settings::frame_duration_us, 2500, 60000,
                 "Duration of a packet in microseconds: 2500, 5000, 10000, 20000, 40000 or 60000"),
         enumeration<Settings, Bandwidth>("bandwidth", &Settings::bandwidth, "MpqOpusBandwidth",
                                          {{Bandwidth::automatic, "auto", "libopus decides"},
                                           {Bandwidth::narrow, "narrowband", "4 kHz"},
                                           {Bandwidth::medium, "mediumband", "6 kHz"},
                                           {Bandwidth::wide, "wideband", "8 kHz"},
                                           {Bandwidth::superwide, "superwideband", "12 kHz"},
                                           {Bandwidth::full, "fullband", "20 kHz"}},
                                          "Audio bandwidth", Mutable::playing),
         boolean("inband-fec", &Settings::inband_fec, "Add copies of the packet before, for lossy networks",
                 Mutable::playing),
         integer("packet-loss-percentage", &Settings::expected_loss_percent, 0, 100,
                 "Packet loss to expect, in percent; inband-fec needs it", Mutable::playing),
         boolean("dtx", &Settings::dtx, "Send next to nothing in silence", Mutable::playing)},
    .create = [] { return std::make_unique<OpusEnc>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqopusenc, mpq::gst::AudioEncoder, mpq::gst::info)
