// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Base of parsers: whole frames out of a stream that comes in any pieces, may be damaged and holds other
// things.
#pragma once

#include <gst/base/gstbaseparse.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "gst/element.h"

namespace mpq::gst {

class Parser : public Element {
 public:
  using Bytes = std::span<const std::uint8_t>;

  /// The caps of a whole frame; frame rate and "parsed" are added to them. Throws Error for what must not
  /// pass.
  virtual CapsPtr caps_of(Bytes frame) = 0;

  /// Length of the frame at the start, or of what is to be given up, which caps_of() refuses; nothing while
  /// that is not known. `bytes` grows from call to call until scanning restarts.
  virtual std::optional<std::size_t> scan(Bytes bytes) = 0;
  /// The length that the frame at the start declares; nothing while that has not arrived.
  virtual std::optional<std::size_t> declared_length(Bytes bytes) = 0;
  /// Forgets scan()'s progress: a new frame starts.
  virtual void restart_scan() = 0;
  /// How many bytes to discard before scan() can find a frame.
  virtual std::size_t find_start(Bytes bytes) = 0;

  static KindInfo kind();

  std::vector<Result> pooled() const override;
  void reset_results() override;

 private:
  struct Glue;
  struct Cut {
    std::size_t skip = 0;   ///< bytes to discard
    std::size_t frame = 0;  ///< else the frame's length; 0: wait for more bytes
    CapsPtr caps;
  };

  GstFlowReturn handle(GstBaseParseFrame* frame, gint* skip);
  Cut cut(Bytes bytes, std::uint64_t offset);
  Cut give_up(std::size_t size);
  void take_up(GstBaseParseFrame* frame);
  void wait_for_more(Bytes bytes);
  void set_source_caps(CapsPtr caps);
  void set_sink_caps(const GstCaps* caps);
  void look_for_sink_caps();
  void add_garbage(std::size_t bytes, std::uint64_t offset);
  void report_garbage();
  void report_skipped(const Error& cause, std::uint64_t offset);
  void check_passed() const;
  void warn(const std::string& cause, const std::string& remedy = {});
  void forget_position();
  void forget_stream();

  GstBaseParse* base() const { return GST_BASE_PARSE(gobject()); }

  // Streaming thread only.
  CapsPtr frame_caps_;  // as caps_of() gave them; null: none yet
  int rate_num_ = 0, rate_den_ = 1;
  bool sink_caps_known_ = false;
  std::uint64_t offset_ = 0;  // of the bytes that scan() has seen
  std::size_t seen_ = 0;      // how many these are
  std::size_t to_skip_ = 0;   // what is left of a frame that was given up
  std::size_t garbage_ = 0;   // bytes between frames, not reported yet
  std::uint64_t garbage_offset_ = 0, warnings_ = 0;
  std::optional<Error> last_skip_;

  // Written by the streaming thread only; guarded by state_mutex where others read.
  std::uint64_t frames_ = 0, skipped_ = 0, garbage_bytes_ = 0;
};

}  // namespace mpq::gst
