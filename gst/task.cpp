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
        gst_base_transform_set_in_place(GST_BASE_TRANSFORM(element), !self(element).replaces_stream());
        return true;
      });
      if (!loaded) return GST_STATE_CHANGE_FAILURE;
    }
    const GstStateChangeReturn result = parent_class()->change_state(element, change);
    if (change == GST_STATE_CHANGE_READY_TO_NULL) self(element).unload();
    return result;
  }

  static GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) {
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] { return self(base).handle(buffer, buffer); });
  }

  static GstFlowReturn transform(GstBaseTransform* base, GstBuffer* input, GstBuffer* output) {
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] { return self(base).handle(input, output); });
  }

  static GstCaps* transform_caps(GstBaseTransform* base, GstPadDirection direction, GstCaps* caps,
                                 GstCaps* filter) {
    if (!self(base).replaces_stream())
      return transform_parent()->transform_caps(base, direction, caps, filter);
    CapsPtr other = self(base).other_caps(direction, caps);
    if (filter != nullptr)
      other.reset(gst_caps_intersect_full(filter, other.get(), GST_CAPS_INTERSECT_FIRST));
    return other.release();
  }

  static GstFlowReturn prepare_output(GstBaseTransform* base, GstBuffer* input, GstBuffer** output) {
    if (!self(base).replaces_stream()) return meter_class().prepare_output_buffer(base, input, output);
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] {
      *output = self(base).new_output().release();
      return transform_parent()->copy_metadata(base, input, *output) ? GST_FLOW_OK : GST_FLOW_ERROR;
    });
  }

  static gboolean propose_allocation(GstBaseTransform* base, GstQuery* decided, GstQuery* query) {
    if (!self(base).replaces_stream()) return meter_class().propose_allocation(base, decided, query);
    return transform_parent()->propose_allocation(base, decided, query);
  }

  static gboolean src_event(GstBaseTransform* base, GstEvent* event) {
    self(base).lag_.handle_event(event);
    return transform_parent()->src_event(base, event);
  }

  static gboolean query(GstBaseTransform* base, GstPadDirection direction, GstQuery* query) {
    if (!transform_parent()->query(base, direction, query)) return FALSE;
    if (direction == GST_PAD_SRC && GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) self(base).lag_.add_to(query);
    return TRUE;
  }

  static GstElementClass* parent_class() {
    return GST_ELEMENT_CLASS(g_type_class_peek(GST_TYPE_BASE_TRANSFORM));
  }

  static GstBaseTransformClass* transform_parent() { return GST_BASE_TRANSFORM_CLASS(parent_class()); }

  /// The functions that Meter puts into a class.
  static GstBaseTransformClass& meter_class() {
    static GstBaseTransformClass functions{};
    return functions;
  }

  static void install(gpointer klass) {
    Meter::kind().install(klass);
    static_cast<GstElementClass*>(klass)->change_state = change_state;
    auto* own = static_cast<GstBaseTransformClass*>(klass);
    meter_class() = *own;
    own->transform_ip = transform_ip;
    own->transform = transform;
    own->transform_caps = transform_caps;
    own->prepare_output_buffer = prepare_output;
    own->propose_allocation = propose_allocation;
    own->src_event = src_event;
    own->query = query;
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

GstFlowReturn Task::leave_out(GstBuffer* input, GstBuffer* output, LatePolicy policy) {
  std::uint64_t processed = 0, late = 0;
  {
    const std::lock_guard lock(state_mutex);
    late = ++late_;
    processed = work_.frames;
  }
  Lag::post_skipped(gobject(), GST_BASE_TRANSFORM(gobject())->segment, input, processed, late);
  const bool nothing_to_show = input != output && !last_;
  if (policy == LatePolicy::drop || nothing_to_show) return GST_BASE_TRANSFORM_FLOW_DROPPED;
  if (last_) {
    Result stale = *last_;
    stale.details.emplace_back("stale", 1);
    publish(std::move(stale), output);
  }
  ++index_;
  return GST_FLOW_OK;
}

GstFlowReturn Task::handle(GstBuffer* input, GstBuffer* output) {
  const LateSettings settings = late_settings();
  if (lag_.is_late(gobject(), GST_BASE_TRANSFORM(gobject())->segment, input, settings))
    return leave_out(input, output, settings.late_policy);
  const Stopwatch watch;
  last_ = infer(input);
  const double seconds = watch.seconds();
  {
    const std::lock_guard lock(state_mutex);
    ++work_.frames;
    ++work_.units;
    work_.seconds += seconds;
  }
  lag_.took(gobject(), seconds);
  publish(*last_, output);
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
