// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The way of packets past GstAudioDecoder, with what it would have done for them: times that follow from the
// samples put out, within its tolerance of the packets' own, and its position. It stays the owner of all
// else: formats, segments, gaps, discontinuities, playing backwards, metas, and the settings of the base
// class.
#include "gst/audio_decoder.h"

namespace mpq::gst {
namespace {

constexpr GstClockTime longest_packet = GST_SECOND;

}  // namespace

/// After `input` went through the base class, which has put out its samples, and nothing is left in it.
void AudioDecoder::open_direct(GstBuffer* input) {
  gpointer meta = nullptr;
  if (!GST_CLOCK_TIME_IS_VALID(direct_.begin) || is_unparsed() || !(base()->output_segment.rate > 0) ||
      gst_buffer_iterate_meta(input, &meta) != nullptr)
    return;
  GstAllocator* allocator = nullptr;
  gst_audio_decoder_get_allocator(base(), &allocator, &direct_.parameters);
  direct_.allocator.reset(allocator);
  const GstAllocationParams& wanted = direct_.parameters;
  direct_.recycles = allocator == nullptr && wanted.flags == 0 && wanted.align < BufferRecycler::alignment &&
                     wanted.prefix == 0 && wanted.padding == 0;
  direct_.open = true;  // before settings are read: who changes one afterwards closes it
  direct_.tolerance = gst_audio_decoder_get_tolerance(base());
  const bool times_are_the_packets = direct_.tolerance == 0;
  if (times_are_the_packets || gst_audio_decoder_get_min_latency(base()) > 0) direct_.open = false;
}

/// What the base class puts out ends where the direct way begins.
void AudioDecoder::note_put_out(GstBuffer* output) {
  direct_.samples = 0;
  direct_.begin = GST_BUFFER_PTS_IS_VALID(output) && GST_BUFFER_DURATION_IS_VALID(output)
                      ? GST_BUFFER_PTS(output) + GST_BUFFER_DURATION(output)
                      : GST_CLOCK_TIME_NONE;
  direct_.end = direct_.begin;
}

/// For an event that is on its way, or the end.
void AudioDecoder::close_direct(const GstEvent* event) {
  direct_.open = false;
  if (event == nullptr) {
    direct_.allocator.reset();
    direct_.recycler.clear();
  }
  if (event == nullptr || GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP)
    direct_.ahead = false;  // the base class forgets its times, too
}

bool AudioDecoder::is_in_time(GstClockTime time) const {
  return !GST_CLOCK_TIME_IS_VALID(time) ||
         (time <= direct_.end + direct_.tolerance && direct_.end <= time + direct_.tolerance);
}

bool AudioDecoder::takes_directly(GstBuffer* input) {
  if (!direct_.open) return false;
  gpointer meta = nullptr;
  const GstSegment& segment = base()->output_segment;
  const bool is_discontinuous = GST_BUFFER_FLAG_IS_SET(input, GST_BUFFER_FLAG_DISCONT);
  const bool is_inside = direct_.end >= segment.start && (!GST_CLOCK_TIME_IS_VALID(segment.stop) ||
                                                          direct_.end + longest_packet <= segment.stop);
  if (!is_discontinuous && is_inside && is_in_time(GST_BUFFER_PTS(input)) && gst_buffer_get_size(input) > 0 &&
      gst_buffer_iterate_meta(input, &meta) == nullptr && !GST_PAD_NEEDS_RECONFIGURE(base()->srcpad))
    return true;
  direct_.open = false;
  if (is_discontinuous && GST_BUFFER_PTS_IS_VALID(input)) direct_.ahead = false;  // its time is taken
  return false;
}

/// The base class counts from where it was; it believes a packet's time where that is another.
void AudioDecoder::keep_direct_time(GstBuffer* input) {
  if (!std::exchange(direct_.ahead, false)) return;
  direct_.tolerance = gst_audio_decoder_get_tolerance(base());
  if (is_in_time(GST_BUFFER_PTS(input))) GST_BUFFER_PTS(input) = direct_.end;
}

BufferPtr AudioDecoder::new_direct_output(const DecodedPacket& packet, const Kept& kept) {
  const gsize size = static_cast<gsize>(kept.count) * static_cast<gsize>(output_.bpf);
  if (direct_.recycles && size <= BufferRecycler::largest) {
    std::uint8_t* bytes = nullptr;
    BufferPtr output = direct_.recycler.take(size, &bytes);
    write(bytes, packet, kept);
    return output;
  }
  BufferPtr output(gst_buffer_new_allocate(direct_.allocator.get(), size, &direct_.parameters));
  if (output == nullptr) throw Error(ErrorCode::internal, "No output buffer could be had");
  fill(output.get(), packet, kept);
  return output;
}

GstFlowReturn AudioDecoder::pass_directly(GstBuffer* input) {
  const BufferPtr owner(input);
  const ReadMap map(input);
  const auto packet = decode_and_count({map.data(), map.size()});
  if (!packet) {
    direct_.open = false;
    return GST_FLOW_OK;
  }
  const Kept kept = cut(*packet, packet->clip_start, packet->clip_end);
  if (kept.count == 0) return GST_FLOW_OK;
  if (set_output(*packet)) {
    if (!gst_audio_decoder_negotiate(base())) throw not_taken(*packet);
    direct_.begin = direct_.end;
    direct_.samples = 0;
  }
  BufferPtr buffer = new_direct_output(*packet, kept);
  GstBuffer* output = buffer.get();
  direct_.samples += static_cast<std::uint64_t>(kept.count);
  GST_BUFFER_PTS(output) = direct_.end;
  direct_.end = direct_.begin + gst_util_uint64_scale_int(direct_.samples, GST_SECOND, output_.rate);
  GST_BUFFER_DURATION(output) = direct_.end - GST_BUFFER_PTS(output);
  direct_.ahead = true;
  base()->output_segment.position = direct_.end;
  const GstFlowReturn flow = gst_pad_push(base()->srcpad, buffer.release());
  if (flow == GST_FLOW_NOT_NEGOTIATED) throw not_taken(*packet);
  return flow;
}

}  // namespace mpq::gst
