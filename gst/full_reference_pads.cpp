// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The pads of full-reference metrics: caps offered and agreed on, and the glue to GstAggregator.
#include <algorithm>
#include <initializer_list>

#include "core/text.h"
#include "gst/full_reference_input.h"

namespace mpq::gst {

std::vector<PadTemplate> full_reference_pads(const std::string& caps, const std::string& output) {
  const auto type = [] { return GST_TYPE_AGGREGATOR_PAD; };
  return {{"ref_sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps, type},
          {"dist_%u", GST_PAD_SINK, GST_PAD_REQUEST, caps, type},
          {"src", GST_PAD_SRC, GST_PAD_ALWAYS, output.empty() ? caps : output, type}};
}

namespace {

using Fields = std::initializer_list<const char*>;
constexpr Fields agreed_fields = {"format", "width", "height", "rate", "channels", "layout"};
constexpr Fields format_fields = {"format", "rate", "channels", "layout"};

// The fields in which both sides must agree.
CapsPtr essence(const GstCaps* caps, Fields fields = agreed_fields) {
  CapsPtr result(gst_caps_new_empty());
  for (guint i = 0; i < gst_caps_get_size(caps); ++i) {
    const GstStructure* full = gst_caps_get_structure(caps, i);
    GstStructure* kept = gst_structure_new_empty(gst_structure_get_name(full));
    for (const char* field : fields) {
      if (const GValue* value = gst_structure_get_value(full, field))
        gst_structure_set_value(kept, field, value);
    }
    gst_caps_append_structure(result.get(), kept);
  }
  return result;
}

}  // namespace

void FullReference::remember_caps(GstAggregatorPad* pad, GstCaps* caps) {
  if (!is_reference(GST_PAD(pad))) return;
  const std::lock_guard lock(settings_mutex);
  reference_caps_.reset(gst_caps_ref(caps));
}

// The reference's caps, or before they arrive all that its upstream can give; null: nobody can tell.
CapsPtr FullReference::expected_reference() const {
  {
    const std::lock_guard lock(settings_mutex);
    if (reference_caps_ != nullptr) return essence(reference_caps_.get());
  }
  const ObjectPtr<GstPad> pad(gst_element_get_static_pad(gobject(), "ref_sink"));
  const CapsPtr all(gst_pad_get_pad_template_caps(pad.get()));
  const CapsPtr possible(gst_pad_peer_query_caps(pad.get(), all.get()));
  return gst_caps_is_any(possible.get()) ? nullptr : essence(possible.get());
}

// A distorted stream is asked for the reference's format and size where it can choose. A picture that has
// another size may be the next one of a folder, which the other stream has not reached: it is asked for the
// format alone. Where that cannot be either, anything is taken here, and the mismatch is reported with its
// remedy instead of a bare "not negotiated".
GstCaps* FullReference::offer_caps(GstAggregatorPad* pad, GstCaps* filter) {
  const CapsPtr all(gst_pad_get_pad_template_caps(GST_PAD(pad)));
  const auto filtered = [&](GstCaps* caps) {
    return filter != nullptr ? gst_caps_intersect_full(filter, caps, GST_CAPS_INTERSECT_FIRST)
                             : gst_caps_ref(caps);
  };
  const bool any = is_reference(GST_PAD(pad)) || takes_unlike_pictures();
  if (const CapsPtr wanted = any ? nullptr : expected_reference()) {
    for (const Fields fields : {agreed_fields, format_fields}) {
      const CapsPtr less = essence(wanted.get(), fields);
      CapsPtr offered(gst_caps_intersect_full(less.get(), all.get(), GST_CAPS_INTERSECT_FIRST));
      offered.reset(filtered(offered.get()));
      if (!gst_caps_is_empty(offered.get())) return offered.release();
    }
  }
  return filtered(all.get());
}

struct FullReference::Glue {
  static FullReference& self(gpointer base) { return self_of<FullReference>(base); }

  static GstAggregatorClass* parent_class() {
    return GST_AGGREGATOR_CLASS(g_type_class_peek(GST_TYPE_AGGREGATOR));
  }

  // Loading takes long and may fail: it happens before any streaming thread runs.
  static GstStateChangeReturn change_state(GstElement* element, GstStateChange change) {
    if (change == GST_STATE_CHANGE_NULL_TO_READY) {
      const bool loaded = guarded(element, false, [&] {
        self(element).load();
        return true;
      });
      if (!loaded) return GST_STATE_CHANGE_FAILURE;
    }
    const GstStateChangeReturn result = GST_ELEMENT_CLASS(parent_class())->change_state(element, change);
    if (change == GST_STATE_CHANGE_READY_TO_NULL) self(element).unload();
    return result;
  }

  static gboolean start(GstAggregator* base) {
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      self(base).restart();
      self(base).open_results();
      return TRUE;
    });
  }

  static gboolean stop(GstAggregator* base) {
    self(base).flush();
    self(base).release_pads();
    self(base).close_results();
    return TRUE;
  }

  static GstFlowReturn flush(GstAggregator* base) {
    self(base).flush();
    const std::lock_guard lock(self(base).state_mutex);
    self(base).reset_results();
    return GST_FLOW_OK;
  }

