// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/analytics.h"

#include <gst/analytics/analytics.h>

namespace mpq::gst {

void attach_classification(GstBuffer* buffer, const std::vector<ClassScore>& scores) {
  std::vector<gfloat> levels;
  std::vector<GQuark> classes;
  for (const ClassScore& score : scores) {
    levels.push_back(static_cast<gfloat>(score.probability));
    classes.push_back(g_quark_from_string(score.label.c_str()));
  }
  GstAnalyticsRelationMeta* meta = gst_buffer_get_analytics_relation_meta(buffer);
  if (meta == nullptr) meta = gst_buffer_add_analytics_relation_meta(buffer);
  GstAnalyticsClsMtd added{};
  gst_analytics_relation_meta_add_cls_mtd(meta, levels.size(), levels.data(), classes.data(), &added);
}

}  // namespace mpq::gst
