// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/label_map.h"

namespace mpq::gst {
namespace {

constexpr const char* meta_name = "MpqLabelMapMeta";
constexpr const char* field = "map";

void register_meta() {
  static const bool done = [] {
    const gchar* no_tags[] = {nullptr};
    return gst_meta_get_info(meta_name) != nullptr ||
           gst_meta_register_custom(meta_name, no_tags, nullptr, nullptr, nullptr) != nullptr;
  }();
  static_cast<void>(done);
}

}  // namespace

void attach_label_map(GstBuffer* buffer, GstSample* map) {
  register_meta();
  gst_structure_set(gst_custom_meta_get_structure(gst_buffer_add_custom_meta(buffer, meta_name)), field,
                    GST_TYPE_SAMPLE, map, nullptr);
}

SamplePtr attached_label_map(GstBuffer* buffer) {
  register_meta();
  GstCustomMeta* meta = gst_buffer_get_custom_meta(buffer, meta_name);
  GstSample* map = nullptr;
  if (meta != nullptr)
    gst_structure_get(gst_custom_meta_get_structure(meta), field, GST_TYPE_SAMPLE, &map, nullptr);
  return SamplePtr(map);
}

}  // namespace mpq::gst
