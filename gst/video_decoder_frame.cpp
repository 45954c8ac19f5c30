// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// One coded picture's way through the decoder, in one piece or in two halves that overlap with its
// neighbours'.
#include <utility>

#include "core/text.h"
#include "gst/video_decoder.h"

namespace mpq::gst {

// The header of a picture small enough to decode.
ImageHeader VideoDecoder::checked_header(Bytes picture) {
  ImageHeader header = read_header(picture);
  const auto pixels = static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(header.height);
  if (pixels > max_pixels()) {
    throw Error(ErrorCode::limit_exceeded,
                text(header.width, 'x', header.height, " is more than ", max_pixels(), " pixels"),
                "Raise the property max-pixels to allow it");
  }
  return header;
}

// A picture on its way. Owns the frame until one of the functions gives it away.
struct VideoDecoder::Decoding {
  Decoding(VideoDecoder& decoder, GstVideoCodecFrame* codec_frame)
      : self(decoder), frame(codec_frame), picture(++decoder.pictures_) {}
  ~Decoding() {
    if (frame != nullptr) gst_video_decoder_release_frame(self.base(), frame);
  }
  Decoding(const Decoding&) = delete;
  Decoding& operator=(const Decoding&) = delete;

  GstFlowReturn finish() {
    GST_VIDEO_CODEC_FRAME_SET_SYNC_POINT(frame);
    return gst_video_decoder_finish_frame(self.base(), std::exchange(frame, nullptr));
  }

  // The frame's time passes without a picture; a QoS message says so.
  GstFlowReturn drop() { return gst_video_decoder_drop_frame(self.base(), std::exchange(frame, nullptr)); }

  // Runs and times one step of the codec. Its Error costs this picture alone.
  template <class Step>
  bool attempt(const Step& step) {
    const Stopwatch watch;
    try {
      step();
    } catch (const Error& error) {
      failure = error;
    }
    seconds += watch.seconds();
    return !failure;
  }

  VideoDecoder& self;
  GstVideoCodecFrame* frame;
  const std::uint64_t picture;  // 1, 2, ...
  double pixels = 0;
  double seconds = 0;  // of work
  GstVideoInfo info{};
  Rest rest;
  DecodedImageInfo decoded;
  std::optional<Error> failure;
  bool broken = false;  // by what is no fault of the picture's, and was posted
};

void VideoDecoder::report_damaged(const Decoding& decoding) {
  {
    const std::lock_guard lock(state_mutex);
    ++damaged_;
  }
  std::string all;
  for (const auto& warning : decoding.decoded.warnings) all += (all.empty() ? "" : "; ") + warning;
  warn(decoding.picture, "is damaged: " + all);
}

bool VideoDecoder::is_late(GstVideoCodecFrame* frame) const {
  if (gst_video_decoder_get_max_decode_time(base(), frame) >= 0) return false;
  gboolean qos = TRUE;
  g_object_get(gobject(), "qos", &qos, nullptr);
  return qos != FALSE;
}

GstFlowReturn VideoDecoder::drop_late(Decoding& decoding) {
  {
    const std::lock_guard lock(state_mutex);
    ++late_;
  }
  delivered_ = true;
  return decoding.drop();
}

// Elsewhere the base class holds its lock more than once, or collects pictures to turn their order round.
bool VideoDecoder::may_overlap() const {
  return second_stage_ != nullptr && gst_video_decoder_get_packetized(base()) &&
         base()->input_segment.rate > 0;
}

GstFlowReturn VideoDecoder::decode_frame(GstVideoCodecFrame* frame) {
  const auto decoding = std::make_shared<Decoding>(*this, frame);
  if (is_late(frame)) return drop_late(*decoding);
  const ReadMap input(frame->input_buffer);
  const Bytes bytes(input.data(), input.size());
  ImageHeader header;
  if (!decoding->attempt([&] { header = checked_header(bytes); })) return deliver(*decoding);
  if (const auto flow = prepare_output(header, frame); flow != GST_FLOW_OK) return flow;
  decoding->info = output_info_;
  decoding->pixels = static_cast<double>(header.width) * header.height;
  if (!may_overlap()) {
    decoding->rest = [&](const MutableImageView& target) { return decode(bytes, target); };
    finish_work(*decoding);
    return deliver(*decoding);
  }
  {
    const Unlocked unlocked(&base()->stream_lock);
    decoding->attempt([&] { decoding->rest = begin(bytes); });
  }
  return second_stage_->hand_over({.compute = [decoding] { decoding->self.finish_work(*decoding); },
                                   .deliver = [decoding] { return decoding->self.deliver(*decoding); }});
}

void VideoDecoder::finish_work(Decoding& decoding) {
  if (decoding.failure) return;
  const bool mapped = guarded(gobject(), false, [&] {
    const MappedFrame target(decoding.info, decoding.frame->output_buffer, GST_MAP_WRITE);
    decoding.attempt([&] { decoding.decoded = decoding.rest(target.mutable_view()); });
    return true;
  });
  decoding.broken = !mapped;
}

GstFlowReturn VideoDecoder::deliver(Decoding& decoding) {
  if (decoding.broken) return GST_FLOW_ERROR;
  if (decoding.failure) {
    report_skipped(decoding.picture, *decoding.failure);
    return decoding.drop();
  }
  if (!decoding.decoded.warnings.empty()) {
    GST_VIDEO_CODEC_FRAME_FLAG_SET(decoding.frame, GST_VIDEO_CODEC_FRAME_FLAG_CORRUPTED);
    report_damaged(decoding);
  }
  {
    const std::lock_guard lock(state_mutex);
    ++work_.frames;
    work_.units += decoding.pixels;
    work_.seconds += decoding.seconds;
  }
  if (takes_long()) lag_.took(gobject(), decoding.seconds);
  delivered_ = true;
  return decoding.finish();
}

}  // namespace mpq::gst
