// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/audio_decoder.h"

#include <algorithm>
#include <array>

#include "core/sample_rounding.h"
#include "core/text.h"
#include "gst/event.h"

namespace mpq::gst {
namespace {

constexpr std::uint64_t longest_gap = GST_SECOND;  // concealed; what is longer stays a gap
constexpr GstClockTime jitter = 2 * GST_MSECOND;   // of packet times, which Matroska rounds to milliseconds

}  // namespace

struct AudioDecoder::Glue {
  static AudioDecoder& self(GstAudioDecoder* base) { return self_behind<AudioDecoder>(base); }

  static gboolean start(GstAudioDecoder* base) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      gst_audio_decoder_set_plc_aware(base, self(base).longest_concealment() > 0);  // each start clears it
      self(base).output_ = {};
      self(base).damage_count_ = 0;
      self(base).open_results();
      return TRUE;
    });
  }

  static gboolean stop(GstAudioDecoder* base) {
    self(base).close_direct(nullptr);
    self(base).close_results();
    return TRUE;
  }

  static gboolean set_format(GstAudioDecoder* base, GstCaps* caps) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      self(base).output_ = {};
      self(base).output_format_ = self(base).choose_sample_format();
      self(base).set_format(caps, self(base).output_format_);
      return TRUE;
    });
  }

  static void flush(GstAudioDecoder* base, gboolean hard) {
    if (!hard) return;
    guarded(GST_ELEMENT(base), false, [&] {
      self(base).reset();
      return true;
    });
  }

  static GstFlowReturn parse(GstAudioDecoder* base, GstAdapter* adapter, gint* offset, gint* length) {
    const gsize size = gst_adapter_available(adapter);
    *offset = 0;
    *length = static_cast<gint>(size);
    if (!self(base).is_unparsed()) return GST_FLOW_OK;
    gboolean at_end = FALSE;
    gst_audio_decoder_get_parse_state(base, nullptr, &at_end);
    const auto* data = static_cast<const std::uint8_t*>(gst_adapter_map(adapter, size));
    const GstFlowReturn flow = guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] {
      const PacketPosition packet = self(base).find_packet({data, size}, at_end != FALSE);
      *offset = static_cast<gint>(packet.skip);
      *length = static_cast<gint>(packet.length);
      return packet.length > 0 ? GST_FLOW_OK : GST_FLOW_EOS;  // the base class's word for more data
    });
    gst_adapter_unmap(adapter);
    return flow;
  }

  static GstFlowReturn handle_frame(GstAudioDecoder* base, GstBuffer* buffer) {
    if (buffer == nullptr) return GST_FLOW_OK;
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] {
      self(base).keep_direct_time(buffer);
      return self(base).decode_packet(buffer);
    });
  }

  static GstFlowReturn pre_push(GstAudioDecoder* base, GstBuffer** output) {
    self(base).note_put_out(*output);
    return GST_FLOW_OK;
  }

  static GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* buffer) {
    AudioDecoder& decoder = self(GST_AUDIO_DECODER_CAST(parent));
    if (!decoder.takes_directly(buffer)) return decoder.direct_.base_chain(pad, parent, buffer);
    return guarded(GST_ELEMENT_CAST(parent), GST_FLOW_ERROR, [&] { return decoder.pass_directly(buffer); });
  }

  static void notify(GObject* base, GParamSpec*) { self(GST_AUDIO_DECODER_CAST(base)).direct_.open = false; }

  static gboolean sink_event(GstAudioDecoder* base, GstEvent* event) {
    if (is_serialized(event)) self(base).close_direct(event);
    if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) self(base).publish_before(Eos::next);
    const GstSegment* segment = nullptr;
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) gst_event_parse_segment(event, &segment);
    if (segment != nullptr && segment->format != GST_FORMAT_TIME) {
      const Error error(
          ErrorCode::unsupported, "The input is a stream of bytes, not of packets with times",
          "Put a parser (such as mpegaudioparse) or a demuxer (such as oggdemux) before this decoder");
      post_error(GST_ELEMENT(base), error);
    }
    return GST_AUDIO_DECODER_CLASS(g_type_class_peek(GST_TYPE_AUDIO_DECODER))->sink_event(base, event);
  }

  static void install(gpointer klass) {
    auto* decoder = static_cast<GstAudioDecoderClass*>(klass);
    G_OBJECT_CLASS(klass)->notify = notify;  // of settings that the base class alone follows
    decoder->start = start;
    decoder->stop = stop;
    decoder->set_format = set_format;
    decoder->flush = flush;
    decoder->parse = parse;
    decoder->handle_frame = handle_frame;
    decoder->pre_push = pre_push;
    decoder->sink_event = sink_event;
  }

  static void constructed(GstElement* element, GstElementClass*) {
    gst_audio_decoder_set_needs_format(GST_AUDIO_DECODER(element), TRUE);
    gst_audio_decoder_set_tolerance(GST_AUDIO_DECODER(element), jitter);
    GstPad* sink = GST_AUDIO_DECODER_SINK_PAD(element);
    self(GST_AUDIO_DECODER_CAST(element)).direct_.base_chain = GST_PAD_CHAINFUNC(sink);
    gst_pad_set_chain_function(sink, chain);
  }
};