  static GstFlowReturn aggregate(GstAggregator* base, gboolean) {
    try {
      return self(base).aggregate();
    } catch (const Error& error) {
      post_error(GST_ELEMENT(base), error);
      return error.code() == ErrorCode::mismatch ? GST_FLOW_NOT_NEGOTIATED : GST_FLOW_ERROR;
    } catch (const std::exception& error) {
      post_error(GST_ELEMENT(base), error);
      return GST_FLOW_ERROR;
    }
  }

  // As soon as they arrive: the other inputs' caps queries are answered by them.
  static GstFlowReturn sink_event_pre_queue(GstAggregator* base, GstAggregatorPad* pad, GstEvent* event) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
      GstCaps* caps = nullptr;
      gst_event_parse_caps(event, &caps);
      self(base).remember_caps(pad, caps);
    }
    return parent_class()->sink_event_pre_queue(base, pad, event);
  }

  // In their place in the stream: a pad's own "current caps" run ahead of the buffers that it has queued.
  static gboolean sink_event(GstAggregator* base, GstAggregatorPad* pad, GstEvent* event) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
      GstCaps* caps = nullptr;
      gst_event_parse_caps(event, &caps);
      self(base).input_for(pad).caps.reset(gst_caps_ref(caps));
    }
    return parent_class()->sink_event(base, pad, event);
  }

  // A decoder that drops pictures because a display is late would change what is measured.
  static gboolean src_event(GstAggregator* base, GstEvent* event) {
    self(base).lag_.handle_event(event);
    if (GST_EVENT_TYPE(event) != GST_EVENT_QOS) return parent_class()->src_event(base, event);
    gst_event_unref(event);
    return TRUE;
  }

  static gboolean sink_query(GstAggregator* base, GstAggregatorPad* pad, GstQuery* query) {
    if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS) return parent_class()->sink_query(base, pad, query);
    return guarded(GST_ELEMENT(base), FALSE, [&] {
      GstCaps* filter = nullptr;
      gst_query_parse_caps(query, &filter);
      const CapsPtr caps(self(base).offer_caps(pad, filter));
      gst_query_set_caps_result(query, caps.get());
      return TRUE;
    });
  }

  static gboolean src_query(GstAggregator* base, GstQuery* query) {
    if (!parent_class()->src_query(base, query)) return FALSE;
    if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) self(base).lag_.add_to(query);
    return TRUE;
  }

  // src carries the first distorted stream, and so its caps, or what is made of it.
  static GstFlowReturn update_src_caps(GstAggregator* base, GstCaps*, GstCaps** result) {
    auto& metric = self(base);
    const auto pads = metric.sink_pads();
    if (pads.size() < 2) return GST_AGGREGATOR_FLOW_NEED_DATA;
    const Input& carrier = metric.input_for(pads[1].get());
    if (carrier.caps == nullptr) return GST_AGGREGATOR_FLOW_NEED_DATA;
    metric.src_caps_.reset(gst_caps_ref(carrier.caps.get()));
    *result = metric.output_caps(carrier.caps.get()).release();
    return GST_FLOW_OK;
  }

  // The default names every pad sink_%u.
  static GstAggregatorPad* create_new_pad(GstAggregator* base, GstPadTemplate* pad_template,
                                          const gchar* wanted, const GstCaps*) {
    guint64 number = 0;
    if (wanted != nullptr && g_ascii_isdigit(wanted[strcspn(wanted, "0123456789")])) {
      number = g_ascii_strtoull(wanted + strcspn(wanted, "0123456789"), nullptr, 10);
    } else if (const auto pads = self(base).sink_pads(); !pads.empty()) {
      number = pad_rank(GST_PAD(pads.back().get()));  // its number and 1; 0 for the reference
    }
    const std::string name = text("dist_", number);
    return GST_AGGREGATOR_PAD(g_object_new(GST_TYPE_AGGREGATOR_PAD, "name", name.c_str(), "direction",
                                           GST_PAD_SINK, "template", pad_template, nullptr));
  }

  static void constructed(GstElement* element, GstElementClass* klass) {
    GstPadTemplate* ref = gst_element_class_get_pad_template(klass, "ref_sink");
    auto* pad = GST_PAD(g_object_new(GST_TYPE_AGGREGATOR_PAD, "name", "ref_sink", "direction", GST_PAD_SINK,
                                     "template", ref, nullptr));
    gst_element_add_pad(element, pad);
  }

  static void install(gpointer klass) {
    static_cast<GstElementClass*>(klass)->change_state = change_state;
    auto* aggregator = static_cast<GstAggregatorClass*>(klass);
    aggregator->start = start;
    aggregator->stop = stop;
    aggregator->flush = flush;
    aggregator->aggregate = aggregate;
    aggregator->sink_event_pre_queue = sink_event_pre_queue;
    aggregator->sink_event = sink_event;
    aggregator->src_event = src_event;
    aggregator->src_query = src_query;
    aggregator->sink_query = sink_query;
    aggregator->update_src_caps = update_src_caps;
    aggregator->create_new_pad = create_new_pad;
  }
};

KindInfo FullReference::kind() {
  return {GST_TYPE_AGGREGATOR, Glue::install, Glue::constructed};
}

}  // namespace mpq::gst
