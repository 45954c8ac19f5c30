// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The live pipelines of the soak. A new codec, model or metric adds one.
#pragma once

#include <string>
#include <vector>

#include "tests/support/tools.h"

namespace mpq::test {

struct Line {
  std::string name;
  std::string needs;  ///< element of an optional component
  /// Has an element "source", whose src pad gives the raw stream, and "sink", where the same raw layout
  /// arrives.
  std::string launch;
  bool may_drop = false;    ///< a leaky queue drops what is late; the meters must account for every frame
  int restart_seconds = 0;  ///< ended and built anew so often; 0: runs through
};

/// Those whose components were built. After gst_init(). Small networks with weights of no meaning are written
/// into the folder `models`. `load` scales the pictures a second, of which one stays.
std::vector<Line> lines(const TemporaryFolder& models, double load = 1);

}  // namespace mpq::test
