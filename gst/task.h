// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Base of every element that runs a model on a stream and passes the stream on: loads before the stream
// starts, and keeps its lag bounded where the user asks for that.
#pragma once

#include <optional>

#include "gst/lag.h"
#include "gst/meter.h"
#include "gst/stopwatch.h"
#include "nn/options.h"

namespace mpq::gst {

/// Settings that every element with a network has.
struct NeuralSettings : LateSettings {
  std::string model_file;
  std::string device = "cpu";
  nn::Precision precision = nn::Precision::automatic;
  int threads = 0;

  nn::Options options() const { return {device, precision, threads}; }
};

namespace detail {

/// A member of a base class as one of the class itself, for the property table.
template <class Settings, class Base, class Member>
Member Settings::*inherited(Member Base::*member) {
  return static_cast<Member Settings::*>(member);
}

}  // namespace detail

/// Rows for a settings struct that derives from NeuralSettings.
template <class Settings>
std::vector<Property> neural_properties() {
  using detail::inherited;
  return {
      string("model-file", inherited<Settings>(&NeuralSettings::model_file),
             "Weights: a file, or a name of the model store (mpq-models list)"),
      string("device", inherited<Settings>(&NeuralSettings::device), "Where to compute: cpu, cuda, cuda:N"),
      enumeration<Settings, nn::Precision>(
          "precision", inherited<Settings>(&NeuralSettings::precision), "MpqPrecision",
          {{nn::Precision::automatic, "auto", "bfloat16 where this machine is faster with it"},
           {nn::Precision::float32, "float32", "32-bit floating point"},
           {nn::Precision::bfloat16, "bfloat16", "16-bit floating point in the matrix products"}},
          "Type of the matrix products"),
      integer("threads", inherited<Settings>(&NeuralSettings::threads), 0, 1024,
              "Threads for one inference (0 = one for each processor)"),
      enumeration<Settings, LatePolicy>(
          "late-policy", inherited<Settings>(&LateSettings::late_policy), "MpqLatePolicy",
          {{LatePolicy::block, "block", "Look at every frame, however late"},
           {LatePolicy::drop, "drop", "Drop late frames"},
           {LatePolicy::skip_inference, "skip-inference", "Pass late frames on with the previous result"}},
          "What becomes of frames that come later than max-lateness; each is counted", Mutable::playing),
      unsigned64("max-lateness", inherited<Settings>(&LateSettings::max_lateness), 0, G_MAXINT64,
                 "Nanoseconds behind the clock (and the pipeline's latency) from which a frame is late",
                 Mutable::playing)};
}

class Task : public Meter {
 public:
  /// Loads and validates what the settings name, in NULL to READY. Throws Error.
  virtual void load() = 0;
  /// Lets go of it, in READY to NULL.
  virtual void unload() = 0;

  /// Looks at a frame and says what it found, without its times and index. Throws Error.
  virtual Result infer(GstBuffer* buffer) = 0;

  /// Adds to a picture that leaves what its result, perhaps a stale one, calls for: metas of other kinds, and
  /// text or colours where the user asks for them (mapping the buffer for writing copies memory that somebody
  /// else holds as well). Throws Error.
  virtual void decorate(const Result&, GstBuffer*) {}

  void measure(GstBuffer* buffer) override { static_cast<void>(handle(buffer)); }

  std::vector<Result> pooled() const override;
  void reset_results() override;

  static KindInfo kind();

 protected:
  virtual NeuralSettings neural_settings() const = 0;

 private:
  struct Glue;
  GstFlowReturn handle(GstBuffer* buffer);
  GstFlowReturn leave_out(GstBuffer* buffer, LatePolicy policy);
  void publish(Result result, GstBuffer* buffer);

  Lag lag_;
  std::optional<Result> last_;  ///< streaming thread only
  std::uint64_t index_ = 0;     ///< streaming thread only

  // Guarded by state_mutex.
  Work work_;
  std::uint64_t late_ = 0;
};

}  // namespace mpq::gst
