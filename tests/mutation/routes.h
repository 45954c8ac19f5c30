// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The pipelines that damaged streams are sent through.
#pragma once

#include <string>
#include <vector>

#include "stream.h"

namespace mpq::test {

struct Route {
  std::string name;                 ///< begins with the decoder's
  Framing framing;                  ///< file and ogg: from a file; packets: from an appsrc with times
  std::vector<std::string> encode;  ///< launch lines that make the clean streams
  std::string decode;               ///< what is between the source and the sink
};

/// A new decoder adds its rows.
const std::vector<Route>& routes();

/// A clean stream and the caps of its packets.
struct Seed {
  Stream stream;
  std::string caps;
};

/// Runs the encoders. Throws std::runtime_error where one fails.
std::vector<Seed> make_seeds(const Route& route);

}  // namespace mpq::test
