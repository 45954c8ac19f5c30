// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/source.h"

#include <gst/base/gstpushsrc.h>

#include "benchmarks/heap_shift.h"

namespace {

using mpq::bench::Feed;

struct BenchSource {
  GstPushSrc parent;
  mpq::bench::HeapShift* shift;  // of the streaming thread; owned
  Feed* feed;                    // owned; without a stream until set_feed()
  std::size_t next;
};
struct BenchSourceClass {
  GstPushSrcClass parent;
};

G_DEFINE_TYPE(BenchSource, bench_source, GST_TYPE_PUSH_SRC)

BenchSource* self_of(gpointer object) {
  return static_cast<BenchSource*>(object);
}

gboolean start(GstBaseSrc* base) {
  self_of(base)->next = 0;
  return gst_base_src_set_caps(base, self_of(base)->feed->stream->caps.get());
}

GstCaps* get_caps(GstBaseSrc* base, GstCaps* filter) {
  if (self_of(base)->feed->stream == nullptr)
    return gst_caps_new_any();  // asked while the pipeline is parsed
  GstCaps* caps = self_of(base)->feed->stream->caps.get();
  return filter != nullptr ? gst_caps_intersect(caps, filter) : gst_caps_ref(caps);
}

GstFlowReturn create(GstPushSrc* base, GstBuffer** buffer) {
  BenchSource* self = self_of(base);
  const Feed& feed = *self->feed;
  const std::size_t i = self->next++;
  if (i == feed.end) {
    if (feed.at_end) feed.at_end();
    return GST_FLOW_EOS;
  }
  if (self->shift == nullptr) self->shift = new mpq::bench::HeapShift();
  if (i == feed.first && feed.clock != nullptr) feed.clock->start();
  const auto& buffers = feed.stream->buffers;
  *buffer = gst_buffer_copy(buffers[i % buffers.size()].get());  // shares the memory
  GST_BUFFER_PTS(*buffer) = i * feed.stream->duration;
  GST_BUFFER_DURATION(*buffer) = feed.stream->duration;
  return GST_FLOW_OK;
}

void finalize(GObject* object) {
  delete self_of(object)->feed;
  delete self_of(object)->shift;
  G_OBJECT_CLASS(bench_source_parent_class)->finalize(object);
}

void bench_source_init(BenchSource* self) {
  self->feed = new Feed();
  gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
}

void bench_source_class_init(BenchSourceClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = finalize;
  GST_BASE_SRC_CLASS(klass)->start = start;
  GST_BASE_SRC_CLASS(klass)->get_caps = get_caps;
  GST_PUSH_SRC_CLASS(klass)->create = create;
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Benchmark source", "Source",
                                        "Sends preloaded buffers", "The mpq developers");
  static GstStaticPadTemplate pad =
      GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &pad);
}

}  // namespace

namespace mpq::bench {

void register_source() {
  gst_element_register(nullptr, "benchsource", GST_RANK_NONE, bench_source_get_type());
}

void set_feed(GstElement* source, const Feed& feed) {
  *self_of(source)->feed = feed;
}

}  // namespace mpq::bench
