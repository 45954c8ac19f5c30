// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/property.h"

namespace mpq::gst::detail {

GParamFlags flags(Mutable when) {
  const int mutability = when == Mutable::playing ? GST_PARAM_MUTABLE_PLAYING : GST_PARAM_MUTABLE_READY;
  return static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | mutability);
}

GType enum_type(const char* type_name, const std::vector<EnumValue<int>>& values) {
  if (const GType known = g_type_from_name(type_name); known != 0) return known;
  // GLib keeps the table as long as the process lives, as it does the type.
  auto* table = g_new0(GEnumValue, values.size() + 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    table[i] = {values[i].value, values[i].description, values[i].nick};
  }
  const GType type = g_enum_register_static(type_name, table);  // NOLINT(clang-analyzer-unix.Malloc)
  gst_type_mark_as_plugin_api(type, static_cast<GstPluginAPIFlags>(0));
  return type;  // NOLINT(clang-analyzer-unix.Malloc)
}

}  // namespace mpq::gst::detail
