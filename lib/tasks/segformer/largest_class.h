// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// From logits at a quarter of the size to the class of each pixel.
#pragma once

#include "tasks/segformer/segformer.h"

namespace mpq::segformer {

/// Bilinear interpolation of the logits to the map's size (half-pixel centres, edges repeated: PyTorch's
/// align_corners=false) and the index of the largest at each pixel, the first one of equals. The interpolated
/// planes are never stored. `map` has its width and height set. NaNs lose against everything.
void largest_class(const Logits& logits, int threads, LabelMap* map);

}  // namespace mpq::segformer
