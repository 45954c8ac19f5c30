// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What models find, as GStreamer's own analytics metas (1.24 and later), which other elements understand.
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

namespace mpq::gst {

struct ClassScore {
  std::string label;
  double probability = 0;  ///< 0 to 1
};

/// Adds a classification to the buffer's GstAnalyticsRelationMeta, which it gets if it has none. The buffer
/// must be writable. Does nothing where this build has no analytics library.
void attach_classification(GstBuffer* buffer, const std::vector<ClassScore>& scores);

}  // namespace mpq::gst
