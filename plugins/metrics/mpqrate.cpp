// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqrate
 * @title: mpqrate
 *
 * Measures what a coded stream costs: put it behind any encoder. Posts metric "rate" with the value in bits a
 * pixel ("bit/pixel") or bits a sample of one channel ("bit/sample"), or, where caps tell no size (behind a
 * muxer), the bit rate ("bit/s"). The raw format counts 24 bits a pixel (8 for gray) or 16 bits a sample.
 *
 * Details: compression-ratio, bit-rate, bytes, entropy-coded-bytes, framing-bytes, running (frame results:
 * the value over everything so far). entropy-coded-bytes and framing-bytes are there when the encoder tells
 * them (mpq's do).
 *
 * A frame is what the stream's caps say: with alignment=nal or the like its pieces are put together. Codec
 * headers and what a muxer writes give no frame results; their bytes are in the pooled one. Bytes that a
 * muxer goes back to and overwrites count once.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=30 ! mpqjpegenc ! mpqrate ! fakesink
 * ]|
 */
#include <algorithm>
#include <cmath>
#include <limits>

#include "gst/meter.h"
#include "gst/payload.h"
#include "metrics/rate/rate.h"
#include "plugins/metrics/coded_stream.h"

namespace mpq::gst {
namespace {

using rate::Figures;
using rate::Kind;

// A frame whose last piece has not come yet.
struct OpenFrame {
  rate::Piece piece;
  Result result;  // with the times of its first buffer
  GstClockTime pts = GST_CLOCK_TIME_NONE;
};

class Rate final : public Meter {
 public:
  void set_caps(const GstCaps* caps) override {
    finish();
    const GstStructure* s = gst_caps_get_structure(caps, 0);
    parts_ = has_parts(s);
    frame_duration_ = frame_duration(s);
    const std::lock_guard lock(state_mutex);
    format_ = raw_format(s);
    meter_.set_format(format_);
  }

  void set_segment(const GstSegment& segment) override {
    if (segment.format == GST_FORMAT_BYTES) file_.position = segment.start;
  }

  void measure(GstBuffer* buffer) override {
    const rate::Piece piece = piece_of(buffer, file_.write(gst_buffer_get_size(buffer)));
    if (format_.kind == Kind::video && (piece.units > 0 || parts_)) return add_to_frame(buffer, piece);
    if (format_.kind == Kind::audio && piece.units > 0) {
      Result result = new_result("rate", Scope::frame, "");
      set_times(result, buffer);
      return publish(std::move(result), piece, buffer);
    }
    const std::lock_guard lock(state_mutex);
    span_.add(buffer);
    meter_.add(piece);
  }

  void finish() override {
    if (frame_) close_frame(nullptr);
  }

  std::vector<Result> pooled() const override {
    Result result = new_result("rate", Scope::pooled, "");
    result.index = meter_.frames();
    describe(result, meter_.total());
    return {result};
  }

  void reset_results() override {
    meter_ = {};
    meter_.set_format(format_);
    span_ = {};
    file_ = {};
    frame_.reset();
  }

 private:
  rate::Piece piece_of(GstBuffer* buffer, std::uint64_t bytes) {
    rate::Piece piece{.bytes = bytes, .entropy_coded_bytes = {}, .units = 0, .duration = duration_of(buffer)};
    if (bytes < gst_buffer_get_size(buffer)) return piece;
    if (format_.kind == Kind::unknown) {
      piece.units = 1;
      return piece;
    }
    if (const auto payload = attached_payload(buffer)) {
      piece.entropy_coded_bytes = payload->entropy_coded_bytes;
      piece.units = payload->raw_units;
      measure_against(*payload);
    } else if (format_.kind == Kind::audio) {
      piece.units = std::round(static_cast<double>(piece.duration.value_or(0)) * format_.rate / GST_SECOND);
    } else {
      // Parsers flag pictures behind a header, too; a header alone lasts no time.
      const bool header = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER) && !piece.duration;
      piece.units = header ? 0 : 1;
    }
    if (format_.kind == Kind::video && !piece.duration && piece.units > 0) piece.duration = frame_duration_;
    return piece;
  }

