// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "live.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <algorithm>
#include <stdexcept>

#include "gst/publisher.h"

namespace mpq::test {
namespace {

constexpr gint64 patience = 30 * G_TIME_SPAN_SECOND;  // for the rest of an ended stream

std::uint64_t unit_of(const GstCaps* caps) {
  GstVideoInfo video;
  GstAudioInfo audio;
  if (gst_video_info_from_caps(&video, caps)) return GST_VIDEO_INFO_SIZE(&video);
  if (gst_audio_info_from_caps(&audio, caps)) return static_cast<std::uint64_t>(GST_AUDIO_INFO_BPF(&audio));
  return 1;
}

/// Seconds that a buffer on this pad is behind its time.
double lag_of(GstPad* pad, GstBuffer* buffer) {
  const gst::ObjectPtr<GstElement> element(gst_pad_get_parent_element(pad));
  GstEvent* event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
  if (event == nullptr) return 0;
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(event, &segment);
  const guint64 due = gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  gst_event_unref(event);
  const GstClockTime now = gst_element_get_current_running_time(element.get());
  if (!GST_CLOCK_TIME_IS_VALID(now) || !GST_CLOCK_TIME_IS_VALID(due)) return 0;
  return static_cast<double>(GST_CLOCK_DIFF(due, now)) / GST_SECOND;
}

}  // namespace

Live::Live(const Line& line) : started_(g_get_monotonic_time()) {
  GError* error = nullptr;
  pipeline_.reset(gst_parse_launch_full(line.launch.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error));
  if (error != nullptr) {
    const std::string cause = error->message;
    g_error_free(error);
    throw std::runtime_error(line.name + ": " + cause);
  }
  gst_object_ref_sink(pipeline_.get());
  watch("source", "src", at_source);
  watch("sink", "sink", at_sink);
  const gst::ObjectPtr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
  gst_bus_set_sync_handler(bus.get(), handle, this, nullptr);
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

Live::~Live() {
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  const gst::ObjectPtr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
  gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
}

void Live::watch(const char* element, const char* pad, GstPadProbeCallback probe) {
  const gst::ObjectPtr<GstElement> found(gst_bin_get_by_name(GST_BIN(pipeline_.get()), element));
  const gst::ObjectPtr<GstPad> place(gst_element_get_static_pad(found.get(), pad));
  gst_pad_add_probe(place.get(), GST_PAD_PROBE_TYPE_BUFFER, probe, this, nullptr);
}

// Messages are looked at where they are posted and dropped: a bus that nobody empties would be a leak.
GstBusSyncReply Live::handle(GstBus*, GstMessage* message, gpointer self) {
  static_cast<Live*>(self)->keep(message);
  gst_message_unref(message);
  return GST_BUS_DROP;
}

void Live::keep(GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    const std::lock_guard lock(mutex_);
    if (error_.empty()) error_ = error->message;  // later ones follow from the first
    g_error_free(error);
  } else if (gst_message_has_name(message, "mpq-result")) {
    const Result result = gst::from_structure(gst_message_get_structure(message));
    if (result.scope != Scope::pooled) return;
    const std::lock_guard lock(mutex_);
    for (const char* lost : {"missing-frames", "missing-samples"})
      explained_ += find_detail(result, lost).value_or(0);
    for (const char* wrong : {"unmatched-frames", "unmatched-samples", "skipped-frames", "damaged-frames"})
      if (find_detail(result, wrong).value_or(0) > 0) error_ = result.element + " counted " + wrong;
  }
}

GstPadProbeReturn Live::at_source(GstPad* pad, GstPadProbeInfo* info, gpointer self) {
  auto* live = static_cast<Live*>(self);
  if (live->unit_ == 0) {
    const gst::CapsPtr caps(gst_pad_get_current_caps(pad));
    live->unit_ = unit_of(caps.get());
  }
  live->sent_ += gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info));
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn Live::at_sink(GstPad* pad, GstPadProbeInfo* info, gpointer self) {
  auto* live = static_cast<Live*>(self);
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  live->received_ += gst_buffer_get_size(buffer);
  live->worst_lag_ = std::max(live->worst_lag_.load(), lag_of(pad, buffer));
  return GST_PAD_PROBE_OK;
}

double Live::age() const {
  return static_cast<double>(g_get_monotonic_time() - started_) / G_TIME_SPAN_SECOND;
}

std::string Live::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

Counts Live::finish() {
  gst_element_send_event(pipeline_.get(), gst_event_new_eos());
  const gint64 deadline = g_get_monotonic_time() + patience;
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (ended_ || !error_.empty()) break;
      if (g_get_monotonic_time() > deadline) {
        error_ = "the stream did not end";
        break;
      }
    }
    g_usleep(5000);
  }
  const std::lock_guard lock(mutex_);
  return {sent_, received_, explained_, unit_};
}

}  // namespace mpq::test
