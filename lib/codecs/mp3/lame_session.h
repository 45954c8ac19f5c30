// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// One configured LAME encoder (not installed: the only header here that includes LAME's).
#pragma once

#include <lame/lame.h>

#include <memory>

#include "codecs/mp3/mp3.h"

namespace mpq::mp3 {

struct LameCloser {
  void operator()(lame_global_flags* flags) const { lame_close(flags); }
};
using LameHandle = std::unique_ptr<lame_global_flags, LameCloser>;

/// A fresh LAME stream at exactly the bitrate asked for. Throws as Encoder's constructor says.
LameHandle open_lame(int input_rate, int channels, const EncoderOptions& options);

}  // namespace mpq::mp3
