// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// LibTorch's convolutions for several threads at once, which networks use in the place of at::conv2d().
//
// oneDNN before 2.7.3 (Debian 12 has 2.6.3) keeps a number that depends on the type in a static variable
// while it plans a convolution (brg_blocking_t::last_ic_block_size). Where one thread plans for float32 while
// another does for bfloat16, one of them comes out wrong, and stays so: oneDNN keeps the plan for that size.
// So here convolutions that are new plan one at a time; those that ran lately plan no more.
#pragma once

#include "nn/torch.h"

namespace mpq::nn {

/// As at::conv2d() with dilation 1.
at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  at::IntArrayRef stride, at::IntArrayRef padding, std::int64_t groups = 1);

/// As at::conv_transpose2d() with one group.
at::Tensor conv_transpose2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef output_padding);

}  // namespace mpq::nn