  // The caps do not tell everything of the encoder's input: a resampling one is measured against that, not
  // against what it made of it.
  void measure_against(const Payload& payload) {
    rate::RawFormat raw = format_;
    if (payload.raw_rate > 0) raw.rate = payload.raw_rate;
    if (payload.gray) raw.raw_bits_per_pixel = gray_bits_per_pixel;
    const std::lock_guard lock(state_mutex);
    meter_.set_format(raw);
  }

  void add_to_frame(GstBuffer* buffer, const rate::Piece& piece) {
    const GstClockTime pts = GST_BUFFER_PTS(buffer);
    if (frame_ && parts_ && GST_CLOCK_TIME_IS_VALID(pts) && pts != frame_->pts) close_frame(buffer);
    if (!frame_) {
      frame_ = OpenFrame{piece, new_result("rate", Scope::frame, ""), pts};
      set_times(frame_->result, buffer);
    } else {
      frame_->piece.bytes += piece.bytes;
      if (frame_->piece.entropy_coded_bytes && piece.entropy_coded_bytes) {
        *frame_->piece.entropy_coded_bytes += *piece.entropy_coded_bytes;
      } else {
        frame_->piece.entropy_coded_bytes.reset();
      }
      frame_->piece.duration = std::max(frame_->piece.duration, piece.duration);
    }
    // The marker is on a frame's last part. Pictures that are not shown belong to the next one that is.
    const auto last = parts_ ? GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_MARKER)
                             : !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DECODE_ONLY);
    if (last) close_frame(buffer);
  }

  void close_frame(GstBuffer* carrier) {
    OpenFrame frame = std::move(*frame_);
    frame_.reset();
    frame.piece.units = 1;
    frame.result.duration = frame.piece.duration;
    publish(std::move(frame.result), frame.piece, carrier);
  }

  // `carrier` takes the result along; null: there is none.
  void publish(Result result, const rate::Piece& piece, GstBuffer* carrier) {
    {
      const std::lock_guard lock(state_mutex);
      result.index = meter_.frames();
      describe(result, meter_.add(piece));
      result.details.emplace_back("running", value_of(meter_.total()).first);
    }
    publisher().publish(gobject(), result);
    if (carrier != nullptr) attach_result(carrier, result);
  }

  // NaN: nothing was measured, or its time is not known.
  std::pair<double, const char*> value_of(const Figures& figures) const {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    const rate::RawFormat& format = meter_.format();
    if (!format.known()) return {figures.bit_rate.value_or(unknown), "bit/s"};
    if (format.kind == Kind::video) return {figures.bits_per_pixel.value_or(unknown), "bit/pixel"};
    return {figures.bits_per_sample.value_or(unknown), "bit/sample"};
  }

  void describe(Result& result, Figures figures) const {
    if (format_.kind == Kind::unknown) figures.bit_rate = span_.bit_rate(figures.bytes);
    const auto [value, unit] = value_of(figures);
    result.value = value;
    result.unit = unit;
    const auto add = [&](const char* name, const auto& figure) {
      if (figure) result.details.emplace_back(name, static_cast<double>(*figure));
    };
    add("compression-ratio", figures.compression_ratio);
    add("bit-rate", figures.bit_rate);
    result.details.emplace_back("bytes", static_cast<double>(figures.bytes));
    add("entropy-coded-bytes", figures.entropy_coded_bytes);
    add("framing-bytes", figures.framing_bytes);
  }

  rate::RawFormat format_;  // of the caps; state_mutex guards writing it, meter_ and span_
  rate::Meter meter_;
  Span span_;
  bool parts_ = false;
  std::optional<std::int64_t> frame_duration_;
  FilePosition file_;
  std::optional<OpenFrame> frame_;
};

const ElementInfo info{
    .type_name = "MpqRate",
    .long_name = "MPQ rate meter",
    .klass = "Filter/Analyzer",
    .description = "Measures bits a pixel or sample and the compression ratio of a coded stream",
    .pads = {sink_pad("ANY"), src_pad("ANY")},
    .properties = {},
    .create = [] { return std::make_unique<Rate>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqrate, mpq::gst::Meter, mpq::gst::info)
