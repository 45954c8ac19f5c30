// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// GStreamer's descriptions of its raw formats, put to the test.
#pragma once

#include <gst/video/video.h>

namespace mpq::gst {

/// Whether each of the first three components of an 8- or 16-bit format lies where its description says.
/// GStreamer 1.22 describes the chroma of VYUY and IYU1 otherwise than it packs it, 1.26 that of Y216 and
/// Y416.
bool lies_as_described(GstVideoFormat format);

}  // namespace mpq::gst
