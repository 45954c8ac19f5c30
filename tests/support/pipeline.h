// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs gst-launch lines inside tests and keeps what they said: buffers, results, warnings, the error.
#pragma once

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "gst/pointer.h"

namespace mpq::test {

/// What is left of a buffer that reached an appsink.
struct Received {
  GstClockTime pts = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
  std::vector<std::uint8_t> bytes;
  std::string caps;
  gst::BufferPtr buffer;  ///< for its metas
};

/// A pipeline from a launch line; stopped and freed at the end of its scope.
class Pipeline {
 public:
  /// Throws std::runtime_error where the line cannot be parsed.
  explicit Pipeline(const std::string& launch_line);
  ~Pipeline();

  GstElement* get() const { return pipeline_.get(); }
  /// A named element, with a reference.
  gst::ObjectPtr<GstElement> element(const std::string& name) const;

  bool set_state(GstState state);
  /// To PLAYING, until EOS, an error, or `seconds` (six times as many under sanitizers) have passed, which is
  /// reported as an error. True where it ended with EOS.
  bool run(int seconds = 30);
  /// Handles messages until EOS or an error, like run(), without a state change.
  bool wait(int seconds = 30);

  /// The next buffer of the appsink called `name`; nothing at EOS or when none comes in 10 s.
  std::optional<Received> pull(const std::string& name = "out");
  /// Buffers that the appsink called `name` has queued, until it is at EOS.
  std::vector<Received> pull_all(const std::string& name = "out");

  const std::string& error() const { return error_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::vector<std::string>& infos() const { return infos_; }
  const std::vector<Result>& results() const { return results_; }
  /// The last pooled result of a metric, and of an input where one is named.
  std::optional<Result> pooled(const std::string& metric, const std::string& input = {}) const;

 private:
  void handle(GstMessage* message);
  void let_eos_pass();

  gst::ObjectPtr<GstElement> pipeline_;
  std::string error_;
  std::vector<std::string> warnings_, infos_;
  std::vector<Result> results_;
};

/// Pushes a buffer with these bytes and times into an appsrc of the pipeline.
void push(const Pipeline& pipeline, const std::string& appsrc, const void* data, std::size_t size,
          GstClockTime pts, GstClockTime duration = GST_CLOCK_TIME_NONE);
void end_of_stream(const Pipeline& pipeline, const std::string& appsrc);

/// The least latency that an element's src pad answers, in nanoseconds; nothing where it answers none.
std::optional<GstClockTime> latency_of(const Pipeline& pipeline, const std::string& element);

/// Whether GStreamer has the element; tests that pair with stock elements skip without it.
bool has_element(const std::string& factory);

/// A detail of a result, NaN where it has none of that name.
inline double detail(const Result& result, const std::string& name) {
  return find_detail(result, name).value_or(std::numeric_limits<double>::quiet_NaN());
}

}  // namespace mpq::test

#define MPQ_REQUIRE_ELEMENT(factory) \
  if (!::mpq::test::has_element(factory)) GTEST_SKIP() << "needs the GStreamer element " << (factory)
