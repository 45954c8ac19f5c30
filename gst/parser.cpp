// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/parser.h"

#include <algorithm>

#include "core/text.h"

namespace mpq::gst {
namespace {

constexpr std::size_t most_skipped =
    1024 * 1024;  // at once: GstBaseParse gives the stream up beyond two of these

}  // namespace

struct Parser::Glue {
  static Parser& self(GstBaseParse* base) { return self_of<Parser>(base); }

  static gboolean start(GstBaseParse* base) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      self(base).forget_stream();
      self(base).open_results();
      return TRUE;
    });
  }

  static gboolean stop(GstBaseParse* base) {
    self(base).forget_stream();
    self(base).close_results();
    return TRUE;
  }

  static gboolean set_sink_caps(GstBaseParse* base, GstCaps* caps) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      self(base).set_sink_caps(caps);
      return TRUE;
    });
  }

  static GstFlowReturn handle_frame(GstBaseParse* base, GstBaseParseFrame* frame, gint* skip) {
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] { return self(base).handle(frame, skip); });
  }

  static void look_at(Parser& parser, const GstEvent* event) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
      parser.forget_position();
      const std::lock_guard lock(parser.state_mutex);
      parser.reset_results();
    } else if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
      gst_base_parse_drain(parser.base());
      parser.report_garbage();
      parser.check_passed();
    }
  }

  static gboolean sink_event(GstBaseParse* base, GstEvent* event) {
    guarded(GST_ELEMENT(base), false, [&] {
      look_at(self(base), event);
      return true;
    });
    return GST_BASE_PARSE_CLASS(g_type_class_peek(GST_TYPE_BASE_PARSE))->sink_event(base, event);
  }

  static void install(gpointer klass) {
    auto* parse = static_cast<GstBaseParseClass*>(klass);
    parse->start = start;
    parse->stop = stop;
    parse->set_sink_caps = set_sink_caps;
    parse->handle_frame = handle_frame;
    parse->sink_event = sink_event;
  }
};

KindInfo Parser::kind() {
  return {GST_TYPE_BASE_PARSE, Glue::install};
}

void Parser::forget_position() {
  restart_scan();
  offset_ = 0;
  seen_ = to_skip_ = garbage_ = 0;
  gst_base_parse_set_min_frame_size(base(), 1);
}

void Parser::forget_stream() {
  forget_position();
  frame_caps_.reset();
  rate_num_ = 0;
  rate_den_ = 1;
  sink_caps_known_ = false;
  warnings_ = 0;
  last_skip_.reset();
}

void Parser::set_sink_caps(const GstCaps* caps) {
  sink_caps_known_ = true;
  rate_num_ = 0;
  rate_den_ = 1;
  gst_structure_get_fraction(gst_caps_get_structure(caps, 0), "framerate", &rate_num_, &rate_den_);
  gst_base_parse_set_frame_rate(base(), static_cast<guint>(rate_num_), static_cast<guint>(rate_den_), 0, 0);
  frame_caps_.reset();  // the source pad's caps are to be set anew
}

// Where this element pulls from a file through a filter of caps, these come in no event.
void Parser::look_for_sink_caps() {
  const CapsPtr caps(gst_pad_peer_query_caps(GST_BASE_PARSE_SINK_PAD(base()), nullptr));
  sink_caps_known_ = true;
  if (caps != nullptr && gst_caps_is_fixed(caps.get())) set_sink_caps(caps.get());
}

void Parser::set_source_caps(CapsPtr caps) {
  if (frame_caps_ != nullptr && gst_caps_is_equal(frame_caps_.get(), caps.get())) return;
  const CapsPtr full(gst_caps_copy(caps.get()));
  gst_caps_set_simple(full.get(), "framerate", GST_TYPE_FRACTION, rate_num_, rate_den_, "parsed",
                      G_TYPE_BOOLEAN, TRUE, nullptr);
  gst_pad_set_caps(GST_BASE_PARSE_SRC_PAD(base()), full.get());  // a refusal shows when the frame follows
  frame_caps_ = std::move(caps);
}

void Parser::warn(const std::string& cause, const std::string& remedy) {
  if (++warnings_ > warnings_posted) return;
  const bool last = warnings_ == warnings_posted;
  post_warning(gobject(), cause, last ? "Further damage is counted in the results, not reported" : remedy);
}

void Parser::add_garbage(std::size_t bytes, std::uint64_t offset) {
  if (garbage_ == 0) garbage_offset_ = offset;
  garbage_ += bytes;
  const std::lock_guard lock(state_mutex);
  garbage_bytes_ += bytes;
}

void Parser::report_garbage() {
  if (garbage_ == 0) return;
  warn(text(garbage_, " bytes at byte ", garbage_offset_,
            " of the stream belong to no frame and were skipped"));
  garbage_ = 0;
}

