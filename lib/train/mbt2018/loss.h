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

enum class Rounding {
  straight_through,  ///< syntheses get rounded latents, with the gradients of the latents
  noise,             ///< they get the latents with noise: a differentiable function altogether
};

struct Terms {
  at::Tensor loss;   ///< a single value
  at::Tensor rate;   ///< [batch], bits a pixel
  at::Tensor error;  ///< [batch], mean squared
};

/// The rate is that of latents with noise (Balle et al. 2017), which the context model sees, too; a picture's
/// lambda is that of its level, interpolated geometrically.
Terms rate_distortion(const Network& network, const at::Tensor& x, const Draw& draw,
                      const std::vector<double>& lambdas, Rounding rounding);

}  // namespace mpq::train::mbt2018
