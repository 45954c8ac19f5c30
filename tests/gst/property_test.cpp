// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/property.h"

#include <gtest/gtest.h>

#include "support/pipeline.h"

namespace {

using mpq::test::Pipeline;

TEST(Properties, HaveTheDefaultOfTheSettingsStruct) {
  const Pipeline p("mpqjpegenc name=e");
  int quality = 0;
  g_object_get(p.element("e").get(), "quality", &quality, nullptr);
  EXPECT_EQ(quality, 5);
}

TEST(Properties, AreSetAndReadBack) {
  const Pipeline p("mpqjpegenc name=e quality=77 subsampling=444 progressive=true");
  int quality = 0, subsampling = 0;
  gboolean progressive = FALSE;
  g_object_get(p.element("e").get(), "quality", &quality, "subsampling", &subsampling, "progressive",
               &progressive, nullptr);
  EXPECT_EQ(quality, 77);
  EXPECT_EQ(subsampling, 2);
  EXPECT_TRUE(progressive);
}

TEST(Properties, OutOfRangeInALaunchLineIsRefused) {
  EXPECT_THROW(Pipeline("mpqjpegenc subsampling=999"), std::runtime_error);
}

TEST(Properties, EveryElementDescribesEveryPropertyOfItsOwn) {
  GstPlugin* plugin = gst_registry_find_plugin(gst_registry_get(), "mpqconventional");
  ASSERT_NE(plugin, nullptr);
  GList* features = gst_registry_get_feature_list_by_plugin(gst_registry_get(), "mpqconventional");
  for (GList* item = features; item != nullptr; item = item->next) {
    if (!GST_IS_ELEMENT_FACTORY(item->data)) continue;  // a type finder
    const mpq::gst::ObjectPtr<GstElement> element(
        gst_element_factory_create(GST_ELEMENT_FACTORY(item->data), nullptr));
    ASSERT_NE(element, nullptr);
    guint count = 0;
    GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element.get()), &count);
    for (guint i = 0; i < count; ++i)
      EXPECT_GT(strlen(g_param_spec_get_blurb(specs[i])), 10U) << specs[i]->name;
    g_free(specs);
  }
  gst_plugin_feature_list_free(features);
  gst_object_unref(plugin);
}

}  // namespace
