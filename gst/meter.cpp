// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/meter.h"

namespace mpq::gst {

struct Meter::Glue {
  static Meter& self(GstBaseTransform* base) { return self_of<Meter>(base); }

  static gboolean start(GstBaseTransform* base) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      self(base).open_results();
      return TRUE;
    });
  }

  static gboolean stop(GstBaseTransform* base) {
    self(base).close_results();
    return TRUE;
  }

  // Metas want a writable buffer, not a copy of its memory.
  static GstFlowReturn prepare_output(GstBaseTransform*, GstBuffer* input, GstBuffer** output) {
    *output = gst_buffer_is_writable(input) ? input : gst_buffer_copy(input);
    return GST_FLOW_OK;
  }

  static GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) {
    return guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] {
      self(base).measure(buffer);
      return GST_FLOW_OK;
    });
  }

  // Caps are read here and not in set_caps(), with which GstBaseTransform would refuse streams without caps.
  static void look_at(Meter& meter, GstEvent* event) {
    GstCaps* caps = nullptr;
    const GstSegment* segment = nullptr;
    switch (GST_EVENT_TYPE(event)) {
      case GST_EVENT_CAPS:
        gst_event_parse_caps(event, &caps);
        return meter.set_caps(caps);
      case GST_EVENT_SEGMENT:
        gst_event_parse_segment(event, &segment);
        return meter.set_segment(*segment);
      case GST_EVENT_FLUSH_STOP: {
        const std::lock_guard lock(meter.state_mutex);
        return meter.reset_results();
      }
      case GST_EVENT_EOS:
        return meter.finish();
      default:
        return;
    }
  }

  static gboolean sink_event(GstBaseTransform* base, GstEvent* event) {
    const bool seen = guarded(GST_ELEMENT(base), false, [&] {
      look_at(self(base), event);
      return true;
    });
    if (seen || GST_EVENT_TYPE(event) == GST_EVENT_EOS) return parent_class()->sink_event(base, event);
    gst_event_unref(event);
    return FALSE;
  }

  // The element changes no memory, so what downstream proposes serves upstream.
  static gboolean propose_allocation(GstBaseTransform* base, GstQuery*, GstQuery* query) {
    return gst_pad_peer_query(GST_BASE_TRANSFORM_SRC_PAD(base), query);
  }

  static GstBaseTransformClass* parent_class() {
    return GST_BASE_TRANSFORM_CLASS(g_type_class_peek(GST_TYPE_BASE_TRANSFORM));
  }

  static void install(gpointer klass) {
    auto* transform = static_cast<GstBaseTransformClass*>(klass);
    transform->start = start;
    transform->stop = stop;
    transform->prepare_output_buffer = prepare_output;
    transform->transform_ip = transform_ip;
    transform->sink_event = sink_event;
    transform->propose_allocation = propose_allocation;
    transform->passthrough_on_same_caps = FALSE;
  }

  static void constructed(GstElement* element, GstElementClass*) {
    gst_base_transform_set_in_place(GST_BASE_TRANSFORM(element), TRUE);
    gst_base_transform_set_gap_aware(GST_BASE_TRANSFORM(element), TRUE);
  }
};

KindInfo Meter::kind() {
  return {GST_TYPE_BASE_TRANSFORM, Glue::install, Glue::constructed};
}

void Meter::set_times(Result& result, const GstBuffer* buffer) const {
  gst::set_times(result, GST_BASE_TRANSFORM(gobject())->segment, buffer);
}

void set_times(Result& result, const GstSegment& segment, const GstBuffer* buffer) {
  const auto optional = [](GstClockTime time) {
    return GST_CLOCK_TIME_IS_VALID(time) ? std::optional<std::int64_t>(static_cast<std::int64_t>(time))
                                         : std::nullopt;
  };
  if (segment.format == GST_FORMAT_TIME && GST_BUFFER_PTS_IS_VALID(buffer)) {
    result.stream_time =
        optional(gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer)));
    result.running_time =
        optional(gst_segment_to_running_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer)));
  }
  result.duration = optional(GST_BUFFER_DURATION(buffer));
}

}  // namespace mpq::gst
