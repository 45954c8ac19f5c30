// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What read_picture() tells formats apart by. Internal to lib/train.
#pragma once

#include <cstdint>
#include <span>

#include "train/pictures.h"

namespace mpq::train {

/// Throws Error(unsupported, corrupt_data, limit_exceeded). A format is added here.
Picture decode_picture(std::span<const std::uint8_t> bytes);

}  // namespace mpq::train
