// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqopusdec
 * @title: mpqopusdec
 *
 * Decodes Opus by libopus: at the rate that was encoded, or one that the next element takes. The codec's
 * delay and padding are trimmed as the packets' GstAudioClippingMeta tells (encoders and demuxers attach it).
 * A damaged packet is skipped and counted; with plc=true lost ones are concealed.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m audiotestsrc num-buffers=100 ! audioresample ! mpqopusenc ! mpqopusdec ! fakesink
 * ]|
 */
#include <gst/pbutils/pbutils.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "codecs/opus/opus_codec.h"
#include "core/text.h"
#include "gst/audio_decoder.h"
#include "opus_channels.h"

namespace mpq::gst {
namespace {

constexpr std::array rates{48000, 24000, 16000, 12000, 8000};
constexpr int most_channels = 8;                       // that positions and caps are known for
constexpr std::uint64_t concealment_step = 2'500'000;  // nanoseconds; libopus conceals 1 to 48 of them

opus::Head head_from_caps(const GstCaps* caps) {
  const GstStructure* s = gst_caps_get_structure(caps, 0);
  if (const GValue* headers = gst_structure_get_value(s, "streamheader");
      headers != nullptr && GST_VALUE_HOLDS_ARRAY(headers) && gst_value_array_get_size(headers) > 0) {
    const GValue* first = gst_value_array_get_value(headers, 0);
    if (GST_VALUE_HOLDS_BUFFER(first)) {
      const ReadMap map(gst_value_get_buffer(first));
      return opus::parse_head({map.data(), map.size()});
    }
  }
  opus::Head head = opus::Head::plain(2);
  guint32 rate = 48000;
  guint8 channels = 2;
  guint8 family = 0;
  guint8 streams = 1;
  guint8 coupled = 1;
  std::array<guint8, 256> mapping{};
  if (!gst_structure_has_field(s, "channel-mapping-family") ||
      !gst_codec_utils_opus_parse_caps(const_cast<GstCaps*>(caps), &rate, &channels, &family, &streams,
                                       &coupled, mapping.data())) {
    return head;
  }
  if (family == 0) {
    head = opus::Head::plain(channels);
  } else {
    head.channels = channels;
    head.mapping_family = family;
    head.stream_count = streams;
    head.coupled_count = coupled;
    std::copy_n(mapping.begin(), head.mapping.size(), head.mapping.begin());
  }
  head.input_rate = static_cast<int>(rate);
  return head;
}

class OpusDec final : public AudioDecoder {
 public:
  void set_format(const GstCaps* caps, SampleFormat output) override {
    head_ = head_from_caps(caps);
    if (head_.channels > most_channels) {
      throw Error(ErrorCode::unsupported,
                  text("The Opus stream has ", head_.channels, " channels, more than 8"));
    }
    rate_ = choose_rate();
    decoder_ = std::make_unique<opus::Decoder>(head_, rate_, output);
  }

  DecodedPacket decode(std::span<const std::uint8_t> packet) override {
    const auto starts_with = [&](const char* magic) {
      return packet.size() >= 8 && std::memcmp(packet.data(), magic, 8) == 0;
    };
    if (starts_with("OpusHead") || starts_with("OpusTags")) return {};  // containers repeat what caps say
    DecodedPacket decoded;
    decoded.audio = in_gstreamer_order(decoder_->decode(packet));
    decoded.rate = rate_;
    return decoded;
  }

  std::uint64_t longest_concealment() const override { return 48 * concealment_step; }

  DecodedPacket conceal(std::uint64_t nanoseconds) override {
    DecodedPacket concealed;
    const std::uint64_t steps =
        std::clamp<std::uint64_t>((nanoseconds + concealment_step / 2) / concealment_step, 1, 48);
    concealed.audio = in_gstreamer_order(decoder_->decode_lost(static_cast<int>(steps) * rate_ / 400));
    concealed.rate = rate_;
    return concealed;
  }

  void reset() override {
    if (decoder_ != nullptr) decoder_->reset();
  }

  void channel_positions(int channels, GstAudioChannelPosition* positions) const override {
    if (head_.mapping_family > 1) {
      std::fill_n(positions, channels, GST_AUDIO_CHANNEL_POSITION_NONE);
    } else {
      const auto order = gstreamer_positions(channels);
      std::copy_n(order.begin(), channels, positions);
    }
  }

  int clip_rate() const override { return 48000; }

 private:
  AudioView in_gstreamer_order(AudioView decoded) {
    if (decoded.channels <= 2 || head_.mapping_family != 1) return decoded;
    const auto* data = static_cast<const std::uint8_t*>(decoded.data);
    reordered_.assign(data, data + decoded.bytes());
    const auto from = vorbis_positions(decoded.channels);
    const auto to = gstreamer_positions(decoded.channels);
    const auto format = decoded.format == SampleFormat::s16 ? GST_AUDIO_FORMAT_S16 : GST_AUDIO_FORMAT_F32;
    gst_audio_reorder_channels(reordered_.data(), reordered_.size(), format, decoded.channels, from.data(),
                               to.data());
    decoded.data = reordered_.data();
    return decoded;
  }

  int choose_rate() const {
    const CapsPtr allowed(gst_pad_get_allowed_caps(GST_AUDIO_DECODER_SRC_PAD(gobject())));
    const auto taken = [&](int rate) {
      if (allowed == nullptr) return true;
      const CapsPtr caps(gst_caps_new_simple("audio/x-raw", "rate", G_TYPE_INT, rate, nullptr));
      return gst_caps_can_intersect(allowed.get(), caps.get()) != FALSE;
    };
    const bool known = std::find(rates.begin(), rates.end(), head_.input_rate) != rates.end();
    if (known && taken(head_.input_rate)) return head_.input_rate;
    const auto first = std::find_if(rates.begin(), rates.end(), taken);
    return first != rates.end() ? *first : 48000;
  }

  opus::Head head_;
  int rate_ = 48000;
  std::vector<std::uint8_t> reordered_;
  std::unique_ptr<opus::Decoder> decoder_;
};

const ElementInfo info{
    .type_name = "MpqOpusDec",
    .long_name = "MPQ Opus decoder",
    .klass = "Codec/Decoder/Audio",
    .description = "Decodes Opus, aligned to the encoder's input",
    .pads = {sink_pad("audio/x-opus, channel-mapping-family={ 0, 1, 255 }; audio/x-opus"),
             src_pad(raw_audio_caps("rate={ 48000, 24000, 16000, 12000, 8000 }, channels=[ 1, 8 ]"))},
    .properties = {},
    .create = [] { return std::make_unique<OpusDec>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqopusdec, mpq::gst::AudioDecoder, mpq::gst::info)
