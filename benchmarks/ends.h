// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The elements "benchsource", which sends preloaded buffers, and "benchsink", which drops what comes: the two
// ends of every measured pipeline. Plain elements without GstBaseSrc and GstBaseSink, whose clocks, preroll
// and segments would cost each buffer what is no codec's to answer for.
#pragma once

#include <functional>

#include "benchmarks/pipeline.h"

namespace mpq::bench {

/// What the element benchsource sends. Nothing leaves before the whole pipeline plays.
struct Feed {
  StreamPtr stream;
  std::size_t first = 0;   ///< number of the buffer at which the clock starts
  std::size_t end = 0;     ///< number of the buffer at which the stream ends
  Clock* clock = nullptr;  ///< may be null
};

using BufferVisitor = std::function<void(GstPad*, GstBuffer*)>;

/// What the element benchsink does with what comes.
struct Drain {
  Clock* clock = nullptr;  ///< stops at the end of the stream; may be null
  BufferVisitor visit;     ///< may be empty
};

/// Makes the elements known; call once.
void register_ends();

/// Before the pipeline starts.
void set_feed(GstElement* source, const Feed& feed);
void set_drain(GstElement* sink, const Drain& drain);

}  // namespace mpq::bench
