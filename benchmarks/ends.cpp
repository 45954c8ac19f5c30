// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/ends.h"

#include <algorithm>
#include <vector>

#include "benchmarks/heap_shift.h"

namespace {

using mpq::bench::Drain;
using mpq::bench::Feed;

struct BenchSource {
  GstElement parent;
  GstPad* pad;  // the element's
  Feed* feed;   // owned
};
struct BenchSourceClass {
  GstElementClass parent;
};
G_DEFINE_TYPE(BenchSource, bench_source, GST_TYPE_ELEMENT)

struct BenchSink {
  GstElement parent;
  Drain* drain;  // owned
};
struct BenchSinkClass {
  GstElementClass parent;
};
G_DEFINE_TYPE(BenchSink, bench_sink, GST_TYPE_ELEMENT)

BenchSource* source_of(gpointer object) {
  return static_cast<BenchSource*>(object);
}
BenchSink* sink_of(gpointer object) {
  return static_cast<BenchSink*>(object);
}

GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

// Made together while the clock stands: their making is the source's work, not that of what is measured. Few
// enough to be found in the nearest cache, where a demuxer's would be.
constexpr std::size_t batch = 32;

std::vector<mpq::gst::BufferPtr> make_buffers(const mpq::bench::Stream& stream, std::size_t first,
                                              std::size_t end) {
  std::vector<mpq::gst::BufferPtr> made;
  for (std::size_t i = first; i < end; ++i) {
    GstBuffer* buffer =
        gst_buffer_copy(stream.buffers[i % stream.buffers.size()].get());  // shares the memory
    GST_BUFFER_PTS(buffer) = i * stream.duration;
    GST_BUFFER_DURATION(buffer) = stream.duration;
    made.emplace_back(buffer);
  }
  return made;
}

// The pad's task: the whole stream in one call.
void send_stream(gpointer object) {
  BenchSource* self = source_of(object);
  const Feed& feed = *self->feed;
  const mpq::bench::HeapShift shift;  // of this thread
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(self->pad, gst_event_new_stream_start(GST_OBJECT_NAME(self)));
  gst_pad_push_event(self->pad, gst_event_new_caps(feed.stream->caps.get()));
  gst_pad_push_event(self->pad, gst_event_new_segment(&segment));
  GstFlowReturn flow = GST_FLOW_OK;
  for (std::size_t i = 0; i < feed.end && flow == GST_FLOW_OK;) {
    const std::size_t end = i < feed.first ? feed.first : std::min(feed.end, i + batch);
    if (i > feed.first && feed.clock != nullptr) feed.clock->stop();
    std::vector<mpq::gst::BufferPtr> buffers = make_buffers(*feed.stream, i, end);
    if (i >= feed.first && feed.clock != nullptr) feed.clock->start();
    i = end;
    for (auto& buffer : buffers) {
      if (flow == GST_FLOW_OK) flow = gst_pad_push(self->pad, buffer.release());
    }
  }
  if (flow == GST_FLOW_OK || flow == GST_FLOW_EOS) {
    gst_pad_push_event(self->pad, gst_event_new_eos());
  } else if (flow != GST_FLOW_FLUSHING) {
    GST_ELEMENT_FLOW_ERROR(self, flow);
  }
  gst_pad_pause_task(self->pad);
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange change) {
  GstPad* pad = source_of(element)->pad;
  const auto result = GST_ELEMENT_CLASS(bench_source_parent_class)->change_state(element, change);
  if (change == GST_STATE_CHANGE_PAUSED_TO_PLAYING) gst_pad_start_task(pad, send_stream, element, nullptr);
  if (change == GST_STATE_CHANGE_PAUSED_TO_READY) gst_pad_stop_task(pad);
  return result;
}

void finalize_source(GObject* object) {
  delete source_of(object)->feed;
  G_OBJECT_CLASS(bench_source_parent_class)->finalize(object);
}

void bench_source_init(BenchSource* self) {
  self->feed = new Feed();
  self->pad = gst_pad_new_from_static_template(&src_template, "src");
  gst_pad_use_fixed_caps(self->pad);
  gst_element_add_pad(GST_ELEMENT(self), self->pad);
  GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
}

void bench_source_class_init(BenchSourceClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = finalize_source;
  GST_ELEMENT_CLASS(klass)->change_state = change_state;
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Benchmark source", "Source",
                                        "Sends preloaded buffers", "The mpq developers");
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &src_template);
}

GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* buffer) {
  const Drain& drain = *sink_of(parent)->drain;
  if (drain.visit) drain.visit(pad, buffer);
  gst_buffer_unref(buffer);
  return GST_FLOW_OK;
}

gboolean sink_event(GstPad*, GstObject* parent, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
    if (mpq::bench::Clock* clock = sink_of(parent)->drain->clock; clock != nullptr) clock->stop();
    gst_element_post_message(GST_ELEMENT(parent), gst_message_new_eos(parent));
  }
  gst_event_unref(event);
  return TRUE;
}

void finalize_sink(GObject* object) {
  delete sink_of(object)->drain;
  G_OBJECT_CLASS(bench_sink_parent_class)->finalize(object);
}

void bench_sink_init(BenchSink* self) {
  self->drain = new Drain();
  GstPad* pad = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_chain_function(pad, chain);
  gst_pad_set_event_function(pad, sink_event);
  gst_element_add_pad(GST_ELEMENT(self), pad);
  GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK);  // whose EOS message the pipeline waits for
}

void bench_sink_class_init(BenchSinkClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = finalize_sink;
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Benchmark sink", "Sink",
                                        "Drops what comes", "The mpq developers");
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &sink_template);
}

}  // namespace

namespace mpq::bench {

void register_ends() {
  gst_element_register(nullptr, "benchsource", GST_RANK_NONE, bench_source_get_type());
  gst_element_register(nullptr, "benchsink", GST_RANK_NONE, bench_sink_get_type());
}

void set_feed(GstElement* source, const Feed& feed) {
  *source_of(source)->feed = feed;
}

void set_drain(GstElement* sink, const Drain& drain) {
  *sink_of(sink)->drain = drain;
}

}  // namespace mpq::bench
