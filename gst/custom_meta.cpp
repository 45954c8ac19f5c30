// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/custom_meta.h"

namespace mpq::gst {
namespace {

gboolean keep_meta(GstBuffer* destination, GstCustomMeta* meta, GstBuffer*, GQuark, gpointer, gpointer) {
  GstStructure* const from = gst_custom_meta_get_structure(meta);
  GstCustomMeta* const copy = gst_buffer_add_custom_meta(destination, gst_structure_get_name(from));
  GstStructure* const to = gst_custom_meta_get_structure(copy);
  gst_structure_remove_all_fields(to);
  gst_structure_foreach(
      from,
      [](GQuark field, const GValue* value, gpointer target) -> gboolean {
        gst_structure_id_set_value(static_cast<GstStructure*>(target), field, value);
        return TRUE;
      },
      to);
  return TRUE;
}

}  // namespace

bool register_lasting_meta(const char* name) {
  const gchar* no_tags[] = {nullptr};
  if (gst_meta_get_info(name) == nullptr)
    gst_meta_register_custom(name, no_tags, keep_meta, nullptr, nullptr);
  return true;
}

}  // namespace mpq::gst
