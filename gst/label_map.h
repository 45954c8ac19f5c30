// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A picture's label map beside the picture itself.
#pragma once

#include <gst/gst.h>

#include <memory>

namespace mpq::gst {

struct ReleaseSample {
  void operator()(GstSample* sample) const { gst_sample_unref(sample); }
};
using SamplePtr = std::unique_ptr<GstSample, ReleaseSample>;

/// Adds the meta "MpqLabelMapMeta" to a writable buffer: its structure's field "map" (GstSample) is a frame
/// of raw video, GRAY8 or GRAY16_LE, whose values are class indices, as its caps say of the picture's own
/// size. The meta goes along with copies of the buffer, and is left behind where the picture is scaled or
/// converted: it would not fit any more.
void attach_label_map(GstBuffer* buffer, GstSample* map);

/// The buffer's label map, or null.
SamplePtr attached_label_map(GstBuffer* buffer);

}  // namespace mpq::gst
