// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Base of every element that looks at a stream and passes it on unchanged: meters and, later, tasks.
#pragma once

#include <gst/base/gstbasetransform.h>

#include "gst/element.h"

namespace mpq::gst {

/// A flush makes it forget everything measured (reset_results).
class Meter : public Element {
 public:
  /// The stream's caps, before its first buffer and whenever they change; never called for a stream without
  /// caps (a plain file). Throws Error.
  virtual void set_caps(const GstCaps* caps) = 0;

  /// A new segment: where the following buffers belong. In bytes, that is a position in a file, which a muxer
  /// may go back to.
  virtual void set_segment(const GstSegment&) {}

  /// Looks at a buffer; it is writable for metas (attach_result), its memory is not to be touched.
  virtual void measure(GstBuffer* buffer) = 0;

  /// The stream is over: publish what is held back. Pooled results follow by themselves.
  virtual void finish() {}

  static KindInfo kind();

 protected:
  /// Fills in the buffer's times.
  void set_times(Result& result, const GstBuffer* buffer) const;

 private:
  struct Glue;
};

/// Stream time, running time and duration of a buffer within a segment.
void set_times(Result& result, const GstSegment& segment, const GstBuffer* buffer);

}  // namespace mpq::gst
