// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Differentiable operations that networks of compression are made of, beyond LibTorch's own. Tensors are
// [batch, channels, height, width], channels-last in memory where they are large; any floating-point type.
#pragma once

#include "nn/torch.h"

namespace mpq::train {

/// max(x, bound), whose gradient goes through below the bound too where it would raise x (CompressAI's
/// LowerBound): a parameter that is there does not stay there for ever.
at::Tensor lower_bound(const at::Tensor& x, double bound);

/// Rounded to whole numbers, of two the even one; the gradient is that of x (straight-through estimator).
at::Tensor round_through(const at::Tensor& x);

/// A convolution with zeros around as many as half the kernel. Computed in `x`'s type, whatever the weights'.
at::Tensor convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                       std::int64_t stride);

/// A transposed convolution, 5x5, stride 2, to twice the height and width; `weight` is [in, out, 5, 5]. It is
/// the gradient of a strided convolution, and is computed as that: LibTorch 1.13's transposed convolution for
/// bfloat16 on the CPU computes something else, and the one for float32 is three times slower.
at::Tensor upsampling(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// The same for few outputs, as an ordinary convolution to four times as many channels, which then become
/// pixels: faster there.
at::Tensor narrow_upsampling(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// Generalised divisive normalisation: x[i] / sqrt(beta[i] + sum over j of gamma[i][j] x[j]^2), or times the
/// root (Balle et al. 2016). `beta` is [channels], `gamma` [channels, channels]; both positive.
at::Tensor normalisation(const at::Tensor& x, const at::Tensor& beta, const at::Tensor& gamma, bool inverse);

}  // namespace mpq::train
