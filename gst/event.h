// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#pragma once

#include <gst/gst.h>

namespace mpq::gst {

/// GST_EVENT_IS_SERIALIZED, without its mixing of enumerations, of which C++20 warns.
inline bool is_serialized(const GstEvent* event) {
  return (static_cast<unsigned>(GST_EVENT_TYPE(event)) & static_cast<unsigned>(GST_EVENT_TYPE_SERIALIZED)) !=
         0;
}

}  // namespace mpq::gst
