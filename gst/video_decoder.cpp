// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/video_decoder.h"

#include "core/text.h"
#include "gst/event.h"

namespace mpq::gst {
namespace {

// Removes what only repeats the bounds of the source pad's template, so that "image/jpeg, framerate=25/1" in
// a launch line says all that it must.
gboolean remove_bounds(GstCapsFeatures*, GstStructure* caps, gpointer bounds) {
  for (const char* field : {"width", "height", "framerate"}) {
    const GValue* value = gst_structure_get_value(caps, field);
    const GValue* bound = gst_structure_get_value(static_cast<const GstStructure*>(bounds), field);
    if (value != nullptr && bound != nullptr && gst_value_compare(value, bound) == GST_VALUE_EQUAL) {
      gst_structure_remove_field(caps, field);
    }
  }
  return TRUE;
}

}  // namespace

struct VideoDecoder::Glue {
  static VideoDecoder& self(GstVideoDecoder* base) { return self_behind<VideoDecoder>(base); }

  static GstVideoDecoderClass* parent() {
    return GST_VIDEO_DECODER_CLASS(g_type_class_peek(GST_TYPE_VIDEO_DECODER));
  }

  static gboolean open(GstVideoDecoder* base) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      self(base).load();
      return TRUE;
    });
  }

  static gboolean close(GstVideoDecoder* base) {
    self(base).unload();
    return TRUE;
  }

  static gboolean src_query(GstVideoDecoder* base, GstQuery* query) {
    if (!parent()->src_query(base, query)) return FALSE;
    if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) self(base).lag_.add_to(query);
    return TRUE;
  }

  static gboolean start(GstVideoDecoder* base) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      self(base).forget_stream();
      self(base).open_results();
      if (self(base).overlaps()) self(base).second_stage_ = std::make_unique<SecondStage>(&base->stream_lock);
      return TRUE;
    });
  }

  static gboolean stop(GstVideoDecoder* base) {
    self(base).second_stage_.reset();
    self(base).forget_stream();
    self(base).close_results();
    return TRUE;
  }

  static gboolean flush(GstVideoDecoder* base) {
    self(base).restart_scan();
    return TRUE;
  }

  static gboolean set_format(GstVideoDecoder* base, GstVideoCodecState* state) {
    auto& decoder = self(base);
    if (decoder.input_state_ != nullptr) gst_video_codec_state_unref(decoder.input_state_);
    decoder.input_state_ = gst_video_codec_state_ref(state);
    decoder.negotiated_ = {};
    return TRUE;
  }

  // Timestamped input comes a picture a buffer; bytes from a file come in any pieces. What comes after a
  // picture leaves after it.
  static gboolean sink_event(GstVideoDecoder* base, GstEvent* event) {
    if (self(base).second_stage_ != nullptr && is_serialized(event)) {
      GST_VIDEO_DECODER_STREAM_LOCK(base);
      self(base).second_stage_->finish();
      GST_VIDEO_DECODER_STREAM_UNLOCK(base);
    }
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
      const GstSegment* segment = nullptr;
      gst_event_parse_segment(event, &segment);
      gst_video_decoder_set_packetized(base, segment->format == GST_FORMAT_TIME);
    }
    return parent()->sink_event(base, event);
  }

  static GstCaps* getcaps(GstVideoDecoder* base, GstCaps* filter) {
    CapsPtr caps(gst_caps_make_writable(gst_video_decoder_proxy_getcaps(base, nullptr, nullptr)));
    const CapsPtr bounds(gst_pad_get_pad_template_caps(GST_VIDEO_DECODER_SRC_PAD(base)));
    gst_caps_map_in_place(caps.get(), remove_bounds, gst_caps_get_structure(bounds.get(), 0));
    if (filter == nullptr) return caps.release();
    caps.reset(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
    if (gst_caps_is_empty(caps.get())) {
      caps.reset(gst_pad_get_pad_template_caps(GST_VIDEO_DECODER_SINK_PAD(base)));
      caps.reset(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
      caps = taken_when_asked(GST_VIDEO_DECODER_SRC_PAD(base), caps.get());
    }
    return caps.release();
  }

  static GstFlowReturn parse(GstVideoDecoder* base, GstVideoCodecFrame*, GstAdapter* adapter,
                             gboolean at_eos) {
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR,
                   [&] { return self(base).parse(adapter, at_eos != FALSE); });
  }

  static GstFlowReturn handle_frame(GstVideoDecoder* base, GstVideoCodecFrame* frame) {
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] { return self(base).decode_frame(frame); });
  }

  // The base class, too, posts an error for a stream without a picture, but one that names no cause.
  static GstFlowReturn finish(GstVideoDecoder* base) {
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] {
      self(base).check_delivered();
      return GST_FLOW_OK;
    });
  }

  static void install(gpointer klass) {
    auto* decoder = static_cast<GstVideoDecoderClass*>(klass);
    decoder->open = open;
    decoder->close = close;
    decoder->src_query = src_query;
    decoder->start = start;
    decoder->stop = stop;
    decoder->flush = flush;
    decoder->set_format = set_format;
    decoder->sink_event = sink_event;
    decoder->getcaps = getcaps;
    decoder->parse = parse;
    decoder->handle_frame = handle_frame;
    decoder->finish = finish;
  }
};

