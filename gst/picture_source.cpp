// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/picture_source.h"

#include "core/text.h"

namespace mpq::gst {
namespace {

GstClockTime time_of(std::uint64_t frame, Fraction rate) {
  return gst_util_uint64_scale(frame, GST_SECOND * static_cast<guint64>(rate.denominator),
                               static_cast<guint64>(rate.numerator));
}

}  // namespace

std::vector<PadTemplate> picture_source_pads() {
  const std::string size = "width=[ 1, max ], height=[ 1, max ], framerate=(fraction)[ 0, max ]";
  return {src_pad("video/x-raw, format={ RGB, GRAY8, RGBA }, " + size),
          {"mask", GST_PAD_SRC, GST_PAD_REQUEST, "video/x-raw, format={ GRAY8, GRAY16_LE }, " + size}};
}

// GstBaseSrc is for elements of one pad.
struct PictureSource::Glue {
  static PictureSource& self(gpointer element) { return self_of<PictureSource>(element); }

  static GstElementClass* parent_class() { return GST_ELEMENT_CLASS(g_type_class_peek(GST_TYPE_ELEMENT)); }

  static GstStateChangeReturn change_state(GstElement* element, GstStateChange change) {
    const auto started = [&] {
      self(element).start();
      return true;
    };
    if (change == GST_STATE_CHANGE_READY_TO_PAUSED && !guarded(element, false, started))
      return GST_STATE_CHANGE_FAILURE;
    const GstStateChangeReturn result = parent_class()->change_state(element, change);
    // Not before, as in activate(): the pads become active one after the other.
    if (change == GST_STATE_CHANGE_READY_TO_PAUSED && result != GST_STATE_CHANGE_FAILURE) {
      const auto src = self(element).pad("src");
      gst_pad_start_task(src.get(), loop, src.get(), nullptr);
    }
    if (change == GST_STATE_CHANGE_PAUSED_TO_READY) self(element).close_results();
    return result;
  }

  static gboolean activate(GstPad* pad, GstObject*, GstPadMode mode, gboolean active) {
    if (mode != GST_PAD_MODE_PUSH) return FALSE;
    return active ? TRUE : gst_pad_stop_task(pad);
  }

  static void loop(gpointer pad) { self(GST_PAD_PARENT(GST_PAD(pad))).loop(); }

  // An application that sends EOS wants the stream to end in good order.
  static gboolean send_event(GstElement* element, GstEvent* event) {
    if (GST_EVENT_TYPE(event) != GST_EVENT_EOS) return parent_class()->send_event(element, event);
    self(element).ending_ = true;
    gst_event_unref(event);
    return TRUE;
  }

  static gboolean query(GstPad* pad, GstObject* parent, GstQuery* query) {
    const auto& source = self(parent);
    GstFormat format = GST_FORMAT_UNDEFINED;
    if (GST_QUERY_TYPE(query) == GST_QUERY_DURATION) gst_query_parse_duration(query, &format, nullptr);
    if (format != GST_FORMAT_TIME || source.total_ == 0) return gst_pad_query_default(pad, parent, query);
    gst_query_set_duration(query, format, static_cast<gint64>(time_of(source.total_, source.framerate())));
    return TRUE;
  }

  static GstPad* add_pad(GstElement* element, GstPadTemplate* pad_template, const char* name) {
    GstPad* const pad = gst_pad_new_from_template(pad_template, name);
    gst_pad_set_query_function(pad, query);
    gst_element_add_pad(element, pad);
    return pad;
  }

  static GstPad* request_new_pad(GstElement* element, GstPadTemplate* pad_template, const gchar*,
                                 const GstCaps*) {
    return self(element).wants_masks() ? nullptr : add_pad(element, pad_template, "mask");  // there is one
  }

  static void release_pad(GstElement* element, GstPad* pad) { gst_element_remove_pad(element, pad); }

  static void install(gpointer klass) {
    auto* element = static_cast<GstElementClass*>(klass);
    element->change_state = change_state;
    element->send_event = send_event;
    element->request_new_pad = request_new_pad;
    element->release_pad = release_pad;
  }

