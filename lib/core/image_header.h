// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What image decoders say about a picture: before decoding it, and after.
#pragma once

#include <string>
#include <vector>

#include "core/image.h"

namespace mpq {

/// A coded picture's header. Nothing in it is limited beyond what its format can express: compare
/// `width * height` with your own limit before allocating.
struct ImageHeader {
  int width = 0;                     ///< pixels, >= 1
  int height = 0;                    ///< pixels, >= 1
  std::vector<PixelFormat> formats;  ///< what the decoder can write for this picture, best first, never empty
  bool has_alpha = false;            ///< the picture may have transparent pixels
};

/// How decoding went. `warnings` is empty for a sound stream; otherwise the picture is damaged or incomplete.
struct DecodedImageInfo {
  std::vector<std::string> warnings;  ///< the codec library's own words, each kind once
};

}  // namespace mpq
