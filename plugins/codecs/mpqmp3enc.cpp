// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqmp3enc
 * @title: mpqmp3enc
 *
 * Encodes audio as MP3 by LAME, at a constant bit rate that is really spent: where the input's sampling rate
 * cannot carry it (MPEG-1 starts at 32 kbit/s) the encoder resamples, says so in an info message, and its
 * output caps have the codec's rate.
 *
 * Packets carry a GstAudioClippingMeta, so that mpqmp3dec returns the input's length, aligned to the sample.
 * A file begins with a LAME info tag that tells other players the same, where the packets go straight to it
 * (a sink that can seek in bytes; queues, mpqrate or id3v2mux may lie between, a tee or a muxer may not).
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 audiotestsrc num-buffers=100 ! audioconvert ! mpqmp3enc bitrate=8 ! mpqrate ! fakesink -m
 * ]|
 */
#include "codecs/mp3/mp3.h"
#include "core/text.h"
#include "gst/audio_encoder.h"

namespace mpq::gst {
namespace {

using mp3::ChannelMode;

struct Settings : mp3::EncoderOptions {
  bool info_tag = true;
};

class Mp3Enc final : public WithSettings<AudioEncoder, Settings> {
 public:
  AudioEncoderFormat set_format(const GstAudioInfo& input) override {
    encoder_ = std::make_unique<mp3::Encoder>(input.rate, input.channels, settings());
    const int rate = encoder_->codec_rate();
    if (rate != input.rate) {
      post_info(gobject(), text("The audio is resampled from ", input.rate, " to ", rate,
                                " Hz inside the encoder, to spend ", encoder_->bitrate_kbps(),
                                " kbit/s (set codec-rate to choose another rate)"));
    }
    CapsPtr caps(gst_caps_new_simple("audio/mpeg", "mpegversion", G_TYPE_INT, 1, "mpegaudioversion",
                                     G_TYPE_INT, encoder_->mpeg_audio_version(), "layer", G_TYPE_INT, 3,
                                     "parsed", G_TYPE_BOOLEAN, TRUE, "rate", G_TYPE_INT, rate, "channels",
                                     G_TYPE_INT, encoder_->codec_channels(), nullptr));
    const auto delay = static_cast<std::int64_t>(encoder_->max_latency_frames()) * rate / input.rate;
    return {.caps = std::move(caps), .codec_rate = rate, .clip_rate = rate, .delay = static_cast<int>(delay)};
  }

  void encode(const AudioView& samples, const PacketSink& sink) override { encoder_->encode(samples, sink); }
  void finish(const PacketSink& sink) override { encoder_->finish(sink); }
  std::vector<std::uint8_t> file_header(bool) override {
    return settings().info_tag ? encoder_->info_tag() : std::vector<std::uint8_t>();
  }

 private:
  std::unique_ptr<mp3::Encoder> encoder_;
};

// The table's members belong to the base; the rows are for the whole settings struct.
template <class Member>
constexpr Member Settings::*member(Member mp3::EncoderOptions::*m) {
  return m;
}

const ElementInfo info{
    .type_name = "MpqMp3Enc",
    .long_name = "MPQ MP3 encoder",
    .klass = "Codec/Encoder/Audio",
    .description = "Encodes audio as MP3, at bit rates down to 8 kbit/s",
    .pads = {sink_pad(raw_audio_caps("rate=[ 8000, 192000 ], channels=[ 1, 2 ]")),
             src_pad(
                 "audio/mpeg, mpegversion=1, layer=3, parsed=true, "
                 "rate={ 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000 }, channels=[ 1, 2 ]")},
    .properties = {integer("bitrate", member(&Settings::bitrate_kbps), 8, 320,
                           "Constant bit rate in kbit/s; a value that MPEG audio has"),
                   integer(
                       "codec-rate", member(&Settings::codec_rate), 0, 48000,
                       "Sampling rate of the coded stream in Hz (0 = the best that can spend the bit rate)"),
                   enumeration<Settings, ChannelMode>(
                       "channel-mode", member(&Settings::mode), "MpqMp3ChannelMode",
                       {{ChannelMode::automatic, "auto", "Joint stereo for two channels"},
                        {ChannelMode::stereo, "stereo", "Left and right coded apart"},
                        {ChannelMode::joint_stereo, "joint-stereo", "Mid and side where that is smaller"},
                        {ChannelMode::mono, "mono", "Two channels mixed to one"}},
                       "How channels are coded"),
                   integer("effort", member(&Settings::effort), 0, 9,
                           "LAME's algorithm quality, 0 (best, slow) to 9 (fast)"),
                   boolean(
                       "info-tag", &Settings::info_tag,
                       "Begin files with a LAME info tag (delay, padding, length), completed at the end")},
    .create = [] { return std::make_unique<Mp3Enc>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqmp3enc, mpq::gst::AudioEncoder, mpq::gst::info)
