// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What comes too late to be scored, how long scoring takes, and what is said of both.
#include "gst/full_reference_input.h"

namespace mpq::gst {

bool FullReference::leave_out(const FrameTimes& due, std::span<Input* const> inputs) {
  const auto settings = late_settings();
  if (!settings || !lag_.is_late(gobject(), due, *settings)) return false;
  std::uint64_t scored = 0, late = 0;
  {
    const std::lock_guard lock(state_mutex);
    for (Input* input : inputs) ++input->late;
    for (const auto& input : inputs_) {
      scored += input->scored;
      late += input->late;
    }
  }
  Lag::post_skipped(gobject(), due, scored, late);
  return true;
}

// Pictures are due when their reference is.
bool FullReference::leave_out(const Step& step) {
  const Head& reference = *step.used.front();
  std::vector<Input*> inputs;
  for (std::size_t i = 1; i < step.used.size(); ++i) inputs.push_back(step.used[i]->input);
  return leave_out(frame_times(reference.input->pad->segment, reference.buffer.get()), inputs);
}

// A window is due when its last sample is.
bool FullReference::leave_out(Input& input, const Window& window, std::size_t frames) {
  if (!window.running_time) return false;
  const GstClockTime length =
      gst_util_uint64_scale(frames, GST_SECOND, static_cast<guint64>(input.audio.rate));
  FrameTimes due{.running_time = static_cast<GstClockTime>(*window.running_time) + length,
                 .duration = length};
  if (window.stream_time) due.stream_time = static_cast<GstClockTime>(*window.stream_time);
  Input* const one = &input;
  return leave_out(due, std::span(&one, 1));
}

void FullReference::took(const Stopwatch& watch, std::size_t scores) {
  if (!late_settings()) return;
  const double seconds = watch.seconds();
  {
    const std::lock_guard lock(state_mutex);
    work_.frames += scores;
    work_.units += static_cast<double>(scores);
    work_.seconds += seconds;
  }
  lag_.took(gobject(), seconds);
}

void FullReference::describe_lag(const Input& input, Result& result) const {
  if (late_settings())
    result.details.emplace_back(input.is_audio() ? "late-windows" : "late-frames",
                                static_cast<double>(input.late));
}

std::optional<Result> FullReference::speed() const {
  if (!late_settings()) return std::nullopt;
  Result speed = new_result("speed", Scope::pooled, "frame/s");
  work_.describe(speed, 1);
  double late = 0;
  for (const auto& input : inputs_) late += static_cast<double>(input->late);
  speed.details.emplace_back("late-frames", late);
  return speed;
}

}  // namespace mpq::gst
