// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// winograd3x3.h on LibTorch's tensors and threads. What each output is does not depend on their number.
#pragma once

#include <memory>

#include "nn/runtime.h"
#include "nn/winograd3x3.h"

namespace mpq::nn {

/// Of a convolution with a zero around, stride 1; null where another way is faster, or not asked for by the
/// placement. `weight` is [outputs, inputs, 3, 3] and `bias` [outputs], both float32 on the CPU.
std::shared_ptr<const Winograd3x3> fast_convolution3x3(const at::Tensor& weight, const at::Tensor& bias,
                                                       const Placement& placement);

/// Outputs after the ReLU, of x [pictures, inputs, height, width]; both bfloat16, channels-last. Where
/// `pooled` is not null, it becomes the largest of each 2x2 of them, [pictures, outputs, height / 2, width /
/// 2].
at::Tensor convolve_relu(const Winograd3x3& layer, const at::Tensor& x, at::Tensor* pooled = nullptr);

}  // namespace mpq::nn
