// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The residual transforms of codecs/mbt2018/architecture.h for training. A training begins with a discrete
// cosine transform and nothing added to it, a codec already, and learns on from there.
#pragma once

#include <string>
#include <vector>

#include "codecs/mbt2018/architecture.h"
#include "train/generator.h"
#include "train/parameters.h"

namespace mpq::train::mbt2018 {

std::vector<NamedShape> residual_shapes(const mpq::mbt2018::Architecture& architecture);

/// How much of a model's weight one of the trained weight is: so that Adam's steps, which are of one size for
/// all parameters, are of the right size for each layer.
double unit(const std::string& parameter);

class ResidualTransforms {
 public:
  /// `wide`: the type that the residual networks are computed in. The parameters must outlive the object.
  ResidualTransforms(const Parameters& parameters, const mpq::mbt2018::Nano& residual, at::ScalarType wide);

  void initialise(Generator& generator) const;

  /// [batch, M, height / 16, width / 16] of pictures of 0 to 1, and back.
  at::Tensor analysis(const at::Tensor& x) const;
  at::Tensor synthesis(const at::Tensor& y) const;

 private:
  at::Tensor matrix(const std::string& name) const;
  at::Tensor layer(const std::string& name, const at::Tensor& x, std::int64_t bias_repeats = 1) const;
  at::Tensor blocks(const std::string& name, int count, at::Tensor x) const;

  const Parameters& parameters_;
  mpq::mbt2018::Nano residual_;
  at::ScalarType wide_;
};

}  // namespace mpq::train::mbt2018
