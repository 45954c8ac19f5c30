// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/byte_sink.h"

#include <string_view>

namespace mpq::gst {
namespace {

bool changes_the_bytes(GstElement* element) {
  const char* klass = gst_element_get_metadata(element, GST_ELEMENT_METADATA_KLASS);
  return klass == nullptr || std::string_view(klass).find("Codec") != std::string_view::npos;
}

bool seeks_in_bytes(GstPad* sink) {
  const QueryPtr query(gst_query_new_seeking(GST_FORMAT_BYTES));
  gboolean seekable = FALSE;
  if (gst_pad_query(sink, query.get()))
    gst_query_parse_seeking(query.get(), nullptr, &seekable, nullptr, nullptr);
  return seekable != FALSE;
}

}  // namespace

bool leads_to_byte_sink(GstPad* src) {
  ObjectPtr<GstPad> sink(gst_pad_get_peer(src));
  while (sink != nullptr) {
    // Inside a bin, a ghost pad's other half has no element for its parent.
    const ObjectPtr<GstElement> element(gst_pad_get_parent_element(sink.get()));
    if (element != nullptr && changes_the_bytes(element.get())) return false;
    const ObjectPtr<GstPad> next(gst_pad_get_single_internal_link(sink.get()));
    if (next == nullptr) {
      return element != nullptr && GST_OBJECT_FLAG_IS_SET(element.get(), GST_ELEMENT_FLAG_SINK) &&
             seeks_in_bytes(sink.get());
    }
    sink.reset(gst_pad_get_peer(next.get()));
  }
  return false;
}

void rewrite_start(GstPad* src, BufferPtr header) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_BYTES);
  if (gst_pad_push_event(src, gst_event_new_segment(&segment))) gst_pad_push(src, header.release());
}

}  // namespace mpq::gst
