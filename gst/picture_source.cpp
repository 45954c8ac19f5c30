// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/picture_source.h"

#include "core/text.h"

namespace mpq::gst {
namespace {

constexpr std::uint64_t warnings_posted = 10;  // then they are only counted: a bus is no log file

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

struct PictureSource::Glue {
  static PictureSource& self(gpointer base) { return self_of<PictureSource>(base); }

  static gboolean start(GstBaseSrc* base) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      self(base).start();
      return TRUE;
    });
  }

  static gboolean stop(GstBaseSrc* base) {
    self(base).close_results();
    return TRUE;
  }

  static GstFlowReturn create(GstPushSrc* base, GstBuffer** buffer) {
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] { return self(base).create(buffer); });
  }

  // The caps follow from each picture.
  static gboolean negotiate(GstBaseSrc*) { return TRUE; }

  static gboolean query(GstBaseSrc* base, GstQuery* query) {
    GstFormat format = GST_FORMAT_UNDEFINED;
    if (GST_QUERY_TYPE(query) == GST_QUERY_DURATION) gst_query_parse_duration(query, &format, nullptr);
    if (format != GST_FORMAT_TIME || self(base).total_ == 0) return parent_class()->query(base, query);
    gst_query_set_duration(query, format,
                           static_cast<gint64>(time_of(self(base).total_, self(base).framerate())));
    return TRUE;
  }

  static GstPad* request_new_pad(GstElement* element, GstPadTemplate* pad_template, const gchar*,
                                 const GstCaps*) {
    if (self(element).wants_masks()) return nullptr;  // there is one
    GstPad* const pad = gst_pad_new_from_template(pad_template, "mask");
    gst_element_add_pad(element, pad);
    return pad;
  }

  static void release_pad(GstElement* element, GstPad* pad) { gst_element_remove_pad(element, pad); }

  // However the stream ends, the masks end with it.
  static GstPadProbeReturn end_masks(GstPad*, GstPadProbeInfo* info, gpointer element) {
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
    if (const auto pad = self(element).mask_pad()) gst_pad_push_event(pad.get(), gst_event_new_eos());
    return GST_PAD_PROBE_OK;
  }

  static GstBaseSrcClass* parent_class() { return GST_BASE_SRC_CLASS(g_type_class_peek(GST_TYPE_PUSH_SRC)); }

  static void install(gpointer klass) {
    auto* source = static_cast<GstBaseSrcClass*>(klass);
    source->start = start;
    source->stop = stop;
    source->negotiate = negotiate;
    source->query = query;
    static_cast<GstPushSrcClass*>(klass)->create = create;
    auto* element = static_cast<GstElementClass*>(klass);
    element->request_new_pad = request_new_pad;
    element->release_pad = release_pad;
  }

  static void constructed(GstElement* element, GstElementClass*) {
    gst_base_src_set_format(GST_BASE_SRC(element), GST_FORMAT_TIME);
    gst_pad_add_probe(GST_BASE_SRC_PAD(element), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, end_masks, element,
                      nullptr);
  }
};

KindInfo PictureSource::kind() {
  return {GST_TYPE_PUSH_SRC, Glue::install, Glue::constructed};
}

ObjectPtr<GstPad> PictureSource::mask_pad() const {
  return ObjectPtr<GstPad>(gst_element_get_static_pad(gobject(), "mask"));
}

bool PictureSource::wants_masks() const {
  return mask_pad() != nullptr;
}

void PictureSource::start() {
  seen_ = frames_ = warnings_ = 0;
  current_ = {};
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

GstFlowReturn PictureSource::create(GstBuffer** buffer) {
  while (auto picture = next()) {
    advance();
    if (picture->buffer != nullptr) return send(*std::move(picture), buffer);
  }
  if (frames_ == 0 && last_skip_)
    throw Error(last_skip_->code(),
                text("None of ", total_, " pictures can be read; the last: ", last_skip_->what()),
                last_skip_->remedy());
  return GST_FLOW_EOS;
}

GstFlowReturn PictureSource::send(SourcePicture picture, GstBuffer** buffer) {
  const Fraction rate = framerate();
  for (GstBuffer* each : {picture.buffer.get(), picture.mask.get()}) {
    if (each == nullptr) continue;
    GST_BUFFER_PTS(each) = time_of(frames_, rate);
    GST_BUFFER_DURATION(each) = time_of(frames_ + 1, rate) - time_of(frames_, rate);
    attach_sample(each, picture.sample);
  }
  ++frames_;
  if (const auto flow = send_mask(picture); flow != GST_FLOW_OK) return flow;
  if (!set_caps(picture.info)) return GST_FLOW_FLUSHING;
  announce(picture.sample);
  {
    const std::lock_guard lock(state_mutex);
    ++sent_;
  }
  *buffer = picture.buffer.release();
  return GST_FLOW_OK;
}

// False while a flush is under way: nobody wants the picture any more.
bool PictureSource::set_caps(const GstVideoInfo& info) {
  if (current_.width > 0 && gst_video_info_is_equal(&info, &current_)) return true;
  const CapsPtr caps(gst_video_info_to_caps(&info));
  GstPad* const pad = GST_BASE_SRC_PAD(base());
  if (!gst_pad_peer_query_accept_caps(pad, caps.get()) || !gst_base_src_set_caps(base(), caps.get())) {
    if (GST_PAD_IS_FLUSHING(pad)) return false;
    if (gst_pad_is_linked(pad))
      throw Error(ErrorCode::mismatch, text("The next element does not take ", to_string(caps.get())),
                  "Insert videoconvert, videoscale or videorate after this element");
  }
  current_ = info;
  return true;
}

GstFlowReturn PictureSource::send_mask(SourcePicture& picture) {
  const auto pad = mask_pad();
  if (pad == nullptr || picture.mask == nullptr) return GST_FLOW_OK;
  const CapsPtr current(gst_pad_get_current_caps(pad.get()));
  const CapsPtr caps(gst_video_info_to_caps(&picture.mask_info));
  if (current == nullptr) {
    const CharPtr id(gst_pad_create_stream_id(pad.get(), gobject(), "mask"));
    gst_pad_push_event(pad.get(), gst_event_new_stream_start(id.get()));
  }
  if (current == nullptr || !gst_caps_is_equal(current.get(), caps.get()))
    gst_pad_push_event(pad.get(), gst_event_new_caps(caps.get()));
  if (current == nullptr) gst_pad_push_event(pad.get(), gst_event_new_segment(&base()->segment));
  const GstFlowReturn flow = gst_pad_push(pad.get(), picture.mask.release());
  return flow == GST_FLOW_NOT_LINKED ? GST_FLOW_OK : flow;
}

// The base class puts tags that are sent to the element before the next buffer.
void PictureSource::announce(const Sample& sample) {
  GstTagList* const tags = gst_tag_list_new(GST_TAG_TITLE, sample.name.c_str(), nullptr);
  if (!sample.label.empty())
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_KEYWORDS, sample.label.c_str(), nullptr);
  gst_element_send_event(gobject(), gst_event_new_tag(tags));
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