KindInfo AudioDecoder::kind() {
  return {.parent = GST_TYPE_AUDIO_DECODER,
          .install = Glue::install,
          .constructed = Glue::constructed,
          .announces_eos = true};
}

SampleFormat AudioDecoder::choose_sample_format() const {
  const CapsPtr allowed(gst_pad_get_allowed_caps(GST_AUDIO_DECODER_SRC_PAD(base())));
  if (allowed == nullptr || gst_caps_is_empty(allowed.get())) return SampleFormat::s16;
  const CapsPtr s16(gst_caps_new_simple("audio/x-raw", "format", G_TYPE_STRING, GST_AUDIO_NE(S16), nullptr));
  return gst_caps_can_intersect(allowed.get(), s16.get()) ? SampleFormat::s16 : SampleFormat::f32;
}

void AudioDecoder::channel_positions(int channels, GstAudioChannelPosition* positions) const {
  gst_audio_channel_positions_from_mask(channels, gst_audio_channel_get_fallback_mask(channels), positions);
}

Error AudioDecoder::not_taken(const DecodedPacket& packet) {
  return Error(
      ErrorCode::unsupported,
      text("The next element does not take ", packet.audio.channels, " channels at ", packet.rate, " Hz"),
      "Insert audioconvert ! audioresample after this decoder");
}

/// Whether that is another format than before.
bool AudioDecoder::set_output(const DecodedPacket& packet) {
  if (output_.rate == packet.rate && output_.channels == packet.audio.channels) return false;
  const auto format = output_format_ == SampleFormat::s16 ? GST_AUDIO_FORMAT_S16 : GST_AUDIO_FORMAT_F32;
  std::array<GstAudioChannelPosition, 64> positions{};
  channel_positions(packet.audio.channels, positions.data());
  gst_audio_info_set_format(&output_, format, packet.rate, packet.audio.channels, positions.data());
  if (gst_audio_decoder_set_output_format(base(), &output_)) return true;
  output_ = {};
  throw not_taken(packet);
}

void AudioDecoder::report_damage(const std::string& what, const std::string& cause) {
  if (++damage_count_ > warnings_posted) return;
  post_warning(
      gobject(), text(what, ": ", cause),
      damage_count_ == warnings_posted ? "Further damage is counted in the results, not reported" : "");
}

GstFlowReturn AudioDecoder::decode_packet(GstBuffer* input) {
  const ReadMap map(input);
  if (map.size() == 0) return conceal_gap(input);  // the base class's word for a gap
  const auto packet = decode_and_count({map.data(), map.size()});
  return packet ? push(*packet, input) : gst_audio_decoder_finish_frame(base(), nullptr, 1);
}

/// Nothing for one that cannot be decoded, of which the user is told.
std::optional<DecodedPacket> AudioDecoder::decode_and_count(std::span<const std::uint8_t> bytes) {
  const Stopwatch watch;
  std::optional<DecodedPacket> packet;
  try {
    packet = decode(bytes);
  } catch (const Error& error) {
    {
      const std::lock_guard lock(state_mutex);
      ++work_.skipped;
    }
    report_damage("A packet was skipped", error.what());
    return packet;
  }
  if (!packet->warning.empty()) report_damage("A packet is damaged", packet->warning);
  if (packet->audio.frames > 0) {
    const double seconds = watch.seconds();
    const std::lock_guard lock(state_mutex);
    ++work_.frames;
    work_.units += static_cast<double>(packet->audio.frames) / packet->rate;
    work_.seconds += seconds;
  }
  return packet;
}

