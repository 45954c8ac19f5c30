// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Base of every element that runs a model on a stream and passes the stream on, or puts what the model says
// in its place: loads before the stream starts, and keeps its lag bounded where the user asks for that.
#pragma once

#include <optional>

#include "gst/lag.h"
#include "gst/meter.h"
#include "gst/neural_settings.h"
#include "gst/stopwatch.h"

namespace mpq::gst {

/// Settings that every element that runs a model has.
struct TaskSettings : NeuralSettings, LateSettings {};

/// Rows for a settings struct that derives from TaskSettings.
template <class Settings>
std::vector<Property> task_properties() {
  using detail::inherited;
  auto all = neural_properties<Settings>();
  all.push_back(enumeration<Settings, LatePolicy>(
      "late-policy", inherited<Settings>(&LateSettings::late_policy), "MpqLatePolicy",
      {{LatePolicy::block, "block", "Look at every frame, however late"},
       {LatePolicy::drop, "drop", "Drop late frames"},
       {LatePolicy::skip_inference, "skip-inference", "Pass late frames on with the previous result"}},
      "What becomes of frames that come later than max-lateness; each is counted", Mutable::playing));
  all.push_back(max_lateness_property<Settings>());
  return all;
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
  /// else holds as well); a buffer of new_output() is to be filled. Throws Error.
  virtual void decorate(const Result&, GstBuffer*) {}

  /// Whether another stream leaves than the one that came. It answers the same from load() to unload(); caps
  /// are asked for before that, too. Any thread.
  virtual bool replaces_stream() const { return false; }
  /// What can be on the other pad for these caps of the pad with `direction`, where the stream is replaced.
  virtual CapsPtr other_caps(GstPadDirection, const GstCaps* caps) const {
    return CapsPtr(gst_caps_copy(caps));
  }
  /// A buffer for the stream that leaves, without times; decorate() fills it. Throws Error.
  virtual BufferPtr new_output() const { return nullptr; }

  void measure(GstBuffer* buffer) override { static_cast<void>(handle(buffer, buffer)); }

  std::vector<Result> pooled() const override;
  void reset_results() override;

  static KindInfo kind();

 protected:
  virtual LateSettings late_settings() const = 0;

  /// What was found so far fits no later frame: their size is another one. For set_caps().
  void forget_last() { last_.reset(); }

 private:
  struct Glue;
  /// `output` is `input`, or what new_output() made for it.
  GstFlowReturn handle(GstBuffer* input, GstBuffer* output);
  GstFlowReturn leave_out(GstBuffer* input, GstBuffer* output, LatePolicy policy);
  void publish(Result result, GstBuffer* buffer);

  Lag lag_;
  std::optional<Result> last_;  ///< streaming thread only
  std::uint64_t index_ = 0;     ///< streaming thread only

  // Guarded by state_mutex.
  Work work_;
  std::uint64_t late_ = 0;
};

}  // namespace mpq::gst
