// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/analytics.h"

namespace mpq::gst {

void attach_classification(GstBuffer*, const std::vector<ClassScore>&) {}

}  // namespace mpq::gst