KindInfo VideoDecoder::kind() {
  return {GST_TYPE_VIDEO_DECODER, Glue::install};
}

void VideoDecoder::forget_stream() {
  if (input_state_ != nullptr) gst_video_codec_state_unref(input_state_);
  input_state_ = nullptr;
  negotiated_ = {};
  pictures_ = warnings_ = 0;
  last_skip_.reset();
  delivered_ = garbage_ = false;
  restart_scan();
}

void VideoDecoder::warn(std::uint64_t picture, const std::string& what, const std::string& remedy) {
  if (++warnings_ > warnings_posted) return;
  const bool last = warnings_ == warnings_posted;
  post_warning(gobject(), text("Picture ", picture, ' ', what),
               last ? "Further damage is counted in the results, not reported" : remedy);
}

void VideoDecoder::report_skipped(std::uint64_t picture, const Error& cause) {
  {
    const std::lock_guard lock(state_mutex);
    ++work_.skipped;
  }
  last_skip_ = cause;
  warn(picture, text("was skipped: ", cause.what()), cause.remedy());
}

void VideoDecoder::check_delivered() const {
  if (delivered_ || (!last_skip_ && !garbage_)) return;
  const std::string cause =
      last_skip_ ? text("None of this stream's pictures can be decoded; the last: ", last_skip_->what())
                 : "This stream holds no picture that this decoder knows";
  const bool remedy = last_skip_ && !last_skip_->remedy().empty();
  throw Error(ErrorCode::corrupt_data, cause,
              remedy ? last_skip_->remedy()
                     : "It is damaged, cut short or of another kind: the command \"file\" tells which");
}

// False while a flush is under way: nobody wants the picture any more.
bool VideoDecoder::negotiate(const ImageHeader& header) {
  negotiated_ = {};
  if (second_stage_ != nullptr) second_stage_->finish();  // what is under way has the caps until now
  const PixelFormat format = choose_format(src_pad(), header);
  GstVideoCodecState* output =
      gst_video_decoder_set_output_state(base(), to_gst(format), static_cast<guint>(header.width),
                                         static_cast<guint>(header.height), input_state_);
  set_codec_colours(&output->info, yuv_colorimetry());
  output_info_ = output->info;
  gst_video_codec_state_unref(output);
  // The base class does not notice a refusal until a buffer follows.
  const CapsPtr caps(gst_video_info_to_caps(&output_info_));
  if (!gst_pad_peer_query_accept_caps(src_pad(), caps.get()) || !gst_video_decoder_negotiate(base())) {
    if (GST_PAD_IS_FLUSHING(src_pad())) return false;
    throw Error(ErrorCode::mismatch, text("The next element does not take ", to_string(caps.get())),
                "Insert videoconvert, videoscale or videorate after this decoder");
  }
  negotiated_ = header;
  return true;
}

GstFlowReturn VideoDecoder::prepare_output(const ImageHeader& header, GstVideoCodecFrame* frame) {
  const bool same = header.width == negotiated_.width && header.height == negotiated_.height &&
                    header.formats == negotiated_.formats;
  const bool asked = gst_pad_check_reconfigure(src_pad()) != FALSE;
  if ((asked || !same) && !negotiate(header)) return GST_FLOW_FLUSHING;
  return gst_video_decoder_allocate_output_frame(base(), frame);
}

void VideoDecoder::reset_results() {
  work_ = {};
  damaged_ = late_ = 0;
}

std::vector<Result> VideoDecoder::pooled() const {
  Result speed = new_result("speed", Scope::pooled, "Mpixel/s");
  work_.describe(speed, 1e-6);
  speed.details.emplace_back("damaged-frames", static_cast<double>(damaged_));
  speed.details.emplace_back("late-frames", static_cast<double>(late_));
  return {speed};
}

}  // namespace mpq::gst
