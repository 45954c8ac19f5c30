// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/lag.h"

#include <algorithm>

namespace mpq::gst {
namespace {

constexpr double forget = 1.0 / 64;  // of the difference between the slowest frame and this one, each frame
constexpr double margin = 1.25;      // of what is reported over what was measured

}  // namespace

FrameTimes frame_times(const GstSegment& segment, const GstBuffer* buffer) {
  FrameTimes times{.timestamp = GST_BUFFER_PTS(buffer), .duration = GST_BUFFER_DURATION(buffer)};
  if (segment.format != GST_FORMAT_TIME) return times;
  times.running_time = gst_segment_to_running_time(&segment, GST_FORMAT_TIME, times.timestamp);
  times.stream_time = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, times.timestamp);
  return times;
}

void Lag::handle_event(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY) {
    GstClockTime latency = 0;
    gst_event_parse_latency(event, &latency);
    pipeline_latency_ = latency;
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_QOS) {
    GstClockTimeDiff late = 0;
    GstClockTime time = 0;
    gst_event_parse_qos(event, nullptr, nullptr, &late, &time);
    if (!GST_CLOCK_TIME_IS_VALID(time)) return;
    earliest_ = late > 0 ? time + static_cast<GstClockTime>(late) : 0;
  }
}

void Lag::add_to(GstQuery* query) const {
  gboolean live = FALSE;
  GstClockTime least = 0, most = 0;
  gst_query_parse_latency(query, &live, &least, &most);
  const GstClockTime own = reported_;
  if (GST_CLOCK_TIME_IS_VALID(most)) most += own;
  gst_query_set_latency(query, live, least + own, most);
}

bool Lag::is_late(GstElement* element, const FrameTimes& frame, const LateSettings& settings) const {
  if (settings.late_policy == LatePolicy::block) return false;
  const GstClockTime due = frame.running_time;
  if (!GST_CLOCK_TIME_IS_VALID(due)) return false;
  if (due < earliest_) return true;
  const GstClockTime now = gst_element_get_current_running_time(element), own = reported_;
  // A pipeline whose sink does not wait for the clock settles on no latency: the element's own time is no
  // lateness there.
  const GstClockTime latency = std::max<GstClockTime>(pipeline_latency_, own);
  return GST_CLOCK_TIME_IS_VALID(now) && now + own > due + latency + settings.max_lateness;
}

void Lag::took(GstElement* element, double seconds) {
  if (first_) {
    first_ = false;
    return;
  }
  peak_ = std::max(seconds, peak_ - (peak_ - seconds) * forget);
  const auto peak = static_cast<GstClockTime>(peak_ * GST_SECOND);
  if (peak <= reported_ && peak * 2 >= reported_) return;
  reported_ = static_cast<GstClockTime>(peak_ * margin * GST_SECOND);
  gst_element_post_message(element, gst_message_new_latency(GST_OBJECT(element)));
}

void Lag::post_skipped(GstElement* element, const FrameTimes& frame, std::uint64_t processed,
                       std::uint64_t skipped) {
  const GstClockTime due = frame.running_time;
  const GstClockTime now = gst_element_get_current_running_time(element);
  GstMessage* message =
      gst_message_new_qos(GST_OBJECT(element), TRUE, due, frame.stream_time, frame.timestamp, frame.duration);
  const bool timed = GST_CLOCK_TIME_IS_VALID(due) && GST_CLOCK_TIME_IS_VALID(now);
  gst_message_set_qos_values(message, timed ? GST_CLOCK_DIFF(due, now) : 0, 1, 1'000'000);
  gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS, processed, skipped);
  gst_element_post_message(element, message);
}

}  // namespace mpq::gst
