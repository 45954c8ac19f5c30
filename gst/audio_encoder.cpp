// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/audio_encoder.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "gst/byte_sink.h"
#include "gst/payload.h"

namespace mpq::gst {
namespace {

/// The base class's own lock, which it holds wherever it calls a virtual method.
class StreamLock {
 public:
  explicit StreamLock(GstAudioEncoder* encoder) : encoder_(encoder) {
    GST_AUDIO_ENCODER_STREAM_LOCK(encoder_);
  }
  ~StreamLock() { GST_AUDIO_ENCODER_STREAM_UNLOCK(encoder_); }
  StreamLock(const StreamLock&) = delete;
  StreamLock& operator=(const StreamLock&) = delete;

 private:
  GstAudioEncoder* encoder_;
};

}  // namespace

struct AudioEncoder::Glue {
  static AudioEncoder& self(GstAudioEncoder* base) { return self_behind<AudioEncoder>(base); }

  static gboolean start(GstAudioEncoder* base) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      self(base).file_ = File::unknown;
      self(base).received_ = self(base).coded_ = self(base).finished_ = 0;
      self(base).previous_time_ = GST_CLOCK_TIME_NONE;
      self(base).open_results();
      return TRUE;
    });
  }

  static gboolean stop(GstAudioEncoder* base) {
    self(base).packets_.clear();
    self(base).close_results();
    return TRUE;
  }

  static gboolean set_format(GstAudioEncoder* base, GstAudioInfo* info) {
    auto& encoder = self(base);
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      encoder.input_ = *info;
      encoder.format_ = encoder.set_format(*info);
      encoder.received_ = encoder.coded_ = encoder.finished_ = 0;
      if (encoder.file_ == File::finished) encoder.file_ = File::none;  // its end was with the old format
      const auto delay = gst_util_uint64_scale(static_cast<guint64>(encoder.format_.delay), GST_SECOND,
                                               static_cast<guint64>(encoder.format_.codec_rate));
      gst_audio_encoder_set_latency(base, delay, delay);
      return gst_audio_encoder_set_output_format(base, encoder.format_.caps.get());
    });
  }

  static GstFlowReturn handle_frame(GstAudioEncoder* base, GstBuffer* buffer) {
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] { return self(base).handle(buffer); });
  }

  // After a flush the codec starts anew: what it holds belongs to the past.
  static void flush(GstAudioEncoder* base) {
    auto& encoder = self(base);
    guarded(GST_ELEMENT(base), false, [&] {
      if (encoder.received_ > 0) encoder.finish([](const EncodedAudio&) {});
      encoder.packets_.clear();
      encoder.received_ = encoder.coded_ = encoder.finished_ = 0;
      return true;
    });
  }

  // The header has to follow the last packet and precede the end of stream, both of which the base class
  // sends.
  static gboolean sink_event(GstAudioEncoder* base, GstEvent* event) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
      self(base).publish_before(Eos::next);
      guarded(GST_ELEMENT(base), false, [&] {
        self(base).drain();
        self(base).complete_file();
        return true;
      });
    }
    return GST_AUDIO_ENCODER_CLASS(g_type_class_peek(GST_TYPE_AUDIO_ENCODER))->sink_event(base, event);
  }

  static GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* buffer) {
    AudioEncoder& encoder = self(GST_AUDIO_ENCODER_CAST(parent));
    guarded(GST_ELEMENT_CAST(parent), false, [&] {
      encoder.drain_at_gap(buffer);
      return true;
    });
    return encoder.base_chain_(pad, parent, buffer);
  }

  static void constructed(GstElement* element, GstElementClass*) {
    gst_audio_encoder_set_drainable(GST_AUDIO_ENCODER(element), TRUE);
    GstPad* sink = GST_AUDIO_ENCODER_SINK_PAD(element);
    self(GST_AUDIO_ENCODER_CAST(element)).base_chain_ = GST_PAD_CHAINFUNC(sink);
    gst_pad_set_chain_function(sink, chain);
  }

  static void install(gpointer klass) {
    auto* encoder = static_cast<GstAudioEncoderClass*>(klass);
    encoder->start = start;
    encoder->stop = stop;
    encoder->set_format = set_format;
    encoder->handle_frame = handle_frame;
    encoder->flush = flush;
    encoder->sink_event = sink_event;
  }
};

KindInfo AudioEncoder::kind() {
  return {.parent = GST_TYPE_AUDIO_ENCODER,
          .install = Glue::install,
          .constructed = Glue::constructed,
          .announces_eos = true};
}

