// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Base of every video and image decoder: pictures that are decoded one by one, in an unparsed stream too.
#pragma once

#include <gst/video/gstvideodecoder.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "core/error.h"
#include "core/image.h"
#include "core/image_header.h"
#include "gst/element.h"
#include "gst/lag.h"
#include "gst/second_stage.h"
#include "gst/stopwatch.h"
#include "gst/video.h"

namespace mpq::gst {

class VideoDecoder : public Element {
 public:
  using Bytes = std::span<const std::uint8_t>;

  /// Makes ready what takes long or may fail, in NULL to READY. Throws Error.
  virtual void load() {}
  /// Lets go of it, in READY to NULL.
  virtual void unload() {}
  /// Whether a picture may take so long that a live stream must wait for it: then it is reported as latency.
  virtual bool takes_long() const { return false; }

  /// Size and possible output layouts of a coded picture. Throws Error for what cannot be decoded.
  virtual ImageHeader read_header(Bytes picture) = 0;

  /// Decodes into a view of the header's size and one of its formats. Throws Error for damaged data.
  virtual DecodedImageInfo decode(Bytes picture, const MutableImageView& target) = 0;

  /// Whether pictures of a stream with times overlap, from its start to its end: then begin() is called in
  /// place of decode().
  virtual bool overlaps() const { return false; }

  /// The second half of decoding a picture, for another thread. At most one is under way while another
  /// picture is begun. Throws Error for damaged data.
  using Rest = std::function<DecodedImageInfo(const MutableImageView& target)>;
  /// Does the first half, after which `picture` is no longer there, and returns the second. Throws Error.
  virtual Rest begin(Bytes) { return {}; }

  /// Length of the picture at the start of an unparsed stream, or nothing while its end has not arrived.
  /// `bytes` grows from call to call until scanning restarts. Throws Error where no picture starts.
  virtual std::optional<std::size_t> scan(Bytes bytes) = 0;
  /// Forgets scan()'s progress: a new picture starts.
  virtual void restart_scan() {}
  /// How many bytes to discard before scan() can find a picture.
  virtual std::size_t find_start(Bytes bytes) = 0;

  /// Colours of the decoder's YUV output.
  virtual GstVideoColorimetry yuv_colorimetry() const = 0;
  /// Largest picture to decode, in pixels.
  virtual std::uint64_t max_pixels() const = 0;

  static KindInfo kind();

  std::vector<Result> pooled() const override;
  void reset_results() override;

 private:
  struct Glue;
  struct Decoding;
  struct Cut {
    std::size_t garbage = 0;             ///< bytes to discard first
    std::optional<std::size_t> picture;  ///< else the length of the picture; nothing: wait for more bytes
  };

  GstFlowReturn parse(GstAdapter* adapter, bool at_eos);
  Cut cut(Bytes bytes, bool at_eos);
  void check_unfinished(std::size_t size) const;
  void check_delivered() const;
  GstFlowReturn decode_frame(GstVideoCodecFrame* frame);
  bool is_late(GstVideoCodecFrame* frame) const;
  GstFlowReturn drop_late(Decoding& decoding);
  bool may_overlap() const;
  void finish_work(Decoding& decoding);
  GstFlowReturn deliver(Decoding& decoding);
  ImageHeader checked_header(Bytes picture);
  GstFlowReturn prepare_output(const ImageHeader& header, GstVideoCodecFrame* frame);
  bool negotiate(const ImageHeader& header);
  void report_skipped(std::uint64_t picture, const Error& cause);
  void report_damaged(const Decoding& decoding);
  void warn(std::uint64_t picture, const std::string& what, const std::string& remedy = {});
  void forget_stream();

  GstVideoDecoder* base() const { return GST_VIDEO_DECODER(gobject()); }
  GstPad* src_pad() const { return GST_VIDEO_DECODER_SRC_PAD(base()); }

  // Guarded by the base class's stream lock.
  GstVideoCodecState* input_state_ = nullptr;  // owned
  ImageHeader negotiated_{};                   // width 0: nothing yet
  GstVideoInfo output_info_{};
  std::uint64_t pictures_ = 0, warnings_ = 0;
  std::optional<Error> last_skip_;
  Lag lag_;
  bool delivered_ = false;                     // a picture went out, or was good but late
  bool garbage_ = false;                       // there were bytes outside pictures
  std::unique_ptr<SecondStage> second_stage_;  // where pictures overlap

  // Guarded by state_mutex.
  Work work_;
  std::uint64_t damaged_ = 0;  // decoded with warnings
  std::uint64_t late_ = 0;     // dropped before decoding: the sink had no use for them any more
};

/// Settings that every image decoder has.
struct ImageDecoderSettings {
  std::uint64_t max_pixels = 100'000'000;
};
/// For a settings struct that is or derives from it.
template <class Settings = ImageDecoderSettings>
Property max_pixels_property() {
  return unsigned64(
      "max-pixels", static_cast<std::uint64_t Settings::*>(&ImageDecoderSettings::max_pixels), 1, G_MAXUINT64,
      "Largest picture to decode, in pixels: a guard against damaged or hostile headers", Mutable::playing);
}

/// A decoder element made of a codec's decoder and the scanner that cuts its unparsed streams.
template <class Codec, class Scanner>
class ImageDecoder : public WithSettings<VideoDecoder, ImageDecoderSettings> {
 public:
  ImageHeader read_header(Bytes picture) override { return codec_.read_header(picture); }
  DecodedImageInfo decode(Bytes picture, const MutableImageView& target) override {
    return codec_.decode(picture, target);
  }
  std::optional<std::size_t> scan(Bytes bytes) override { return scanner_.length(bytes); }
  void restart_scan() override { scanner_.reset(); }
  std::uint64_t max_pixels() const override { return settings().max_pixels; }

 private:
  Codec codec_;
  Scanner scanner_;
};

}  // namespace mpq::gst
