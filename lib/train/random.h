// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Random tensors from our own generator, the same on every machine.
#pragma once

#include "nn/torch.h"
#include "train/generator.h"

namespace mpq::train {

/// Float32 values evenly distributed from `low` to `high`.
at::Tensor uniform(at::IntArrayRef shape, double low, double high, Generator& generator);

/// Float32 values of a normal distribution around 0.
at::Tensor normal(at::IntArrayRef shape, double deviation, Generator& generator);

}  // namespace mpq::train
