// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/analytics.h"

#include <gst/analytics/analytics.h>
#include <gtest/gtest.h>

#include "gst/pointer.h"

namespace {

TEST(Analytics, ClassificationsAreGStreamersOwn) {
  const mpq::gst::BufferPtr buffer(gst_buffer_new());
  mpq::gst::attach_classification(buffer.get(), {{"bee", 0.75}, {"ant", 0.25}});
  mpq::gst::attach_classification(buffer.get(), {{"sunny", 1}});
  GstAnalyticsRelationMeta* const meta = gst_buffer_get_analytics_relation_meta(buffer.get());
  ASSERT_NE(meta, nullptr);
  EXPECT_EQ(gst_analytics_relation_get_length(meta), 2U);
  GstAnalyticsClsMtd classes{};
  ASSERT_TRUE(gst_analytics_relation_meta_get_cls_mtd(meta, 0, &classes));
  ASSERT_EQ(gst_analytics_cls_mtd_get_length(&classes), 2U);
  EXPECT_STREQ(g_quark_to_string(gst_analytics_cls_mtd_get_quark(&classes, 0)), "bee");
  EXPECT_FLOAT_EQ(gst_analytics_cls_mtd_get_level(&classes, 1), 0.25F);
}

}  // namespace
