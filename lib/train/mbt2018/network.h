// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The networks of mbt2018 and mbt2018-mean for training: what lib/codecs/mbt2018 computes, differentiable.
// Tensors are [batch, channels, height, width].
#pragma once

#include <optional>
#include <vector>

#include "codecs/mbt2018/architecture.h"
#include "train/likelihoods.h"
#include "train/mbt2018/residual.h"

namespace mpq::train::mbt2018 {

using mpq::mbt2018::Architecture;
using mpq::mbt2018::Variant;

/// CompressAI's reparametrisation of a normalisation: a parameter v is trained as sqrt(v + pedestal), and is
/// at least what the bound says.
inline constexpr double pedestal = 0x1p-36, least_beta = 1e-6, least_gamma = 0;
/// Of the trained value.
double root_bound(double least);

/// Not thread-safe.
class Network {
 public:
  /// `levels`: rows of gain and inverse_gain; without these where it is 1. `wide`: the type that the layers
  /// of high resolution are computed in; `options`: those of the parameters. Throws Error(invalid_argument)
  /// for a variant without means, and sizes that are not positive.
  Network(const Architecture& architecture, int levels, at::ScalarType wide,
          const at::TensorOptions& options = at::kFloat);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const Architecture& architecture() const noexcept { return architecture_; }
  int levels() const noexcept { return levels_; }
  const Parameters& parameters() const noexcept { return parameters_; }
  const Density& density() const noexcept { return density_; }
  /// What z is rounded around: [1, N, 1, 1]. Kept beside the parameters, and not trained.
  at::Tensor medians() const;
  /// Takes the medians from the density as it is.
  void update_medians();
  /// Gains start with the square roots of these lambdas, level by level, around 1.
  void initialise(std::uint64_t seed, const std::vector<double>& lambdas);

  /// y of pictures of 0 to 1, whose sides are multiples of 64.
  at::Tensor analysis(const at::Tensor& x) const;
  at::Tensor hyper_analysis(const at::Tensor& y) const;
  at::Tensor hyper_synthesis(const at::Tensor& z) const;
  struct Normal {
    at::Tensor means, scales;
  };
  /// Of latents, from the hyper-synthesis and the latents before them (mbt2018).
  Normal entropy_parameters(const at::Tensor& hyper, const at::Tensor& latents) const;
  at::Tensor synthesis(const at::Tensor& y) const;

  /// For levels [batch], whole numbers and between: [batch, M, 1, 1].
  at::Tensor gain(const at::Tensor& level) const { return interpolate(parameters_["log_gain"], level); }
  at::Tensor inverse_gain(const at::Tensor& level) const {
    return interpolate(parameters_["log_inverse_gain"], level);
  }
  /// Of logarithms [levels, M].
  static at::Tensor interpolate(const at::Tensor& logs, const at::Tensor& level);

 private:
  at::Tensor layer(const std::string& name, const at::Tensor& x, std::int64_t stride) const;
  at::Tensor doubled(const std::string& name, const at::Tensor& x) const;
  at::Tensor context(const at::Tensor& latents) const;
  at::Tensor normalised(const std::string& name, const at::Tensor& x, bool inverse) const;

  Architecture architecture_;
  int levels_;
  at::ScalarType wide_;
  Parameters parameters_;
  Density density_;
  std::optional<ResidualTransforms> residual_;
  at::ScalarType type_;
};

/// The parameters' names (CompressAI's; log_gain, log_inverse_gain and entropy_bottleneck.medians besides)
/// and shapes.
std::vector<NamedShape> parameter_shapes(const Architecture& architecture, int levels);

}  // namespace mpq::train::mbt2018
