// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the benchmarks of networks share. In builds with LibTorch alone.
#pragma once

#include "benchmarks/harness.h"
#include "nn/options.h"

namespace mpq::bench {

/// The same with OpenMP threads that end with it, as those of a pipeline do; and without the threads of the
/// pipeline before it, which GLib keeps for half a second.
Leg alone(Leg leg);

/// So many multiplications in matrix products or 3x3 convolutions of the size that LibTorch is fastest with,
/// in the type that it is fastest with.
Leg products_leg(double multiplications, int threads);
Leg convolutions_leg(double multiplications, int threads);

/// Whether the system's Python has PyTorch.
bool have_pytorch();

}  // namespace mpq::bench
