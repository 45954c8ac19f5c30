// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pipelines as legs of a comparison: preloaded buffers between ends without work of their own, timed in the
// streaming thread from a first buffer's departure to the end of the stream at the sink.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <string>
#include <vector>

#include "benchmarks/harness.h"
#include "gst/pointer.h"

namespace mpq::bench {

/// Input of a codec: raw or coded. Buffers are sent again from the first when they run out.
struct Stream {
  gst::CapsPtr caps;
  std::vector<gst::BufferPtr> buffers;
  GstClockTime duration = 0;  ///< of each buffer
};
using StreamPtr = std::shared_ptr<const Stream>;

/// Whether every element of these names can be made; a leg with a missing one is left out.
bool have_elements(const std::vector<std::string>& names);

/// Piece i of the work is buffer i. `launch` is a whole pipeline: it names its sources `source0`, `source1`
/// ... ("benchsource name=source0"), one for each of `streams`, and its sink "benchsink name=sink".
Leg pipeline_leg(std::string name, std::string launch, std::vector<StreamPtr> streams);

/// The usual one: source ! `elements` ! sink.
Leg element_leg(std::string name, const std::string& elements, StreamPtr stream);

/// Everything that leaves `elements` when `stream` goes in once; buffers without metas.
StreamPtr through(const std::string& elements, const StreamPtr& stream);
/// The same for a launch line that begins with a source of its own.
StreamPtr from_source(const std::string& launch);

/// Runs `launch` as pipeline_leg does for `count` buffers and then gives its element `name` to `look`.
void run_and_look(const std::string& launch, const std::vector<StreamPtr>& streams, std::size_t count,
                  const std::string& name, const std::function<void(GstElement*)>& look);

}  // namespace mpq::bench
