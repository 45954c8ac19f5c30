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

GParamSpec* numbers_spec(const char* name, const char* blurb, double min, double max, Mutable when) {
  GParamSpec* const element = g_param_spec_double("number", "number", "One of them", min, max,
                                                  min > 0 ? min : 0, flags(Mutable::playing));
  return gst_param_spec_array(name, name, blurb, element, flags(when));
}

std::vector<double> get_numbers(const GValue* value) {
  std::vector<double> numbers;
  for (guint i = 0; i < gst_value_array_get_size(value); ++i) {
    const GValue* const item = gst_value_array_get_value(value, i);
    if (G_VALUE_HOLDS_DOUBLE(item)) numbers.push_back(g_value_get_double(item));
  }
  return numbers;
}

void set_numbers(GValue* value, const std::vector<double>& numbers) {
  for (const double number : numbers) {
    GValue item = G_VALUE_INIT;
    g_value_init(&item, G_TYPE_DOUBLE);
    g_value_set_double(&item, number);
    gst_value_array_append_and_take_value(value, &item);
  }
}

}  // namespace mpq::gst::detail
