// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Base of every video and image encoder: one coded picture for each frame.
#pragma once

#include <gst/video/gstvideoencoder.h>

#include <functional>
#include <memory>
#include <optional>

#include "core/encoded.h"
#include "core/image.h"
#include "gst/element.h"
#include "gst/frame_converter.h"
#include "gst/lag.h"
#include "gst/second_stage.h"
#include "gst/stopwatch.h"

namespace mpq::gst {

/// What a subclass answers to the format of its input.
struct EncoderFormat {
  CapsPtr caps;        ///< of the coded stream; size, frame rate and the like are added
  GstVideoInfo input;  ///< the form that encode() takes; frames are converted to it where they differ
};

class VideoEncoder : public Element {
 public:
  /// Makes ready what takes long or may fail, in NULL to READY. Throws Error.
  virtual void load() {}
  /// Lets go of it, in READY to NULL.
  virtual void unload() {}

  /// Chooses the coded caps for an input format. Throws Error(unsupported).
  virtual EncoderFormat set_format(const GstVideoInfo& input) = 0;

  /// Codes one picture. Returned bytes without an owner are copied before the next call.
  virtual EncodedImage encode(const ImageView& picture) = 0;

  /// Whether frames overlap, from the start of a stream to its end: then begin() is called in place of
  /// encode().
  virtual bool overlaps() const { return false; }

  /// The second half of coding a picture, for another thread. At most one is under way while another picture
  /// is begun.
  using Rest = std::function<EncodedImage()>;
  /// Does the first half, after which `picture` is no longer there, and returns the second.
  virtual Rest begin(const ImageView&) { return {}; }

  /// Video formats that the current settings take, all of the template's by default ("I420", "RGB", ...).
  virtual bool accepts(GstVideoFormat) const { return true; }

  /// Which frames of a live stream come too late to be coded, for encoders that may be slower than their
  /// input. They report their time as latency.
  virtual std::optional<LateSettings> late_settings() const { return std::nullopt; }

  /// Seconds that the frame which encode() or begin() has is shown for, from its time stamps or, without
  /// these, the frame rate; frames that were left out before it count. On the streaming thread.
  double frame_seconds() const { return frame_seconds_; }

  static KindInfo kind();

  std::vector<Result> pooled() const override;
  void reset_results() override;

 private:
  struct Glue;
  struct Coding;
  GstFlowReturn encode_frame(GstVideoCodecFrame* frame);
  void begin_frame(Coding& coding);
  void finish_work(Coding& coding);
  GstFlowReturn deliver(Coding& coding);
  bool leave_out(GstBuffer* input);
  void measure_time(const GstVideoCodecFrame* frame);

  struct Conversion {
    GstVideoInfo input;
    FrameConverter converter;
  };
  std::unique_ptr<Conversion> conversion_;  // streaming thread only
  double frame_seconds_ = 0;                // streaming thread only, as is:
  GstClockTime last_pts_ = GST_CLOCK_TIME_NONE;
  Lag lag_;
  std::unique_ptr<SecondStage> second_stage_;  // where frames overlap

  // Guarded by state_mutex.
  Work work_;
  std::uint64_t late_ = 0;
};

}  // namespace mpq::gst
