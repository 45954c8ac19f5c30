// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/video_encoder.h"

#include <memory>
#include <utility>

#include "gst/event.h"
#include "gst/payload.h"

namespace mpq::gst {
namespace {

BufferPtr to_buffer(const EncodedImage& coded) {
  if (coded.owner == nullptr) return copy_to_buffer(coded.bytes.data(), coded.bytes.size());
  using Owner = std::shared_ptr<const void>;
  return BufferPtr(gst_buffer_new_wrapped_full(
      GstMemoryFlags{}, const_cast<std::uint8_t*>(coded.bytes.data()), coded.bytes.size(), 0,
      coded.bytes.size(), new Owner(coded.owner), [](gpointer owner) { delete static_cast<Owner*>(owner); }));
}

}  // namespace

struct VideoEncoder::Glue {
  static VideoEncoder& self(GstVideoEncoder* base) { return self_behind<VideoEncoder>(base); }

  static GstVideoEncoderClass* parent() {
    return GST_VIDEO_ENCODER_CLASS(g_type_class_peek(GST_TYPE_VIDEO_ENCODER));
  }

  static gboolean open(GstVideoEncoder* base) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      self(base).load();
      return TRUE;
    });
  }

  static gboolean close(GstVideoEncoder* base) {
    self(base).unload();
    return TRUE;
  }

  static gboolean start(GstVideoEncoder* base) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      self(base).open_results();
      if (self(base).overlaps()) self(base).second_stage_ = std::make_unique<SecondStage>(&base->stream_lock);
      return TRUE;
    });
  }

  static gboolean stop(GstVideoEncoder* base) {
    self(base).second_stage_.reset();
    self(base).conversion_.reset();
    self(base).last_pts_ = GST_CLOCK_TIME_NONE;
    self(base).close_results();
    return TRUE;
  }

  static gboolean set_format(GstVideoEncoder* base, GstVideoCodecState* state) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      EncoderFormat format = self(base).set_format(state->info);
      self(base).conversion_ =
          std::make_unique<Conversion>(Conversion{format.input, FrameConverter(state->info, format.input)});
      GstVideoCodecState* output = gst_video_encoder_set_output_state(base, format.caps.release(), state);
      // The input's colours are not those of the coded picture, whose format defines its own: say nothing.
      output->info.colorimetry = {};
      output->info.chroma_site = GST_VIDEO_CHROMA_SITE_UNKNOWN;
      gst_video_codec_state_unref(output);
      gst_video_encoder_set_latency(base, 0, 0);
      return gst_video_encoder_negotiate(base);
    });
  }

  static GstFlowReturn handle_frame(GstVideoEncoder* base, GstVideoCodecFrame* frame) {
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] { return self(base).encode_frame(frame); });
  }

  // What comes after a frame leaves after it.
  static gboolean sink_event(GstVideoEncoder* base, GstEvent* event) {
    if (self(base).second_stage_ != nullptr && is_serialized(event)) {
      GST_VIDEO_ENCODER_STREAM_LOCK(base);
      self(base).second_stage_->finish();
      GST_VIDEO_ENCODER_STREAM_UNLOCK(base);
    }
    return parent()->sink_event(base, event);
  }

  static gboolean src_event(GstVideoEncoder* base, GstEvent* event) {
    self(base).lag_.handle_event(event);
    return parent()->src_event(base, event);
  }

  static gboolean src_query(GstVideoEncoder* base, GstQuery* query) {
    if (!parent()->src_query(base, query)) return FALSE;
    if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) self(base).lag_.add_to(query);
    return TRUE;
  }

  // Frames may come with padded rows: they are mapped by their meta.
  static gboolean propose_allocation(GstVideoEncoder* base, GstQuery* query) {
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
    return parent()->propose_allocation(base, query);
  }

  static GstCaps* getcaps(GstVideoEncoder* base, GstCaps* filter) {
    CapsPtr caps(gst_pad_get_pad_template_caps(GST_VIDEO_ENCODER_SINK_PAD(base)));
    caps.reset(gst_caps_make_writable(caps.release()));
    gst_caps_filter_and_map_in_place(
        caps.get(),
        [](GstCapsFeatures*, GstStructure* s, gpointer encoder) -> gboolean {
          keep_accepted(s, *static_cast<VideoEncoder*>(encoder));
          return gst_structure_has_field(s, "format");
        },
        &self(base));
    CapsPtr result(gst_video_encoder_proxy_getcaps(base, caps.get(), filter));
    if (filter != nullptr && gst_caps_is_empty(result.get())) {
      caps.reset(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
      result = taken_when_asked(GST_VIDEO_ENCODER_SRC_PAD(base), caps.get());
    }
    return result.release();
  }

  static void keep_accepted(GstStructure* s, const VideoEncoder& encoder) {
    const GValue* formats = gst_structure_get_value(s, "format");
    if (formats == nullptr || !GST_VALUE_HOLDS_LIST(formats)) return;
    GValue kept = G_VALUE_INIT;
    g_value_init(&kept, GST_TYPE_LIST);
    for (guint i = 0; i < gst_value_list_get_size(formats); ++i) {
      const GValue* format = gst_value_list_get_value(formats, i);
      if (encoder.accepts(gst_video_format_from_string(g_value_get_string(format)))) {
        gst_value_list_append_value(&kept, format);
      }
    }
    if (gst_value_list_get_size(&kept) == 0)
      gst_structure_remove_field(s, "format");
    else
      gst_structure_set_value(s, "format", &kept);
    g_value_unset(&kept);
  }

  static void install(gpointer klass) {
    auto* encoder = static_cast<GstVideoEncoderClass*>(klass);
    encoder->open = open;
    encoder->close = close;
    encoder->start = start;
    encoder->stop = stop;
    encoder->set_format = set_format;
    encoder->handle_frame = handle_frame;
    encoder->sink_event = sink_event;
    encoder->getcaps = getcaps;
    encoder->propose_allocation = propose_allocation;
    encoder->src_event = src_event;
    encoder->src_query = src_query;
  }
};

