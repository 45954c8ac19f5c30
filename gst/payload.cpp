// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/payload.h"

namespace mpq::gst {
namespace {

// Not a GstCustomMeta: on each packet of audio its structure would cost as much as pushing the packet.
struct PayloadMeta {
  GstMeta meta;
  Payload payload;
  gsize buffer_bytes;
};

PayloadMeta* as_payload(GstMeta* meta) {
  return reinterpret_cast<PayloadMeta*>(meta);
}

gboolean init(GstMeta* meta, gpointer, GstBuffer*) {
  as_payload(meta)->payload = {};
  as_payload(meta)->buffer_bytes = 0;
  return TRUE;
}

const GstMetaInfo* meta_info();

// It survives copies only, those of a part of the buffer included.
gboolean transform(GstBuffer* destination, GstMeta* meta, GstBuffer*, GQuark type, gpointer) {
  if (!GST_META_TRANSFORM_IS_COPY(type)) return FALSE;
  PayloadMeta* copy = as_payload(gst_buffer_add_meta(destination, meta_info(), nullptr));
  copy->payload = as_payload(meta)->payload;
  copy->buffer_bytes = as_payload(meta)->buffer_bytes;
  return TRUE;
}

const GstMetaInfo* meta_info() {
  static const GstMetaInfo* const info = [] {
    const gchar* no_tags[] = {nullptr};
    const GType api = gst_meta_api_type_register("MpqPayloadMetaAPI", no_tags);
    return gst_meta_register(api, "MpqPayloadMeta", sizeof(PayloadMeta), init, nullptr, transform);
  }();
  return info;
}

}  // namespace

void attach_payload(GstBuffer* buffer, const Payload& payload) {
  PayloadMeta* meta = as_payload(gst_buffer_add_meta(buffer, meta_info(), nullptr));
  meta->payload = payload;
  meta->buffer_bytes = gst_buffer_get_size(buffer);
}

std::optional<Payload> attached_payload(GstBuffer* buffer) {
  const PayloadMeta* meta = as_payload(gst_buffer_get_meta(buffer, meta_info()->api));
  if (meta == nullptr || meta->buffer_bytes != gst_buffer_get_size(buffer)) return std::nullopt;
  return meta->payload;
}

}  // namespace mpq::gst
