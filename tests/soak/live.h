// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// One live pipeline that counts what goes in, what comes out and how late.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "gst/pointer.h"
#include "lines.h"

namespace mpq::test {

struct Counts {
  std::uint64_t sent = 0, received = 0;  ///< bytes of raw pictures or samples
  double explained = 0;                  ///< pictures or samples that the elements said are missing
  std::uint64_t unit = 0;                ///< bytes of a picture, or of a sample of all channels
};

/// From its construction to finish() it runs. Any thread of GStreamer's writes, one thread reads.
class Live {
 public:
  /// Starts it. Throws std::runtime_error where it cannot be built.
  explicit Live(const Line& line);
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  /// Seconds since it started.
  double age() const;
  /// The most that anything came late to the sink since the last call, in seconds.
  double take_worst_lag() { return worst_lag_.exchange(0); }
  /// What went wrong, or empty.
  std::string error() const;
  /// Ends the stream and waits until everything has come through.
  Counts finish();

 private:
  static GstBusSyncReply handle(GstBus* bus, GstMessage* message, gpointer self);
  static GstPadProbeReturn at_source(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  static GstPadProbeReturn at_sink(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  void watch(const char* element, const char* pad, GstPadProbeCallback probe);
  void keep(GstMessage* message);

  gst::ObjectPtr<GstElement> pipeline_;
  gint64 started_;
  std::atomic<std::uint64_t> sent_{0}, received_{0}, unit_{0};
  std::atomic<double> worst_lag_{0};

  mutable std::mutex mutex_;  // guards what follows
  std::string error_;
  double explained_ = 0;
  bool ended_ = false;
};

}  // namespace mpq::test
