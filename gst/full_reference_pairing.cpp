// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What belongs together: the next buffer of every pad, where it lies, and which of them are used next.
#include <algorithm>
#include <cstdlib>

#include "core/text.h"
#include "gst/full_reference_input.h"

namespace mpq::gst {
namespace {

std::int64_t running_time(const GstSegment& segment, GstClockTime pts) {
  guint64 time = 0;
  const int sign = gst_segment_to_running_time_full(&segment, GST_FORMAT_TIME, pts, &time);
  return sign < 0 ? -static_cast<std::int64_t>(time) : static_cast<std::int64_t>(time);
}

std::int64_t to_samples(std::int64_t nanoseconds, int rate) {
  const auto scaled = gst_util_uint64_scale_round(static_cast<guint64>(std::llabs(nanoseconds)),
                                                  static_cast<guint64>(rate), GST_SECOND);
  return nanoseconds < 0 ? -static_cast<std::int64_t>(scaled) : static_cast<std::int64_t>(scaled);
}

bool is_gap(GstBuffer* buffer) {
  return gst_buffer_get_size(buffer) == 0 && GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP);
}

template <class Input>
[[noreturn]] void mismatch(const Input& one, const Input& other, const std::string& remedy) {
  throw Error(ErrorCode::mismatch,
              text(one.pad_name, " differs from ", other.pad_name, ": ", to_string(one.caps.get()),
                   " against ", to_string(other.caps.get())),
              remedy);
}

}  // namespace

std::vector<ObjectPtr<GstAggregatorPad>> FullReference::sink_pads() const {
  std::vector<ObjectPtr<GstAggregatorPad>> pads;
  GST_OBJECT_LOCK(base());
  for (GList* item = GST_ELEMENT(base())->sinkpads; item != nullptr; item = item->next) {
    pads.emplace_back(GST_AGGREGATOR_PAD(gst_object_ref(item->data)));
  }
  GST_OBJECT_UNLOCK(base());
  std::sort(pads.begin(), pads.end(), [](const auto& a, const auto& b) {
    return pad_rank(GST_PAD(a.get())) < pad_rank(GST_PAD(b.get()));
  });
  return pads;
}

FullReference::Input& FullReference::input_for(GstAggregatorPad* pad) {
  const guint64 rank = pad_rank(GST_PAD(pad));
  auto place = std::lower_bound(inputs_.begin(), inputs_.end(), rank,
                                [](const auto& input, guint64 r) { return input->rank < r; });
  if (place == inputs_.end() || (*place)->rank != rank) {
    const std::lock_guard lock(state_mutex);
    place = inputs_.insert(place, std::make_unique<Input>());
    (*place)->pad_name = GST_PAD_NAME(pad);
    (*place)->rank = rank;
    (*place)->number = inputs_.size() - 1;
  }
  Input& input = **place;
  if (input.pad.get() != pad) {  // new, or released and requested again
    input.pad.reset(GST_AGGREGATOR_PAD(gst_object_ref(pad)));
    input.forget_position();
  }
  return input;
}

// Fills in every pad's head, the reference's first. False: some pad has nothing yet.
bool FullReference::collect_heads(std::vector<Head>& heads) {
  const auto pads = sink_pads();
  carrier_ = pads.size() > 1 ? &input_for(pads[1].get()) : nullptr;
  for (const auto& pad : pads) {
    Head& head = heads.emplace_back();
    head.input = &input_for(pad.get());
    head.buffer.reset(gst_aggregator_pad_peek_buffer(pad.get()));
    if (head.buffer == nullptr) {
      if (gst_aggregator_pad_is_eos(pad.get())) continue;
      return false;
    }
    if (is_gap(head.buffer.get())) {
      pass_gap(head);
      return false;
    }
    read_caps(*head.input);
    locate(head);
  }
  require_one_kind(heads);
  return true;
}

void FullReference::require_one_kind(const std::vector<Head>& heads) {
  const Head* first = nullptr;
  for (const Head& head : heads) {
    if (head.buffer == nullptr) continue;
    if (first == nullptr) first = &head;
    if (head.input->is_audio() != first->input->is_audio()) {
      mismatch(*head.input, *first->input,
               "Connect streams of one kind: pictures with pictures, audio with audio");
    }
  }
}

// Caps apply to the buffers behind them: what was gathered under the old ones is scored first.
void FullReference::read_caps(Input& input) {
  if (input.caps == nullptr) {
    throw Error(ErrorCode::unsupported, text(input.pad_name, " got data without caps"),
                "Set the caps of its source");
  }
  if (input.read.get() == input.caps.get()) return;
  if (input.number == 0)
    finish_windows();
  else
    finish_window(input);
  GstVideoInfo video{};
  GstAudioInfo audio{};
  const bool known = gst_structure_has_name(gst_caps_get_structure(input.caps.get(), 0), "audio/x-raw")
                         ? gst_audio_info_from_caps(&audio, input.caps.get())
                         : gst_video_info_from_caps(&video, input.caps.get());
  if (!known) {
    throw Error(ErrorCode::unsupported,
                text(input.pad_name, " has unusable caps: ", to_string(input.caps.get())));
  }
  const std::lock_guard lock(state_mutex);
  if (audio.rate != input.audio.rate) input.next_sample = -1;
  input.video = video;
  input.audio = audio;
  input.read.reset(gst_caps_ref(input.caps.get()));
}

