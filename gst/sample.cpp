// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/sample.h"

#include "gst/custom_meta.h"

namespace mpq::gst {
namespace {

constexpr const char* sample_meta = "MpqSampleMeta";

void register_sample() {
  static const bool registered = register_lasting_meta(sample_meta);
  static_cast<void>(registered);
}

std::string sample_field(const GstStructure* structure, const char* name) {
  const char* const value = gst_structure_get_string(structure, name);
  return value != nullptr ? value : "";
}

}  // namespace

void attach_sample(GstBuffer* buffer, const Sample& sample) {
  register_sample();
  GstStructure* const s = gst_custom_meta_get_structure(gst_buffer_add_custom_meta(buffer, sample_meta));
  gst_structure_set(s, "name", G_TYPE_STRING, sample.name.c_str(), nullptr);
  if (!sample.label.empty()) gst_structure_set(s, "label", G_TYPE_STRING, sample.label.c_str(), nullptr);
  if (sample.index) gst_structure_set(s, "index", G_TYPE_INT, *sample.index, nullptr);
}

std::optional<Sample> attached_sample(GstBuffer* buffer) {
  register_sample();
  GstCustomMeta* const meta = gst_buffer_get_custom_meta(buffer, sample_meta);
  if (meta == nullptr) return std::nullopt;
  const GstStructure* const s = gst_custom_meta_get_structure(meta);
  Sample sample{sample_field(s, "name"), sample_field(s, "label"), {}};
  if (int index = 0; gst_structure_get_int(s, "index", &index)) sample.index = index;
  return sample;
}

}  // namespace mpq::gst
