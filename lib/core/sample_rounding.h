// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Floats to 16-bit samples, faster than audio codecs' libraries do it one by one, with the same results.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mpq {

/// Whether round_to_s16() takes several samples at once here.
#if defined(__SSE2__)
constexpr bool rounds_in_vectors = true;
#else
constexpr bool rounds_in_vectors = false;
#endif

/// Full scale 1.0 becomes 32768: to nearest, halves to even, and saturated. Samples are numbers, or infinite.
void round_to_s16(const float* samples, std::size_t count, std::int16_t* rounded);

/// Whether no sample is above 1 or below -1.
bool within_full_scale(const float* samples, std::size_t count);

}  // namespace mpq
