// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What benchmarks of networks have in common: their threads, random weights, the machine's own convolutions,
// and PyTorch as the peer.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "benchmarks/harness.h"
#include "benchmarks/process.h"
#include "checkpoint/safetensors_writer.h"

namespace mpq::bench {

/// The same with OpenMP threads that end with it, as those of a pipeline do; and without the threads of the
/// pipeline before it, which GLib keeps for half a second.
Leg alone(Leg leg);

/// A leg of bfloat16 convolutions (float32 where that is faster) of so many multiplications, 3x3, 128 to 128
/// channels, channels-last: the shape that LibTorch is fastest with.
Leg convolutions_leg(double multiplications, int threads);

struct NamedShape {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// Writes float32 tensors with random values around 0, or around 1 for norms' weights and variances, so that
/// what runs through a network keeps its size.
void write_random_weights(const std::vector<NamedShape>& tensors, const std::filesystem::path& file);

bool have_pytorch();

/// ||a - b|| / ||b||.
double relative_error(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace mpq::bench
