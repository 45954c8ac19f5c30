// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A picture's rate and distortion through a network, differentiable.
#pragma once

#include "train/mbt2018/network.h"

namespace mpq::train::mbt2018 {

/// What is random in a step.
struct Draw {
  at::Tensor level;             ///< [batch], 0 to levels - 1
  at::Tensor y_noise, z_noise;  ///< of the latents' shapes, -1/2 to 1/2
};

/// For `count` pictures of `side` times `side` pixels.
Draw draw_for(const Network& network, int count, int side, Generator& generator);

enum class Latents {
  written,  ///< the latents that an encoder writes
  noise,    ///< the latents with noise in their place: a differentiable function altogether
};

struct Terms {
  at::Tensor loss;   ///< a single value
  at::Tensor rate;   ///< [batch], bits a pixel
  at::Tensor error;  ///< [batch], mean squared
};

/// A picture's lambda is that of its level, interpolated geometrically. Of `written` latents, rate and error
/// are those of a file but for what half of the noise does to the context model's means and scales (none
/// where the draw has none), and so are the gradients of all that a decoder has, too. Whole numbers have
/// none: what is before them gets the syntheses' gradients straight through (Theis et al. 2017), and the
/// rate's are those of latents with noise in the same distributions (Balle et al. 2017; Minnen and Singh 2020
/// for the mixture).
Terms rate_distortion(const Network& network, const at::Tensor& x, const Draw& draw,
                      const std::vector<double>& lambdas, Latents latents);

}  // namespace mpq::train::mbt2018
