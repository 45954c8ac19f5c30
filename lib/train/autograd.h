// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The only place that includes LibTorch's headers of automatic differentiation.
#pragma once

#include "nn/torch.h"

// LibTorch's own headers are not free of what we warn about.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <torch/csrc/autograd/custom_function.h>
#pragma GCC diagnostic pop
