// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/publisher.h"

#include "core/error.h"
#include "core/text.h"
#include "gst/custom_meta.h"

namespace mpq::gst {
namespace {

constexpr const char* result_meta = "MpqResultMeta";
constexpr const char* structure_name = "mpq-result";

guint64 or_none(const std::optional<std::int64_t>& time) {
  return time ? static_cast<guint64>(*time) : GST_CLOCK_TIME_NONE;
}

std::optional<std::int64_t> time_field(const GstStructure* s, const char* name) {
  guint64 time = GST_CLOCK_TIME_NONE;
  gst_structure_get_uint64(s, name, &time);
  return time == GST_CLOCK_TIME_NONE ? std::nullopt
                                     : std::optional<std::int64_t>(static_cast<std::int64_t>(time));
}

std::string result_field(const GstStructure* s, const char* name) {
  const char* value = gst_structure_get_string(s, name);
  if (value == nullptr) throw Error(ErrorCode::corrupt_data, text("a result has no field \"", name, "\""));
  return value;
}

// A result still describes its frame after a scaling or a colour conversion.
void register_result() {
  static const bool registered = register_lasting_meta(result_meta);
  static_cast<void>(registered);
}

void fill(GstStructure* s, const Result& r) {
  const StructurePtr details(gst_structure_new_empty("details"));
  for (const auto& [name, value] : r.details)
    gst_structure_set(details.get(), name.c_str(), G_TYPE_DOUBLE, value, nullptr);
  gst_structure_set(s, "schema", G_TYPE_INT, result_schema_version, "element", G_TYPE_STRING,
                    r.element.c_str(), "metric", G_TYPE_STRING, r.metric.c_str(), "scope", G_TYPE_STRING,
                    r.scope == Scope::frame ? "frame" : "pooled", "input", G_TYPE_STRING, r.input.c_str(),
                    "index", G_TYPE_UINT64, r.index, "stream-time", G_TYPE_UINT64, or_none(r.stream_time),
                    "running-time", G_TYPE_UINT64, or_none(r.running_time), "duration", G_TYPE_UINT64,
                    or_none(r.duration), "value", G_TYPE_DOUBLE, r.value, "unit", G_TYPE_STRING,
                    r.unit.c_str(), "details", GST_TYPE_STRUCTURE, details.get(), nullptr);
  if (!r.label.empty()) gst_structure_set(s, "label", G_TYPE_STRING, r.label.c_str(), nullptr);
}

}  // namespace

StructurePtr to_structure(const Result& result) {
  StructurePtr s(gst_structure_new_empty(structure_name));
  fill(s.get(), result);
  return s;
}

StructurePtr to_structure(const std::vector<Result>& results) {
  StructurePtr all(gst_structure_new_empty("mpq-results"));
  GValue list = G_VALUE_INIT;
  g_value_init(&list, GST_TYPE_LIST);
  for (const auto& result : results) {
    GValue item = G_VALUE_INIT;
    g_value_init(&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&item, to_structure(result).release());
    gst_value_list_append_and_take_value(&list, &item);
  }
  gst_structure_take_value(all.get(), "results", &list);
  return all;
}

Result from_structure(const GstStructure* s) {
  if (!gst_structure_has_field(s, "schema") || !gst_structure_has_field(s, "value")) {
    throw Error(ErrorCode::corrupt_data,
                text("the structure \"", gst_structure_get_name(s), "\" is no result"));
  }
  Result r;
  r.element = result_field(s, "element");
  r.metric = result_field(s, "metric");
  r.scope = result_field(s, "scope") == "pooled" ? Scope::pooled : Scope::frame;
  r.input = result_field(s, "input");
  r.unit = result_field(s, "unit");
  if (gst_structure_has_field(s, "label")) r.label = result_field(s, "label");
  gst_structure_get_uint64(s, "index", &r.index);
  gst_structure_get_double(s, "value", &r.value);
  r.stream_time = time_field(s, "stream-time");
  r.running_time = time_field(s, "running-time");
  r.duration = time_field(s, "duration");
  if (const GValue* details = gst_structure_get_value(s, "details");
      details != nullptr && GST_VALUE_HOLDS_STRUCTURE(details)) {
    gst_structure_foreach(
        gst_value_get_structure(details),
        [](GQuark field, const GValue* value, gpointer target) -> gboolean {
          if (G_VALUE_HOLDS_DOUBLE(value)) {
            static_cast<Result*>(target)->details.emplace_back(g_quark_to_string(field),
                                                               g_value_get_double(value));
          }
          return TRUE;
        },
        &r);
  }
  return r;
}

void attach_result(GstBuffer* buffer, const Result& result) {
  register_result();
  fill(gst_custom_meta_get_structure(gst_buffer_add_custom_meta(buffer, result_meta)), result);
}

std::vector<Result> attached_results(GstBuffer* buffer) {
  register_result();
  std::vector<Result> results;
  gpointer state = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta(buffer, &state)) {
    if (!gst_meta_info_is_custom(meta->info)) continue;
    auto* custom = reinterpret_cast<GstCustomMeta*>(meta);
    if (gst_custom_meta_has_name(custom, result_meta)) {
      results.push_back(from_structure(gst_custom_meta_get_structure(custom)));
    }
  }
  return results;
}

void Publisher::set_location(std::string location) {
  const std::lock_guard lock(mutex_);
  location_ = std::move(location);
}

std::string Publisher::location() const {
  const std::lock_guard lock(mutex_);
  return location_;
}

void Publisher::open() {
  const std::lock_guard lock(mutex_);
  writer_ = location_.empty() ? nullptr : std::make_unique<ResultWriter>(location_);
  writing_ = writer_ != nullptr;
}

void Publisher::close() {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  writer_.reset();
}

void Publisher::publish(GstElement* element, const Result& result) {
  if (writing_) {
    const std::lock_guard lock(mutex_);
    if (writer_ != nullptr) writer_->write(result);
  }
  if (post_messages_) {
    gst_element_post_message(element,
                             gst_message_new_element(GST_OBJECT(element), to_structure(result).release()));
  }
}

}  // namespace mpq::gst