  static void constructed(GstElement* element, GstElementClass* klass) {
    GST_OBJECT_FLAG_SET(element, GST_ELEMENT_FLAG_SOURCE);
    GstPad* const src = add_pad(element, gst_element_class_get_pad_template(klass, "src"), "src");
    gst_pad_set_activatemode_function(src, activate);
  }
};

KindInfo PictureSource::kind() {
  return {GST_TYPE_ELEMENT, Glue::install, Glue::constructed};
}

ObjectPtr<GstPad> PictureSource::pad(const char* name) const {
  return ObjectPtr<GstPad>(gst_element_get_static_pad(gobject(), name));
}

bool PictureSource::wants_masks() const {
  return pad("mask") != nullptr;
}

void PictureSource::start() {
  seen_ = frames_ = warnings_ = 0;
  ending_ = false;
  group_ = gst_util_group_id_next();
  last_skip_.reset();
  total_ = open();
  open_results();
}

void PictureSource::advance() {
  const std::uint64_t before = 10 * seen_ / total_;
  ++seen_;
  if (10 * seen_ / total_ > before) post_progress();
}

// As progressreport does. GST_MESSAGE_PROGRESS is for what happens before a stream: gst-launch-1.0 waits for
// its end before it plays.
void PictureSource::post_progress() {
  const double percent = 100.0 * static_cast<double>(seen_) / static_cast<double>(total_);
  GstStructure* const progress =
      gst_structure_new("progress", "percent", G_TYPE_INT, static_cast<int>(percent), "percent-double",
                        G_TYPE_DOUBLE, percent, "current", G_TYPE_INT64, static_cast<gint64>(seen_), "total",
                        G_TYPE_INT64, static_cast<gint64>(total_), nullptr);
  gst_element_post_message(gobject(), gst_message_new_element(GST_OBJECT(gobject()), progress));
}

void PictureSource::warn(const std::string& cause, const std::string& remedy) {
  if (++warnings_ > warnings_posted) return;
  const bool last = warnings_ == warnings_posted;
  post_warning(gobject(), cause, last ? "What follows is counted in the results, not reported" : remedy);
}

void PictureSource::report_skipped(const Error& cause) {
  {
    const std::lock_guard lock(state_mutex);
    ++skipped_;
  }
  last_skip_ = cause;
  warn(text("A picture is left out: ", cause.what()), cause.remedy());
}

void PictureSource::report_damaged(const std::string& what) {
  {
    const std::lock_guard lock(state_mutex);
    ++damaged_;
  }
  warn(what, {});
}

void PictureSource::loop() {
  constexpr GstFlowReturn posted = GST_FLOW_CUSTOM_ERROR;
  const GstFlowReturn flow = guarded(gobject(), posted, [&] { return send_next(); });
  if (flow == GST_FLOW_OK) return;
  gst_pad_pause_task(pad("src").get());
  if (flow == GST_FLOW_FLUSHING) return;
  if (flow != GST_FLOW_EOS && flow != posted) GST_ELEMENT_FLOW_ERROR(gobject(), flow);
  for (const char* name : {"src", "mask"}) {
    if (const auto each = pad(name)) gst_pad_push_event(each.get(), gst_event_new_eos());
  }
}

GstFlowReturn PictureSource::send_next() {
  while (!ending_) {
    auto picture = next();
    if (!picture) break;
    advance();
    if (picture->buffer != nullptr) return send(*std::move(picture));
  }
  if (frames_ == 0 && last_skip_)
    throw Error(last_skip_->code(),
                text("None of ", total_, " pictures can be read; the last: ", last_skip_->what()),
                last_skip_->remedy());
  return GST_FLOW_EOS;
}

GstFlowReturn PictureSource::send(SourcePicture picture) {
  const Fraction rate = framerate();
  const GstClockTime begin = time_of(frames_, rate), end = time_of(++frames_, rate);
  for (GstBuffer* each : {picture.buffer.get(), picture.mask.get()}) {
    if (each == nullptr) continue;
    GST_BUFFER_PTS(each) = begin;
    GST_BUFFER_DURATION(each) = end - begin;
    attach_sample(each, picture.sample);
  }
  GstFlowReturn mask_flow = GST_FLOW_NOT_LINKED;
  if (picture.mask != nullptr)
    mask_flow = push("mask", picture.mask_info, picture.sample, std::move(picture.mask));
  if (mask_flow != GST_FLOW_OK && mask_flow != GST_FLOW_NOT_LINKED) return mask_flow;
  const GstFlowReturn flow = push("src", picture.info, picture.sample, std::move(picture.buffer));
  const std::lock_guard lock(state_mutex);
  ++sent_;
  return flow == GST_FLOW_NOT_LINKED ? mask_flow : flow;  // one of the two is enough
}

GstFlowReturn PictureSource::push(const char* name, const GstVideoInfo& info, const Sample& sample,
                                  BufferPtr buffer) {
  const auto target = pad(name);
  if (target == nullptr) return GST_FLOW_NOT_LINKED;  // released meanwhile
  if (!set_caps(target.get(), info)) return GST_FLOW_FLUSHING;
  GstTagList* const tags = gst_tag_list_new(GST_TAG_TITLE, sample.name.c_str(), nullptr);
  if (!sample.label.empty())
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_KEYWORDS, sample.label.c_str(), nullptr);
  gst_pad_push_event(target.get(), gst_event_new_tag(tags));
  return gst_pad_push(target.get(), buffer.release());
}

// With all that a stream begins with before the first ones. False while the pad is shut down.
bool PictureSource::set_caps(GstPad* target, const GstVideoInfo& info) const {
  const CapsPtr current(gst_pad_get_current_caps(target)), caps(gst_video_info_to_caps(&info));
  if (current != nullptr && gst_caps_is_equal(current.get(), caps.get())) return true;
  if (current == nullptr) {
    const CharPtr id(gst_pad_create_stream_id(target, gobject(), GST_PAD_NAME(target)));
    GstEvent* const start = gst_event_new_stream_start(id.get());
    gst_event_set_group_id(start, group_);
    gst_pad_push_event(target, start);
  }
  if (!gst_pad_peer_query_accept_caps(target, caps.get())) {
    if (GST_PAD_IS_FLUSHING(target)) return false;
    throw Error(ErrorCode::mismatch, text("The next element does not take ", to_string(caps.get())),
                "Insert videoconvert, videoscale or videorate after this element");
  }
  gst_pad_push_event(target, gst_event_new_caps(caps.get()));
  if (current == nullptr) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(target, gst_event_new_segment(&segment));
  }
  return true;
}

void PictureSource::reset_results() {
  sent_ = skipped_ = damaged_ = 0;
}

std::vector<Result> PictureSource::pooled() const {
  Result frames = new_result("frames", Scope::pooled, "frame");
  frames.index = sent_;
  frames.value = static_cast<double>(sent_);
  frames.details = {{"skipped-frames", static_cast<double>(skipped_)},
                    {"damaged-frames", static_cast<double>(damaged_)}};
  return {frames};
}

}  // namespace mpq::gst
