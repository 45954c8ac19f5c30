// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A meta on pictures that come from a data set: which of its samples this is.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

namespace mpq::gst {

struct Sample {
  std::string name;          ///< of the file, relative to its folder
  std::string label;         ///< of its class; empty where it is not known
  std::optional<int> index;  ///< of its class
};

/// Adds the GstCustomMeta "MpqSampleMeta" (fields name, label, index) to a writable buffer. It survives
/// scaling, conversion, encoding and decoding. A buffer has one.
void attach_sample(GstBuffer* buffer, const Sample& sample);

/// Nothing where no source attached one.
std::optional<Sample> attached_sample(GstBuffer* buffer);

}  // namespace mpq::gst