void FullReference::locate(Head& head) const {
  Input& input = *head.input;
  const GstSegment& segment = input.pad->segment;
  const GstClockTime pts = GST_BUFFER_PTS(head.buffer.get());
  if (input.head != head.buffer.get()) {
    input.head = head.buffer.get();
    input.consumed = 0;
  }
  const bool goes_on = input.is_audio() && input.next_sample >= 0;
  if (segment.format != GST_FORMAT_TIME || (!GST_CLOCK_TIME_IS_VALID(pts) && !goes_on)) {
    throw Error(ErrorCode::unsupported,
                text("A buffer without a timestamp arrived on ", input.pad_name, " and cannot be paired"),
                "Give the stream timestamps: a parser, videorate or audiorate behind its source does, or "
                "format=time and do-timestamp=true on an appsrc");
  }
  if (!input.is_audio()) {
    head.start = running_time(segment, pts);
    return;
  }
  const auto used = static_cast<std::int64_t>(input.consumed);
  const auto frames = static_cast<std::int64_t>(gst_buffer_get_size(head.buffer.get())) / input.audio.bpf;
  head.start = GST_CLOCK_TIME_IS_VALID(pts) ? to_samples(running_time(segment, pts), input.audio.rate) + used
                                            : input.next_sample;
  // Timestamps are rounded, to nanoseconds or by a container: a contiguous stream goes on where it stopped.
  const auto tolerance = static_cast<std::int64_t>(pairing_settings().tolerance);
  const std::int64_t slack = std::max<std::int64_t>(1, to_samples(tolerance, input.audio.rate));
  if (goes_on && std::llabs(head.start - input.next_sample) <= slack) head.start = input.next_sample;
  head.end = head.start + frames - used;
}

// First whatever lies before the reference, alone; then the reference, and those near enough to it.
FullReference::Step FullReference::picture_step(std::vector<Head>& heads) const {
  Step step;
  Head& reference = heads.front();
  const auto tolerance = static_cast<std::int64_t>(pairing_settings().tolerance);
  for (Head& head : heads) {
    if (head.buffer == nullptr || &head == &reference) continue;
    if (reference.buffer == nullptr || reference.start - head.start > tolerance) step.used.push_back(&head);
  }
  if (!step.used.empty()) return step;
  step.with_reference = true;
  for (Head& head : heads) {
    if (head.buffer != nullptr && head.start - reference.start <= tolerance) step.used.push_back(&head);
  }
  return step;
}

// Whether the one ends, within a sample, before the other begins; their rates may differ.
bool FullReference::ends_before(const Head& one, const Head& other) {
  const std::int64_t rate = one.input->audio.rate, other_rate = other.input->audio.rate;
  return (one.end - 1) * other_rate <= other.start * rate;
}

// The earliest samples, as far as the same heads have them. Positions at another rate than the reference's
// mean nothing beside it: such a head goes alone where it is over in time, waits where it is to come, and is
// an error where it overlaps.
FullReference::Step FullReference::audio_step(std::vector<Head>& heads) const {
  Step step;
  Head& reference = heads.front();
  std::vector<Head*> present;
  for (Head& head : heads) {
    if (head.buffer == nullptr) continue;
    if (reference.buffer != nullptr && head.input->audio.rate != reference.input->audio.rate) {
      if (ends_before(head, reference)) return {{&head}, false, head.start, head.end - head.start};
      if (!ends_before(reference, head)) require_agreement(*reference.input, *head.input);
    } else {
      present.push_back(&head);
    }
  }
  const auto by_start = [](const Head* a, const Head* b) { return a->start < b->start; };
  step.start = (*std::min_element(present.begin(), present.end(), by_start))->start;
  std::int64_t limit = G_MAXINT64;
  for (Head* head : present) {
    const bool used = head->start == step.start;
    if (used) step.used.push_back(head);
    limit = std::min(limit, used ? head->end : head->start);
  }
  step.length = limit - step.start;
  step.with_reference = step.used.front() == &reference;
  return step;
}

void FullReference::require_agreement(const Input& reference, const Input& distorted) const {
  const auto differ = [&](const char* element) {
    mismatch(distorted, reference, text("Insert ", element, " before ", distorted.pad_name));
  };
  if (reference.is_audio()) {
    if (reference.audio.rate != distorted.audio.rate) differ("audioresample");
    if (GST_AUDIO_INFO_FORMAT(&reference.audio) != GST_AUDIO_INFO_FORMAT(&distorted.audio) ||
        reference.audio.channels != distorted.audio.channels) {
      differ("audioconvert");
    }
    return;
  }
  if (takes_unlike_pictures()) return;
  if (reference.video.width != distorted.video.width || reference.video.height != distorted.video.height) {
    differ("videoscale");
  }
  if (GST_VIDEO_INFO_FORMAT(&reference.video) != GST_VIDEO_INFO_FORMAT(&distorted.video))
    differ("videoconvert");
}

}  // namespace mpq::gst
