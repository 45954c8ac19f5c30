// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/label_map.h"

namespace mpq::gst {
namespace {

constexpr const char* label_map_meta = "MpqLabelMapMeta";
constexpr const char* field = "map";

void register_label_map() {
  static const bool done = [] {
    const gchar* no_tags[] = {nullptr};
    return gst_meta_get_info(label_map_meta) != nullptr ||
           gst_meta_register_custom(label_map_meta, no_tags, nullptr, nullptr, nullptr) != nullptr;
  }();
  static_cast<void>(done);
}

}  // namespace

void attach_label_map(GstBuffer* buffer, GstSample* map) {
  register_label_map();
  gst_structure_set(gst_custom_meta_get_structure(gst_buffer_add_custom_meta(buffer, label_map_meta)), field,
                    GST_TYPE_SAMPLE, map, nullptr);
}

SamplePtr attached_label_map(GstBuffer* buffer) {
  register_label_map();
  GstCustomMeta* meta = gst_buffer_get_custom_meta(buffer, label_map_meta);
  GstSample* map = nullptr;
  if (meta != nullptr)
    gst_structure_get(gst_custom_meta_get_structure(meta), field, GST_TYPE_SAMPLE, &map, nullptr);
  return SamplePtr(map);
}

}  // namespace mpq::gst