GstFlowReturn AudioDecoder::conceal_gap(GstBuffer* input) {
  std::uint64_t left = std::min(GST_BUFFER_DURATION(input), longest_gap);
  GstFlowReturn flow = GST_FLOW_OK;
  do {
    const std::uint64_t piece = std::min(left, longest_concealment());
    left -= piece;
    flow = push(conceal(piece), input, Share::part);
  } while (flow == GST_FLOW_OK && left > 0);
  const GstFlowReturn finished = gst_audio_decoder_finish_frame(base(), nullptr, 1);
  return flow == GST_FLOW_OK ? finished : flow;
}

GstFlowReturn AudioDecoder::push(const DecodedPacket& packet, GstBuffer* input, Share share) {
  std::int64_t start = packet.clip_start;
  std::int64_t end = packet.clip_end;
  if (const GstAudioClippingMeta* clip = gst_buffer_get_audio_clipping_meta(input);
      clip != nullptr && clip->format == GST_FORMAT_DEFAULT && packet.rate > 0) {
    const auto unit = static_cast<guint64>(clip_rate() != 0 ? clip_rate() : packet.rate);
    start = static_cast<std::int64_t>(
        gst_util_uint64_scale(clip->start, static_cast<guint64>(packet.rate), unit));
    end =
        static_cast<std::int64_t>(gst_util_uint64_scale(clip->end, static_cast<guint64>(packet.rate), unit));
  }
  const Kept kept = cut(packet, start, end);
  if (kept.count == 0) return gst_audio_decoder_finish_frame(base(), nullptr, 1);
  set_output(packet);
  BufferPtr buffer(gst_audio_decoder_allocate_output_buffer(
      base(), static_cast<gsize>(kept.count) * static_cast<gsize>(output_.bpf)));
  GstBuffer* output = buffer.get();
  if (output == nullptr) throw Error(ErrorCode::internal, "No output buffer could be had");
  fill(output, packet, kept);
  direct_.begin = GST_CLOCK_TIME_NONE;
  buffer.release();
  const GstFlowReturn flow = share == Share::all ? gst_audio_decoder_finish_frame(base(), output, 1)
                                                 : gst_audio_decoder_finish_subframe(base(), output);
  if (flow == GST_FLOW_NOT_NEGOTIATED) throw not_taken(packet);
  if (flow == GST_FLOW_OK && share == Share::all) open_direct(input);
  return flow;
}

AudioDecoder::Kept AudioDecoder::cut(const DecodedPacket& packet, std::int64_t clip_start,
                                     std::int64_t clip_end) {
  const auto frames = static_cast<std::int64_t>(packet.audio.frames);
  const std::int64_t start = std::clamp<std::int64_t>(clip_start, 0, frames);
  return {start, frames - start - std::clamp<std::int64_t>(clip_end, 0, frames - start)};
}

void AudioDecoder::fill(GstBuffer* output, const DecodedPacket& packet, const Kept& kept) const {
  GstMapInfo map;
  if (!gst_buffer_map(output, &map, GST_MAP_WRITE))
    throw Error(ErrorCode::internal, "A new buffer cannot be written");
  write(map.data, packet, kept);
  gst_buffer_unmap(output, &map);
}

void AudioDecoder::write(std::uint8_t* output, const DecodedPacket& packet, const Kept& kept) const {
  const AudioView& audio = packet.audio;
  const gsize frame_bytes = static_cast<gsize>(audio.channels) * sample_size(audio.format);
  const auto* samples =
      static_cast<const std::uint8_t*>(audio.data) + static_cast<gsize>(kept.start) * frame_bytes;
  if (audio.format == output_format_) {
    std::copy_n(samples, static_cast<gsize>(kept.count) * frame_bytes, output);
  } else {
    round_to_s16(reinterpret_cast<const float*>(samples), static_cast<gsize>(kept.count * audio.channels),
                 reinterpret_cast<std::int16_t*>(output));
  }
}

std::vector<Result> AudioDecoder::pooled() const {
  Result speed = new_result("speed", Scope::pooled, "x real time");
  work_.describe(speed, 1);
  return {speed};
}

}  // namespace mpq::gst
