// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// One decoding pipeline, used for one stream after another.
#pragma once

#include <gst/gst.h>

#include <string>

#include "gst/pointer.h"
#include "routes.h"

namespace mpq::test {

enum class Outcome {
  whole,    ///< frames, not a word
  warned,   ///< frames, and warnings
  skipped,  ///< no frame, but warnings
  refused,  ///< an error
  silent,   ///< no frame, not a word
  stuck,    ///< the decoder waits, and an element before it does not end: the process is of no more use
  invalid,  ///< a frame that its caps do not describe: a finding
  count
};

class Runner {
 public:
  /// Throws std::runtime_error where the pipeline cannot be made.
  explicit Runner(const Route& route);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// `caps` are those of the packets; a file has none.
  Outcome run(const Stream& stream, const std::string& caps);
  /// Of the last stream.
  int frames() const { return frames_; }

 private:
  void build();
  void open_file(const Data& bytes);
  void push_packets(const Stream& stream);
  bool decoder_waits() const;
  Outcome wait();
  static void on_frame(GstElement* sink, GstBuffer* buffer, GstPad* pad, Runner* runner);
  static void on_pad(GstElement* demuxer, GstPad* pad, GstElement* decoder);

  const Route& route_;
  int file_;  // in memory
  gst::ObjectPtr<GstElement> pipeline_, source_;
  gst::ObjectPtr<GstBus> bus_;
  int frames_ = 0;         // by the streaming thread, read after EOS or an error
  bool all_valid_ = true;  // likewise
};

}  // namespace mpq::test
