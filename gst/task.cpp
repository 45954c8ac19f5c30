// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/task.h"

namespace mpq::gst {

struct Task::Glue {
  static Task& self(gpointer base) { return self_of<Task>(base); }

  // Loading takes long and may fail: it happens before any streaming thread runs.
  static GstStateChangeReturn change_state(GstElement* element, GstStateChange change) {
    if (change == GST_STATE_CHANGE_NULL_TO_READY) {
      const bool loaded = guarded(element, false, [&] {
        self(element).load();
        return true;
      });
      if (!loaded) return GST_STATE_CHANGE_FAILURE;
    }
    const GstStateChangeReturn result = parent_class()->change_state(element, change);
    if (change == GST_STATE_CHANGE_READY_TO_NULL) self(element).unload();
    return result;
  }

  static GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) {
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] { return self(base).handle(buffer); });
  }

  static gboolean src_event(GstBaseTransform* base, GstEvent* event) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY) {
      GstClockTime latency = 0;
      gst_event_parse_latency(event, &latency);
      self(base).latency_ = latency;
    }
    return GST_BASE_TRANSFORM_CLASS(parent_class())->src_event(base, event);
  }

  static GstElementClass* parent_class() {
    return GST_ELEMENT_CLASS(g_type_class_peek(GST_TYPE_BASE_TRANSFORM));
  }

  static void install(gpointer klass) {
    Meter::kind().install(klass);
    static_cast<GstElementClass*>(klass)->change_state = change_state;
    auto* transform = static_cast<GstBaseTransformClass*>(klass);
    transform->transform_ip = transform_ip;
    transform->src_event = src_event;
  }
};

KindInfo Task::kind() {
  return {GST_TYPE_BASE_TRANSFORM, Glue::install, Meter::kind().constructed};
}

bool Task::is_late(const GstBuffer* buffer, const NeuralSettings& settings) const {
  if (settings.late_policy == LatePolicy::block) return false;
  const GstSegment& segment = GST_BASE_TRANSFORM(gobject())->segment;
  if (segment.format != GST_FORMAT_TIME) return false;
  const GstClockTime due = gst_segment_to_running_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  const GstClockTime now = gst_element_get_current_running_time(gobject());
  return GST_CLOCK_TIME_IS_VALID(due) && GST_CLOCK_TIME_IS_VALID(now) &&
         now > due + latency_ + settings.max_lateness;
}

void Task::publish(Result result, GstBuffer* buffer) {
  result.index = index_;
  set_times(result, buffer);
  attach_result(buffer, result);
  publisher().publish(gobject(), result);
}

GstFlowReturn Task::handle(GstBuffer* buffer) {
  const NeuralSettings settings = neural_settings();
  if (is_late(buffer, settings)) {
    {
      const std::lock_guard lock(state_mutex);
      ++late_;
    }
    if (settings.late_policy == LatePolicy::drop) return GST_BASE_TRANSFORM_FLOW_DROPPED;
    if (last_) {
      Result stale = *last_;
      stale.details.emplace_back("stale", 1);
      publish(std::move(stale), buffer);
    }
    ++index_;
    return GST_FLOW_OK;
  }
  const Stopwatch watch;
  last_ = infer(buffer);
  {
    const std::lock_guard lock(state_mutex);
    ++work_.frames;
    ++work_.units;
    work_.seconds += watch.seconds();
  }
  publish(*last_, buffer);
  ++index_;
  return GST_FLOW_OK;
}

std::vector<Result> Task::pooled() const {
  Result speed = new_result("speed", Scope::pooled, "frame/s");
  work_.describe(speed, 1);
  speed.details.emplace_back("late-frames", static_cast<double>(late_));
  return {speed};
}

void Task::reset_results() {
  work_ = {};
  late_ = 0;
  last_.reset();
  index_ = 0;
}

}  // namespace mpq::gst
