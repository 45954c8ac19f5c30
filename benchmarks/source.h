// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The element "benchsource": sends preloaded buffers, and starts a clock at one of them.
#pragma once

#include <functional>

#include "benchmarks/pipeline.h"

namespace mpq::bench {

struct Feed {
  StreamPtr stream;
  std::size_t first = 0;         ///< number of the buffer at which the clock starts
  std::size_t end = 0;           ///< number of the buffer at which the stream ends
  Clock* clock = nullptr;        ///< may be null
  std::function<void()> at_end;  ///< called on the streaming thread before the stream ends; may be empty
};

/// Makes the element known; call once.
void register_source();

/// Before the pipeline starts.
void set_feed(GstElement* source, const Feed& feed);

}  // namespace mpq::bench
