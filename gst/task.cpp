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
    self(base).lag_.handle_event(event);
    return GST_BASE_TRANSFORM_CLASS(parent_class())->src_event(base, event);
  }

  static gboolean query(GstBaseTransform* base, GstPadDirection direction, GstQuery* query) {
    if (!GST_BASE_TRANSFORM_CLASS(parent_class())->query(base, direction, query)) return FALSE;
    if (direction == GST_PAD_SRC && GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) self(base).lag_.add_to(query);
    return TRUE;
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
    transform->query = query;
  }
};

KindInfo Task::kind() {
  return {GST_TYPE_BASE_TRANSFORM, Glue::install, Meter::kind().constructed};
}

void Task::publish(Result result, GstBuffer* buffer) {
  result.index = index_;
  set_times(result, buffer);
  decorate(result, buffer);
  attach_result(buffer, result);
  publisher().publish(gobject(), result);
}

GstFlowReturn Task::leave_out(GstBuffer* buffer, LatePolicy policy) {
  std::uint64_t processed = 0, late = 0;
  {
    const std::lock_guard lock(state_mutex);
    late = ++late_;
    processed = work_.frames;
  }
  Lag::post_skipped(gobject(), GST_BASE_TRANSFORM(gobject())->segment, buffer, processed, late);
  if (policy == LatePolicy::drop) return GST_BASE_TRANSFORM_FLOW_DROPPED;
  if (last_) {
    Result stale = *last_;
    stale.details.emplace_back("stale", 1);
    publish(std::move(stale), buffer);
  }
  ++index_;
  return GST_FLOW_OK;
}

GstFlowReturn Task::handle(GstBuffer* buffer) {
  const LateSettings settings = late_settings();
  if (lag_.is_late(gobject(), GST_BASE_TRANSFORM(gobject())->segment, buffer, settings))
    return leave_out(buffer, settings.late_policy);
  const Stopwatch watch;
  last_ = infer(buffer);
  const double seconds = watch.seconds();
  {
    const std::lock_guard lock(state_mutex);
    ++work_.frames;
    ++work_.units;
    work_.seconds += seconds;
  }
  lag_.took(gobject(), seconds);
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
  lag_.flush();
  index_ = 0;
}

}  // namespace mpq::gst
