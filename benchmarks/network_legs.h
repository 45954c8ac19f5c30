// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Legs that benchmarks of networks have in common.
#pragma once

#include "benchmarks/harness.h"

namespace mpq::bench {

/// With OpenMP threads that end with it, and without those of whatever ran before.
Leg alone(Leg leg);

/// "convolutions alone": of 3x3, 128 to 128 channels, of so many multiplications together, in the type that
/// this machine is faster with.
Leg convolutions_leg(double multiplications, int threads);

}  // namespace mpq::bench
