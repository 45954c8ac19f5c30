// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Streams that are files by themselves: whether a pad's buffers become a file's bytes, and going back to its
// start.
#pragma once

#include "gst/pointer.h"

namespace mpq::gst {

/// True where one chain of elements, none of them a parser, muxer or other codec element, leads from `src` to
/// a sink that can seek in bytes. Any thread.
bool leads_to_byte_sink(GstPad* src);

/// Sends `header` in place of the bytes at the file's start. Streaming thread, last thing before end of
/// stream.
void rewrite_start(GstPad* src, BufferPtr header);

}  // namespace mpq::gst
