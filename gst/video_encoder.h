// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Base of every video and image encoder: one coded picture for each frame.
#pragma once

#include <gst/video/gstvideoencoder.h>

#include <memory>

#include "core/encoded.h"
#include "core/image.h"
#include "gst/element.h"
#include "gst/frame_converter.h"
#include "gst/stopwatch.h"

namespace mpq::gst {

/// What a subclass answers to the format of its input.
struct EncoderFormat {
  CapsPtr caps;        ///< of the coded stream; size, frame rate and the like are added
  GstVideoInfo input;  ///< the form that encode() takes; frames are converted to it where they differ
};

class VideoEncoder : public Element {
 public:
  /// Chooses the coded caps for an input format. Throws Error(unsupported).
  virtual EncoderFormat set_format(const GstVideoInfo& input) = 0;

  /// Codes one picture. Returned bytes are copied before the next call.
  virtual EncodedImage encode(const ImageView& picture) = 0;

  /// Video formats that the current settings take, all of the template's by default ("I420", "RGB", ...).
  virtual bool accepts(GstVideoFormat) const { return true; }

  static KindInfo kind();

  std::vector<Result> pooled() const override;
  void reset_results() override { work_ = {}; }

 private:
  struct Glue;
  BufferPtr encode_buffer(GstBuffer* input);

  struct Conversion {
    GstVideoInfo input;
    FrameConverter converter;
  };
  std::unique_ptr<Conversion> conversion_;  // streaming thread only
  Work work_;
};

}  // namespace mpq::gst
