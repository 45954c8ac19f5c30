// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Bounded lag for elements whose work may take longer than a live stream leaves them: which frames come too
// late, how much latency the element adds, and what becomes known of what was left out.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>

#include "gst/property.h"

namespace mpq::gst {

enum class LatePolicy {
  block,           ///< every frame is looked at, however late
  drop,            ///< late frames do not leave
  skip_inference,  ///< late frames leave with the previous result, marked stale
};

/// When a frame is late.
struct LateSettings {
  LatePolicy late_policy = LatePolicy::block;
  std::uint64_t max_lateness = 20 * GST_MSECOND;
};

/// The row of a settings struct that derives from LateSettings.
template <class Settings>
Property max_lateness_property() {
  return unsigned64("max-lateness", static_cast<std::uint64_t Settings::*>(&LateSettings::max_lateness), 0,
                    G_MAXINT64,
                    "Nanoseconds behind the clock (and the pipeline's latency) from which a frame is late",
                    Mutable::playing);
}

/// When a frame is due and what else its QoS message says; GST_CLOCK_TIME_NONE where that is not known.
struct FrameTimes {
  GstClockTime running_time = GST_CLOCK_TIME_NONE;  ///< when it is due
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;
  GstClockTime timestamp = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
};
FrameTimes frame_times(const GstSegment& segment, const GstBuffer* buffer);

/// Events and queries may come from any thread, frames from the streaming thread.
class Lag {
 public:
  /// Forgets what the sink found late; at a start and a flush.
  void flush() { earliest_ = 0; }

  /// An event from downstream: LATENCY (what the pipeline settled on) or QOS (what the sink found late).
  void handle_event(GstEvent* event);

  /// Adds the element's own time to a LATENCY query that upstream has answered.
  void add_to(GstQuery* query) const;

  /// Whether a frame that is about to be looked at would leave too late, by the clock or by what the sink
  /// says. Without a clock, or for a stream without times, nothing is late. `element` is the one that asks.
  bool is_late(GstElement* element, const FrameTimes& frame, const LateSettings& settings) const;
  bool is_late(GstElement* element, const GstSegment& segment, GstBuffer* buffer,
               const LateSettings& settings) const {
    return is_late(element, frame_times(segment, buffer), settings);
  }

  /// How long one frame took. Posts a latency message where the element's latency changed by that; the
  /// first frame, for which everything is made ready, does not count.
  void took(GstElement* element, double seconds);

  /// Posts a QoS message about a frame that was left out. `processed` and `skipped` are totals.
  static void post_skipped(GstElement* element, const FrameTimes& frame, std::uint64_t processed,
                           std::uint64_t skipped);
  static void post_skipped(GstElement* element, const GstSegment& segment, GstBuffer* buffer,
                           std::uint64_t processed, std::uint64_t skipped) {
    post_skipped(element, frame_times(segment, buffer), processed, skipped);
  }

 private:
  std::atomic<GstClockTime> pipeline_latency_{0};
  std::atomic<GstClockTime> earliest_{0};  ///< running time; what the sink would show before it is late
  std::atomic<GstClockTime> reported_{0};  ///< the element's own latency
  double peak_ = 0;                        ///< seconds; streaming thread only
  bool first_ = true;                      ///< streaming thread only
};

}  // namespace mpq::gst
