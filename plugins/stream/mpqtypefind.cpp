// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Tells typefind, and so decodebin, what a stream of the learned codecs looks like.
#include <gst/gst.h>

#include "gst/pointer.h"
#include "stream/frame.h"

namespace {

constexpr guint peeked = 31;  // the shortest frame

// Streams of a later version, too, go to the parser, which names the version that they need.
void find_type(GstTypeFind* find, gpointer) {
  const guint8* data = gst_type_find_peek(find, 0, peeked);
  if (data == nullptr) return;
  const std::span bytes(data, peeked);
  if (mpq::stream::find_start(bytes) != 0) return;
  const guint8 version = data[4], dimensions = data[11];
  const bool ours =
      version == mpq::stream::version && dimensions >= 1 && dimensions <= mpq::stream::max_dimensions;
  if (!ours && version <= mpq::stream::version) return;
  const mpq::gst::CapsPtr caps(gst_caps_new_empty_simple("application/x-mpq"));
  gst_type_find_suggest(find, ours ? GST_TYPE_FIND_MAXIMUM : GST_TYPE_FIND_LIKELY, caps.get());
}

// The factory takes a reference of its own: caps that were made for it alone would leak.
GstStaticCaps found_caps = GST_STATIC_CAPS("application/x-mpq");

}  // namespace

GST_TYPE_FIND_REGISTER_DEFINE(mpqtypefind, "application/x-mpq", GST_RANK_PRIMARY, find_type, "mpq",
                              gst_static_caps_get(&found_caps), nullptr, nullptr)
