// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// PPM files (P6), which any program can write. Internal to lib/train.
#pragma once

#include <cstdint>
#include <span>

#include "train/pictures.h"

namespace mpq::train {

/// Throws Error(unsupported, corrupt_data, limit_exceeded).
Picture decode_ppm(std::span<const std::uint8_t> bytes);

}  // namespace mpq::train