PacketSink AudioEncoder::collector() {
  return [this](const EncodedAudio& packet) {
    BufferPtr buffer = copy_to_buffer(packet.bytes.data(), packet.bytes.size());
    if (packet.clip_start > 0 || packet.clip_end > 0) {
      const auto scaled = [&](std::int64_t samples) {
        return gst_util_uint64_scale(static_cast<guint64>(samples), static_cast<guint64>(format_.clip_rate),
                                     static_cast<guint64>(format_.codec_rate));
      };
      gst_buffer_add_audio_clipping_meta(buffer.get(), GST_FORMAT_DEFAULT, scaled(packet.clip_start),
                                         scaled(packet.clip_end));
    }
    attach_payload(buffer.get(),
                   {.entropy_coded_bytes = packet.entropy_coded_bytes,
                    .raw_units = static_cast<double>(packet.samples) * input_.rate / format_.codec_rate,
                    .raw_rate = input_.rate});
    packets_.push_back({std::move(buffer), packet.samples});
  };
}

GstFlowReturn AudioEncoder::handle(GstBuffer* input) {
  const Stopwatch watch;
  std::size_t frames = 0;
  if (input != nullptr) {
    const ReadMap map(input);
    frames = map.size() / static_cast<std::size_t>(input_.bpf);
    received_ += static_cast<std::int64_t>(frames);
    encode({.format = to_sample_format(input_),
            .channels = input_.channels,
            .data = map.data(),
            .frames = frames},
           collector());
  } else if (received_ > 0) {
    finish(collector());
  }
  {
    const std::lock_guard lock(state_mutex);
    work_.frames += packets_.size();
    work_.units += static_cast<double>(frames) / input_.rate;
    work_.seconds += watch.seconds();
  }
  const GstFlowReturn flow = push_packets();
  if (input == nullptr) {
    received_ = coded_ = finished_ = 0;
    if (file_ == File::begun) file_ = File::finished;
  }
  return flow;
}

void AudioEncoder::drain() {
  const StreamLock lock(base());
  handle(nullptr);
}

void AudioEncoder::drain_at_gap(GstBuffer* next) {
  const GstClockTime time = GST_BUFFER_PTS(next);
  if (received_ > 0 && GST_CLOCK_TIME_IS_VALID(time) && GST_CLOCK_TIME_IS_VALID(previous_time_)) {
    const guint64 frames = previous_bytes_ / static_cast<guint64>(input_.bpf);
    const GstClockTime due =
        previous_time_ + gst_util_uint64_scale(frames, GST_SECOND, static_cast<guint64>(input_.rate));
    const auto off = static_cast<GstClockTime>(std::abs(GST_CLOCK_DIFF(due, time)));
    if (off > static_cast<GstClockTime>(gst_audio_encoder_get_tolerance(base()))) drain();
  }
  previous_time_ = time;
  previous_bytes_ = gst_buffer_get_size(next);
}

GstFlowReturn AudioEncoder::push_packets() {
  if (packets_.empty()) return GST_FLOW_OK;
  begin_file();
  GstFlowReturn flow = GST_FLOW_OK;
  for (auto& packet : packets_) {
    // The base class counts in input samples; rounding the running total keeps the sum exact.
    coded_ += packet.samples;
    const std::int64_t reached = std::min(coded_ * input_.rate / format_.codec_rate, received_);
    const std::int64_t samples = reached - finished_;
    finished_ = reached;
    flow = gst_audio_encoder_finish_frame(base(), packet.buffer.release(), static_cast<gint>(samples));
    if (flow != GST_FLOW_OK) break;
  }
  packets_.clear();
  return flow;
}

void AudioEncoder::begin_file() {
  // A second stream behind a gap: one header cannot describe both, and the provisional one stays.
  if (file_ == File::finished) file_ = File::none;
  if (file_ != File::unknown) return;
  file_ = File::none;
  const std::vector<std::uint8_t> header = file_header(false);
  if (header.empty() || !leads_to_byte_sink(GST_AUDIO_ENCODER_SRC_PAD(base()))) return;
  BufferPtr buffer = copy_to_buffer(header.data(), header.size());
  GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_HEADER);
  if (gst_audio_encoder_finish_frame(base(), buffer.release(), 0) == GST_FLOW_OK) file_ = File::begun;
}

void AudioEncoder::complete_file() {
  if (file_ != File::finished) return;
  file_ = File::none;
  const std::vector<std::uint8_t> header = file_header(true);
  if (header.empty()) return;
  BufferPtr buffer = copy_to_buffer(header.data(), header.size());
  GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_HEADER);
  rewrite_start(GST_AUDIO_ENCODER_SRC_PAD(base()), std::move(buffer));
}

std::vector<Result> AudioEncoder::pooled() const {
  Result speed = new_result("speed", Scope::pooled, "x real time");
  work_.describe(speed, 1);
  return {speed};
}

}  // namespace mpq::gst