void Parser::report_skipped(const Error& cause, std::uint64_t offset) {
  const std::uint64_t index = frames_ + skipped_;
  {
    const std::lock_guard lock(state_mutex);
    ++skipped_;
  }
  last_skip_ = cause;
  warn(text("Frame ", index, " at byte ", offset, " of the stream was skipped: ", cause.what()),
       cause.remedy());
}

// The base class, too, posts an error for a stream without a frame, but one that names no cause.
void Parser::check_passed() const {
  if (frames_ > 0 || (!last_skip_ && garbage_bytes_ == 0)) return;
  const std::string cause =
      last_skip_ ? text("None of this stream's frames is sound; the last: ", last_skip_->what())
                 : "This stream holds no frame that this parser knows";
  const bool remedy = last_skip_ && !last_skip_->remedy().empty();
  throw Error(ErrorCode::corrupt_data, cause,
              remedy ? last_skip_->remedy()
                     : "It is damaged, cut short or of another kind: the command \"file\" tells which");
}

// Asks for a fourth more bytes, but for no more than the frame declares: asking for a byte more each time
// would copy a long frame, that comes in small buffers, again and again.
void Parser::wait_for_more(Bytes bytes) {
  std::size_t wanted = bytes.size() + std::max<std::size_t>(bytes.size() / 4, 1);
  const auto declared = declared_length(bytes);
  if (declared && *declared > bytes.size()) wanted = std::min(wanted, *declared);
  gst_base_parse_set_min_frame_size(base(), static_cast<guint>(std::min<std::size_t>(wanted, G_MAXINT)));
}

Parser::Cut Parser::give_up(std::size_t size) {
  const std::size_t now = std::min(size, most_skipped);
  to_skip_ = size - now;
  return {.skip = now, .frame = 0, .caps = nullptr};
}

Parser::Cut Parser::cut(Bytes bytes, std::uint64_t offset) {
  if (to_skip_ > 0) return give_up(std::min(to_skip_, bytes.size()));
  if (const std::size_t garbage = std::min(find_start(bytes), most_skipped); garbage > 0) {
    add_garbage(garbage, offset);
    return {.skip = garbage, .frame = 0, .caps = nullptr};
  }
  auto length = scan(bytes);
  if (!length && GST_BASE_PARSE_DRAINING(base())) length = bytes.size();
  if (!length) {
    wait_for_more(bytes);
    return {};
  }
  report_garbage();
  try {
    return {.skip = 0, .frame = *length, .caps = caps_of(bytes.first(*length))};
  } catch (const Error& error) {
    report_skipped(error, offset);
    return give_up(*length);
  }
}

// scan() goes on only where these are the bytes that it has seen, and more.
void Parser::take_up(GstBaseParseFrame* frame) {
  const gsize size = gst_buffer_get_size(frame->buffer);
  const bool first = (frame->flags & GST_BASE_PARSE_FRAME_FLAG_NEW_FRAME) != 0;
  if (first || frame->offset != offset_ || size < seen_) restart_scan();
  offset_ = frame->offset;
  seen_ = size;
}

GstFlowReturn Parser::handle(GstBaseParseFrame* frame, gint* skip) {
  if (!sink_caps_known_) look_for_sink_caps();
  take_up(frame);
  Cut found = [&] {
    const ReadMap map(frame->buffer);
    return cut({map.data(), map.size()}, frame->offset);
  }();
  if (found.skip == 0 && found.frame == 0) return GST_FLOW_OK;
  restart_scan();
  const bool at_end = GST_BASE_PARSE_DRAINING(base()) && found.skip == seen_;
  seen_ = 0;
  gst_base_parse_set_min_frame_size(base(), 1);
  if (found.skip > 0) {
    *skip = static_cast<gint>(found.skip);
    // A stream that comes in buffers may drain anywhere; its end is an event.
    if (at_end && GST_PAD_MODE(GST_BASE_PARSE_SINK_PAD(base())) == GST_PAD_MODE_PULL) {
      report_garbage();
      check_passed();
    }
    return GST_FLOW_OK;
  }
  set_source_caps(std::move(found.caps));
  {
    const std::lock_guard lock(state_mutex);
    ++frames_;
  }
  return gst_base_parse_finish_frame(base(), frame, static_cast<gint>(found.frame));
}

void Parser::reset_results() {
  frames_ = skipped_ = garbage_bytes_ = 0;
}

std::vector<Result> Parser::pooled() const {
  Result frames = new_result("frames", Scope::pooled, "frame");
  frames.index = frames_;
  frames.value = static_cast<double>(frames_);
  frames.details = {{"skipped-frames", static_cast<double>(skipped_)},
                    {"garbage-bytes", static_cast<double>(garbage_bytes_)}};
  return {frames};
}

}  // namespace mpq::gst
