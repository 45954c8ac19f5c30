// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Audio of full-reference metrics: paired samples gather in windows, which are scored one by one.
#include <algorithm>

#include "gst/full_reference_input.h"

namespace mpq::gst {
namespace {

std::int64_t to_time(std::int64_t samples, int rate) {
  return static_cast<std::int64_t>(
      gst_util_uint64_scale(static_cast<guint64>(samples), GST_SECOND, static_cast<guint64>(rate)));
}

// Samples before running time 0 have no time that a result could state.
template <class Window>
void set_window_times(Window& window, int rate, const GstSegment& segment) {
  if (window.start < 0) return;
  window.running_time = to_time(window.start, rate);
  const guint64 position = gst_segment_position_from_running_time(&segment, GST_FORMAT_TIME,
                                                                  static_cast<guint64>(*window.running_time));
  if (position == GST_CLOCK_TIME_NONE) return;
  const guint64 time = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, position);
  if (time != GST_CLOCK_TIME_NONE) window.stream_time = static_cast<std::int64_t>(time);
}

}  // namespace

void FullReference::gather_audio(const Step& step) {
  const auto unused = [](const Head& head, const ReadMap& map) {
    return map.data() + head.input->consumed * static_cast<std::size_t>(head.input->audio.bpf);
  };
  const Head& reference = *step.used.front();
  const ReadMap reference_map(reference.buffer.get());
  for (std::size_t i = 1; i < step.used.size(); ++i) {
    const Head& head = *step.used[i];
    const ReadMap map(head.buffer.get());
    add_samples(*head.input, step, unused(reference, reference_map), unused(head, map));
  }
}

void FullReference::add_samples(Input& input, const Step& step, const guint8* reference,
                                const guint8* distorted) {
  const auto frame_size = static_cast<std::size_t>(input.audio.bpf);
  const auto capacity = static_cast<std::int64_t>(
      std::max<guint64>(1, gst_util_uint64_scale_round(pairing_settings().window,
                                                       static_cast<guint64>(input.audio.rate), GST_SECOND)));
  Window& window = input.window;
  for (std::int64_t done = 0; done < step.length;) {
    const std::int64_t position = step.start + done;
    auto held = static_cast<std::int64_t>(window.reference.size() / frame_size);
    if (held > 0 && (held >= capacity || position != window.start + held)) {
      finish_window(input);
      held = 0;
    }
    if (held == 0) {
      window.start = position;
      set_window_times(window, input.audio.rate, step.used.front()->input->pad->segment);
    }
    const std::int64_t count = std::min(step.length - done, capacity - held);
    const auto first = static_cast<std::size_t>(done) * frame_size;
    const auto last = static_cast<std::size_t>(done + count) * frame_size;
    window.reference.insert(window.reference.end(), reference + first, reference + last);
    window.distorted.insert(window.distorted.end(), distorted + first, distorted + last);
    done += count;
    if (held + count == capacity) finish_window(input);
  }
}

void FullReference::finish_window(Input& input) {
  Window window = std::move(input.window);
  input.window = {};
  if (window.empty()) return;
  const std::size_t frames = window.reference.size() / static_cast<std::size_t>(input.audio.bpf);
  if (leave_out(input, window, frames)) return;
  const Stopwatch watch;
  Result result = compare_audio(input.number, window.reference.data(), window.distorted.data(), frames);
  took(watch, 1);
  result.running_time = window.running_time;
  result.stream_time = window.stream_time;
  result.duration = to_time(static_cast<std::int64_t>(frames), input.audio.rate);
  publish(std::move(result), input);
}

void FullReference::finish_windows() {
  for (const auto& input : inputs_) finish_window(*input);
}

}  // namespace mpq::gst
