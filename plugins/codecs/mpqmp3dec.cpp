// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqmp3dec
 * @title: mpqmp3dec
 *
 * Decodes MP3 by libmpg123: put mpegaudioparse before it for files and network streams.
 * Encoder delay and padding are trimmed as the packets' GstAudioClippingMeta or the stream's LAME info tag
 * tell. A damaged packet is skipped and counted.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 audiotestsrc num-buffers=100 ! mpqmp3enc ! mpqmp3dec ! fakesink -m
 * ]|
 */
#include "codecs/mp3/mp3.h"

#include <algorithm>
#include <optional>

#include "core/sample_rounding.h"
#include "core/text.h"
#include "gst/audio_decoder.h"

namespace mpq::gst {
namespace {

constexpr const char* rates_and_channels =
    "rate={ 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000 }, channels=[ 1, 2 ]";

class Mp3Dec final : public AudioDecoder {
 public:
  void set_format(const GstCaps* caps, SampleFormat output) override {
    gboolean parsed = FALSE;
    gst_structure_get_boolean(gst_caps_get_structure(caps, 0), "parsed", &parsed);
    unparsed_ = parsed == FALSE;
    begin_search();
    // Floats are rounded on their way into the output buffer.
    decoder_ = std::make_unique<mp3::Decoder>(rounds_in_vectors ? SampleFormat::f32 : output);
  }

  bool is_unparsed() const override { return unparsed_; }

  PacketPosition find_packet(std::span<const std::uint8_t> data, bool at_end) override {
    if (skip_ >= data.size()) {
      skip_ -= data.size();
      return {data.size(), 0};
    }
    const auto [skip, length] =
        mp3::find_frame(data.subspan(skip_), at_end, previous_ ? &*previous_ : nullptr);
    const std::size_t first = skip_ + skip;
    skip_ = first > data.size() ? first - data.size() : 0;
    if (length > 0) previous_ = mp3::parse_frame_header(data.subspan(first));
    return {std::min(first, data.size()), length};
  }

  DecodedPacket decode(std::span<const std::uint8_t> packet) override {
    mp3::DecodedAudio decoded = decoder_->decode(packet);
    return {decoded.audio, decoded.rate, decoded.clip_start, decoded.clip_end, std::move(decoded.warning)};
  }

  void reset() override {
    begin_search();
    if (decoder_ != nullptr) decoder_->reset();
  }

 private:
  void begin_search() {
    previous_.reset();
    skip_ = 0;
  }

  bool unparsed_ = false;
  std::optional<mp3::FrameHeader> previous_;  // of the frame found last
  std::size_t skip_ = 0;                      // bytes to come that are no audio, such as an ID3 tag's
  std::unique_ptr<mp3::Decoder> decoder_;
};

const ElementInfo info{
    .type_name = "MpqMp3Dec",
    .long_name = "MPQ MP3 decoder",
    .klass = "Codec/Decoder/Audio",
    .description = "Decodes MP3, aligned to the encoder's input",
    .pads = {sink_pad(text("audio/mpeg, mpegversion=1, layer=3, ", rates_and_channels)),
             src_pad(raw_audio_caps(rates_and_channels))},
    .properties = {},
    .create = [] { return std::make_unique<Mp3Dec>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqmp3dec, mpq::gst::AudioDecoder, mpq::gst::info)
