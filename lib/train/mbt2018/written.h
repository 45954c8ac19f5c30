// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The latents that an encoder writes, as codecs/mbt2018 does it but for the last digits: there means are
// whole numbers of a small unit, and scales those of a table. Nothing here is differentiable.
#pragma once

#include "train/mbt2018/network.h"

namespace mpq::train::mbt2018 {

/// The whole numbers for values that lie `distances` from their means (codecs/mbt2018/rounding.h). All of one
/// shape.
at::Tensor symbols(const Network& network, const at::Tensor& distances, const at::Tensor& scales);

/// Of latents y [batch, M, height, width], with what the hyper-synthesis gives: each depends on those before
/// it by the context model, of which there must be one. As a decoder has them: whole numbers from their
/// means.
at::Tensor written_latents(const Network& network, const at::Tensor& hyper, const at::Tensor& y);

}  // namespace mpq::train::mbt2018
