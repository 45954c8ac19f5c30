// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The life of a score: from what was paired to what is published and pushed.
#include <algorithm>

#include "core/text.h"
#include "gst/full_reference_input.h"
#include "gst/meter.h"

namespace mpq::gst {

FullReference::FullReference() {
  gst_segment_init(&src_segment_, GST_FORMAT_UNDEFINED);
}
FullReference::~FullReference() = default;

void FullReference::set_video_format(const GstVideoInfo&) {
  throw Error(ErrorCode::unsupported, "This metric does not compare pictures", "Connect audio/x-raw streams");
}

void FullReference::set_audio_format(const GstAudioInfo&) {
  throw Error(ErrorCode::unsupported, "This metric does not compare audio", "Connect video/x-raw streams");
}

std::vector<Result> FullReference::compare_pictures(GstVideoFrame*, std::span<const DistortedPicture>) {
  return {};
}

Result FullReference::compare_audio(std::size_t, const void*, const void*, std::size_t) {
  return {};
}

GstFlowReturn FullReference::aggregate() {
  std::vector<Head> heads;
  if (!collect_heads(heads)) return GST_AGGREGATOR_FLOW_NEED_DATA;
  const auto waiting =
      std::find_if(heads.begin(), heads.end(), [](const Head& head) { return head.buffer != nullptr; });
  if (waiting == heads.end()) {
    finish_windows();
    warn_of_lonely();
    return GST_FLOW_EOS;
  }
  const Step step = waiting->input->is_audio() ? audio_step(heads) : picture_step(heads);
  const bool paired = step.with_reference && step.used.size() > 1;
  const Fate fate = paired ? compare(step) : Fate::alone;
  count_lonely(step, heads);
  return consume(step, fate);
}

FullReference::Fate FullReference::compare(const Step& step) {
  const Input& reference = *step.used.front()->input;
  for (const Head* head : step.used) require_agreement(reference, *head->input);
  prepare_format(reference);
  if (reference.is_audio())
    gather_audio(step);
  else if (leave_out(step))
    return Fate::late;
  else
    score_pictures(step);
  return Fate::scored;
}

void FullReference::prepare_format(const Input& reference) {
  if (format_.get() == reference.caps.get()) return;
  if (reference.is_audio())
    set_audio_format(reference.audio);
  else
    set_video_format(reference.video);
  format_.reset(gst_caps_ref(reference.caps.get()));
}

void FullReference::score_pictures(const Step& step) {
  const Head& reference = *step.used.front();
  MappedFrame reference_frame(reference.input->video, reference.buffer.get(), GST_MAP_READ);
  std::vector<std::unique_ptr<MappedFrame>> frames;
  std::vector<DistortedPicture> distorted;
  for (std::size_t i = 1; i < step.used.size(); ++i) {
    const Head& head = *step.used[i];
    frames.push_back(std::make_unique<MappedFrame>(head.input->video, head.buffer.get(), GST_MAP_READ));
    distorted.push_back({head.input->number, frames.back()->get()});
  }
  const Stopwatch watch;
  std::vector<Result> results = compare_pictures(reference_frame.get(), distorted);
  took(watch, distorted.size());
  for (std::size_t i = 0; i < results.size() && i + 1 < step.used.size(); ++i) {
    set_times(results[i], reference.input->pad->segment, reference.buffer.get());
    publish(std::move(results[i]), *step.used[i + 1]->input);
  }
}

void FullReference::count_lonely(const Step& step, const std::vector<Head>& heads) {
  const std::lock_guard lock(state_mutex);
  const auto amount = static_cast<std::uint64_t>(step.length);
  for (const Head& head : heads) {
    if (head.input->number == 0) continue;
    const bool used = std::find(step.used.begin(), step.used.end(), &head) != step.used.end();
    if (used && !step.with_reference) head.input->unmatched += amount;
    if (!used && step.with_reference) head.input->missing += amount;
  }
}

// Pictures without partners on both sides are more often misread times than drops.
void FullReference::warn_of_lonely() {
  std::vector<std::string> causes;
  {
    const std::lock_guard lock(state_mutex);
    for (const auto& input : inputs_) {
      if (input->is_audio() || input->unmatched == 0 || input->missing == 0) continue;
      causes.push_back(text(input->unmatched, " pictures of ", input->pad_name, " have no partner, and ",
                            input->missing, " of the reference have none there"));
    }
  }
  for (const auto& cause : causes) {
    post_warning(
        gobject(), cause,
        "Where a container rounds timestamps, as Matroska does to milliseconds, set tolerance to half "
        "a picture's duration");
  }
}

// Moves the used heads on; the carrier's buffers leave whole.
GstFlowReturn FullReference::consume(const Step& step, Fate fate) {
  Head* leaving = nullptr;
  for (Head* head : step.used) {
    Input& input = *head->input;
    if (input.is_audio()) {
      input.next_sample = head->start + step.length;
      input.consumed += static_cast<std::size_t>(step.length);
      if (input.next_sample < head->end) continue;
      input.head = nullptr;
    }
    gst_aggregator_pad_drop_buffer(input.pad.get());
    if (&input == carrier_) leaving = head;
  }
  return leaving != nullptr ? push(*leaving, fate) : GST_FLOW_OK;
}

GstFlowReturn FullReference::push(Head& head, Fate fate) {
  if (fate == Fate::late && late_settings()->late_policy == LatePolicy::drop) return GST_FLOW_OK;
  if (src_caps_.get() != head.input->caps.get() && !gst_aggregator_negotiate(base())) {
    return GST_FLOW_NOT_NEGOTIATED;
  }
  const GstSegment& segment = head.input->pad->segment;
  if (!gst_segment_is_equal(&src_segment_, &segment)) {
    gst_segment_copy_into(&segment, &src_segment_);
    gst_aggregator_update_segment(base(), &src_segment_);
  }
  BufferPtr output = this->output(std::move(head.buffer), fate == Fate::scored);
  if (output == nullptr) return GST_FLOW_OK;
  if (!carried_.empty()) {
    output.reset(gst_buffer_make_writable(output.release()));
    for (const Result& result : carried_) attach_result(output.get(), result);
    carried_.clear();
  }
  return gst_aggregator_finish_buffer(base(), output.release());
}

// The aggregator hands gap events out as empty buffers. There is nothing to compare; who follows src is told.
void FullReference::pass_gap(const Head& head) {
  gst_aggregator_pad_drop_buffer(head.input->pad.get());
  if (head.input != carrier_ || !gst_segment_is_equal(&src_segment_, &head.input->pad->segment)) return;
  gst_pad_push_event(
      GST_AGGREGATOR_SRC_PAD(base()),
      gst_event_new_gap(GST_BUFFER_PTS(head.buffer.get()), GST_BUFFER_DURATION(head.buffer.get())));
}

void FullReference::publish(Result result, Input& input) {
  result.element = CharPtr(gst_object_get_name(GST_OBJECT(gobject()))).get();
  result.scope = Scope::frame;
  result.input = input.pad_name;
  {
    const std::lock_guard lock(state_mutex);
    result.index = input.scored++;
  }
  publisher().publish(gobject(), result);
  if (&input == carrier_) carried_.push_back(std::move(result));
}

// Before the first buffer: nothing is known yet.
void FullReference::restart() {
  {
    const std::lock_guard lock(state_mutex);
    inputs_.clear();
  }
  flush();
  carrier_ = nullptr;
  format_.reset();
  src_caps_.reset();
  const ObjectPtr<GstPad> reference(gst_element_get_static_pad(gobject(), "ref_sink"));
  input_for(GST_AGGREGATOR_PAD(reference.get()));
}

// Caps outlive a flush, positions do not.
void FullReference::flush() {
  for (const auto& input : inputs_) input->forget_position();
  carried_.clear();
  lag_.flush();
  gst_segment_init(&src_segment_, GST_FORMAT_UNDEFINED);
}

// The results stay readable after the stream.
void FullReference::release_pads() {
  for (const auto& input : inputs_) input->pad.reset();
  const std::lock_guard lock(settings_mutex);
  reference_caps_.reset();
}

void FullReference::reset_results() {
  for (const auto& input : inputs_) input->scored = input->unmatched = input->missing = input->late = 0;
  work_ = {};
}

std::vector<Result> FullReference::pooled() const {
  std::vector<Result> results;
  for (const auto& input : inputs_) {
    if (input->number == 0) continue;
    Result result = pooled_input(input->number);
    result.element = CharPtr(gst_object_get_name(GST_OBJECT(gobject()))).get();
    result.scope = Scope::pooled;
    result.input = input->pad_name;
    result.index = input->scored;
    const char* unit = input->is_audio() ? "samples" : "frames";
    result.details.emplace_back(text("unmatched-", unit), static_cast<double>(input->unmatched));
    result.details.emplace_back(text("missing-", unit), static_cast<double>(input->missing));
    describe_lag(*input, result);
    results.push_back(std::move(result));
  }
  if (auto rate = speed()) results.push_back(std::move(*rate));
  return results;
}

}  // namespace mpq::gst
