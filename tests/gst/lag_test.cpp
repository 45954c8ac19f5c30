// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/lag.h"

#include <gtest/gtest.h>

#include "gst/pointer.h"

namespace {

using mpq::gst::Lag;
using mpq::gst::LatePolicy;
using mpq::gst::LateSettings;

constexpr LateSettings drop{.late_policy = LatePolicy::drop, .max_lateness = 0};

// An element whose running time is about a second.
class LagTest : public testing::Test {
 protected:
  LagTest() : element_(gst_element_factory_make("identity", nullptr)), bus_(gst_bus_new()) {
    gst_object_ref_sink(element_.get());
    const mpq::gst::ObjectPtr<GstClock> clock(gst_system_clock_obtain());
    gst_element_set_clock(element_.get(), clock.get());
    gst_element_set_base_time(element_.get(), gst_clock_get_time(clock.get()) - GST_SECOND);
    gst_element_set_bus(element_.get(), bus_.get());
    gst_segment_init(&segment_, GST_FORMAT_TIME);
  }
  ~LagTest() override { gst_element_set_bus(element_.get(), nullptr); }

  bool is_late(GstClockTime time, const LateSettings& settings = drop) const {
    const mpq::gst::BufferPtr buffer(gst_buffer_new());
    GST_BUFFER_PTS(buffer.get()) = time;
    return lag_.is_late(element_.get(), segment_, buffer.get(), settings);
  }
  void send(GstEvent* event) {
    lag_.handle_event(event);
    gst_event_unref(event);
  }
  GstClockTime added() const {
    GstQuery* const query = gst_query_new_latency();
    gst_query_set_latency(query, TRUE, 5, GST_CLOCK_TIME_NONE);
    lag_.add_to(query);
    GstClockTime least = 0, most = 0;
    gst_query_parse_latency(query, nullptr, &least, &most);
    gst_query_unref(query);
    EXPECT_EQ(most, GST_CLOCK_TIME_NONE);
    return least - 5;
  }
  int messages(GstMessageType type) {
    int count = 0;
    while (GstMessage* message = gst_bus_pop_filtered(bus_.get(), type)) {
      gst_message_unref(message);
      ++count;
    }
    return count;
  }

  mpq::gst::ObjectPtr<GstElement> element_;
  mpq::gst::ObjectPtr<GstBus> bus_;
  GstSegment segment_{};
  Lag lag_;
};

TEST_F(LagTest, FramesBehindTheClockAreLateUnlessThePolicyBlocks) {
  EXPECT_TRUE(is_late(0));
  EXPECT_FALSE(is_late(0, {}));
  EXPECT_FALSE(is_late(3600 * GST_SECOND));
  EXPECT_FALSE(is_late(GST_CLOCK_TIME_NONE));
  EXPECT_FALSE(is_late(0, {.late_policy = LatePolicy::drop, .max_lateness = 3600 * GST_SECOND}));
}

TEST_F(LagTest, ThePipelinesLatencyIsTimeThatAFrameHas) {
  send(gst_event_new_latency(3600 * GST_SECOND));
  EXPECT_FALSE(is_late(0));
}

TEST_F(LagTest, WhatTheSinkFindsLateIsLateUntilAFlush) {
  const GstClockTime hour = 3600 * GST_SECOND;
  send(gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2, GST_SECOND, hour));
  EXPECT_TRUE(is_late(hour));
  EXPECT_FALSE(is_late(hour + GST_SECOND));
  send(gst_event_new_qos(GST_QOS_TYPE_OVERFLOW, 0.5, -GST_SECOND, hour));
  EXPECT_FALSE(is_late(hour));
  send(gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2, GST_SECOND, hour));
  lag_.flush();
  EXPECT_FALSE(is_late(hour));
}

TEST_F(LagTest, ReportsTheLatencyOfTheSlowestFrameButTheFirst) {
  EXPECT_EQ(added(), 0U);
  lag_.took(element_.get(), 10);
  EXPECT_EQ(added(), 0U);
  lag_.took(element_.get(), 0.1);
  EXPECT_NEAR(static_cast<double>(added()), 0.125e9, 1e3);
  EXPECT_EQ(messages(GST_MESSAGE_LATENCY), 1);
  lag_.took(element_.get(), 0.11);
  EXPECT_EQ(messages(GST_MESSAGE_LATENCY), 0);
  for (int i = 0; i < 200; ++i) lag_.took(element_.get(), 0.01);
  EXPECT_GE(added(), 12'500'000U);
  EXPECT_LT(added(), 60'000'000U);
}

TEST_F(LagTest, SaysWhatWasLeftOut) {
  const mpq::gst::BufferPtr buffer(gst_buffer_new());
  GST_BUFFER_PTS(buffer.get()) = 0;
  Lag::post_skipped(element_.get(), segment_, buffer.get(), 7, 3);
  GstMessage* const message = gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_QOS);
  ASSERT_NE(message, nullptr);
  GstFormat format = GST_FORMAT_UNDEFINED;
  guint64 processed = 0, skipped = 0;
  gst_message_parse_qos_stats(message, &format, &processed, &skipped);
  gint64 jitter = 0;
  gst_message_parse_qos_values(message, &jitter, nullptr, nullptr);
  gst_message_unref(message);
  EXPECT_EQ(format, GST_FORMAT_BUFFERS);
  EXPECT_EQ(processed, 7U);
  EXPECT_EQ(skipped, 3U);
  EXPECT_GT(jitter, static_cast<gint64>(GST_SECOND) / 2);
}

}  // namespace