KindInfo VideoEncoder::kind() {
  return {GST_TYPE_VIDEO_ENCODER, Glue::install};
}

// A frame on its way. Owns it until it is finished.
struct VideoEncoder::Coding {
  Coding(VideoEncoder& encoder, GstVideoCodecFrame* codec_frame) : self(encoder), frame(codec_frame) {}
  ~Coding() {
    if (frame != nullptr) gst_video_codec_frame_unref(frame);
  }
  Coding(const Coding&) = delete;
  Coding& operator=(const Coding&) = delete;

  void take(const EncodedImage& coded) {
    frame->output_buffer = to_buffer(coded).release();
    attach_payload(frame->output_buffer,
                   {.entropy_coded_bytes = coded.entropy_coded_bytes, .raw_units = 1, .gray = gray});
  }

  GstFlowReturn finish() {
    return gst_video_encoder_finish_frame(GST_VIDEO_ENCODER(self.gobject()), std::exchange(frame, nullptr));
  }

  VideoEncoder& self;
  GstVideoCodecFrame* frame;
  bool gray = false;
  double pixels = 0;
  double seconds = 0;  // of work
  Rest rest;
};

GstFlowReturn VideoEncoder::encode_frame(GstVideoCodecFrame* frame) {
  const auto coding = std::make_shared<Coding>(*this, frame);
  if (leave_out(frame->input_buffer)) return coding->finish();  // without output it is dropped
  measure_time(frame);
  begin_frame(*coding);
  if (second_stage_ == nullptr) return deliver(*coding);
  return second_stage_->hand_over({.compute = [coding] { coding->self.finish_work(*coding); },
                                   .deliver = [coding] { return coding->self.deliver(*coding); }});
}

void VideoEncoder::begin_frame(Coding& coding) {
  const Unlocked unlocked(second_stage_ == nullptr ? nullptr : &GST_VIDEO_ENCODER(gobject())->stream_lock);
  const Stopwatch watch;
  const MappedFrame frame(conversion_->input, conversion_->converter.convert(coding.frame->input_buffer),
                          GST_MAP_READ);
  const ImageView picture = frame.view();
  coding.gray = picture.format == PixelFormat::gray8;
  coding.pixels = static_cast<double>(picture.width) * picture.height;
  if (second_stage_ == nullptr)
    coding.take(encode(picture));
  else
    coding.rest = begin(picture);
  coding.seconds = watch.seconds();
}

// On the second stage's thread.
void VideoEncoder::finish_work(Coding& coding) {
  const Stopwatch watch;
  guarded(gobject(), false, [&] {
    coding.take(coding.rest());
    return true;
  });
  coding.seconds += watch.seconds();
}

GstFlowReturn VideoEncoder::deliver(Coding& coding) {
  if (coding.frame->output_buffer == nullptr) return GST_FLOW_ERROR;  // which was posted
  if (late_settings()) lag_.took(gobject(), coding.seconds);
  {
    const std::lock_guard lock(state_mutex);
    ++work_.frames;
    work_.units += coding.pixels;
    work_.seconds += coding.seconds;
  }
  GST_VIDEO_CODEC_FRAME_SET_SYNC_POINT(coding.frame);
  return coding.finish();
}

void VideoEncoder::measure_time(const GstVideoCodecFrame* frame) {
  const GstVideoInfo& input = conversion_->input;
  GstClockTime time = frame->duration;
  if (!GST_CLOCK_TIME_IS_VALID(time) && input.fps_n > 0)
    time = gst_util_uint64_scale(GST_SECOND, static_cast<guint64>(input.fps_d),
                                 static_cast<guint64>(input.fps_n));
  const GstClockTime last = std::exchange(last_pts_, frame->pts);
  // After a seek or a pause the last frame says nothing.
  if (GST_CLOCK_TIME_IS_VALID(last) && GST_CLOCK_TIME_IS_VALID(frame->pts) && frame->pts > last &&
      frame->pts - last <= GST_SECOND)
    time = frame->pts - last;
  constexpr double usual = 1.0 / 25;
  frame_seconds_ = GST_CLOCK_TIME_IS_VALID(time) && time > 0 ? static_cast<double>(time) / GST_SECOND : usual;
}

bool VideoEncoder::leave_out(GstBuffer* input) {
  const auto settings = late_settings();
  const GstSegment& segment = GST_VIDEO_ENCODER(gobject())->input_segment;
  if (!settings || !lag_.is_late(gobject(), segment, input, *settings)) return false;
  const std::lock_guard lock(state_mutex);
  ++late_;
  return true;  // for a frame without output the base class posts a QoS message
}

void VideoEncoder::reset_results() {
  work_ = {};
  late_ = 0;
  lag_.flush();
}

std::vector<Result> VideoEncoder::pooled() const {
  Result speed = new_result("speed", Scope::pooled, "Mpixel/s");
  work_.describe(speed, 1e-6);
  if (late_settings()) speed.details.emplace_back("late-frames", static_cast<double>(late_));
  return {speed};
}

}  // namespace mpq::gst
