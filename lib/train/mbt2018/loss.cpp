// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/mbt2018/loss.h"

#include <cmath>

#include "train/functions.h"
#include "train/mbt2018/written.h"
#include "train/random.h"

namespace mpq::train::mbt2018 {

namespace {

/// Of the noise of latents, what the context model sees on those that are written. Without any it learns to
/// use what channels without a number say of each other, which may grow from latent to latent without end.
constexpr double context_noise = 0.5;

/// What a synthesis gets, and bits a picture.
struct Coded {
  at::Tensor y, bits;
};

at::Tensor bits(const at::Tensor& likelihoods) {
  return likelihoods.log2().sum({1, 2, 3}).neg();
}

/// Nothing, with the gradients of x.
at::Tensor gradients_of(const at::Tensor& x) {
  return x - x.detach();
}

Coded noisy(const Network& network, const at::Tensor& y, const at::Tensor& z, const Draw& draw) {
  const at::Tensor y_noisy = y + draw.y_noise, z_noisy = z + draw.z_noise;
  const auto normal = network.entropy_parameters(network.hyper_synthesis(z_noisy), y_noisy);
  return {y_noisy, bits(normal_likelihoods(y_noisy - normal.means, normal.scales)) +
                       bits(network.density().likelihoods(z_noisy))};
}

Coded written(const Network& network, const at::Tensor& y, const at::Tensor& z, const Draw& draw) {
  const at::Tensor medians = network.medians(), z_hat = round_through(z - medians) + medians;
  const at::Tensor hyper = network.hyper_synthesis(z_hat);
  const bool context = network.architecture().variant == Variant::mbt2018;
  const at::Tensor before =
      context ? written_latents(network, hyper, y) + context_noise * draw.y_noise + gradients_of(y) : y;
  const auto normal = network.entropy_parameters(hyper, before);
  const at::Tensor distances = y - normal.means;
  const at::Tensor whole = symbols(network, distances, normal.scales);
  const Density& density = network.density();
  return {normal.means + whole + gradients_of(y),
          bits(normal_likelihoods(whole, normal.scales)) + bits(density.likelihoods(z_hat.detach())) +
              gradients_of(bits(normal_likelihoods(distances + draw.y_noise, normal.scales.detach())) +
                           bits(density.likelihoods(z + draw.z_noise, false)))};
}

}  // namespace

Draw draw_for(const Network& network, int count, int side, Generator& generator) {
  const Architecture& a = network.architecture();
  const std::int64_t y = side / mpq::mbt2018::latent_stride, z = side / mpq::mbt2018::hyper_stride;
  // The same on every device: what is drawn depends on the seed alone.
  const at::Device device = network.parameters().values().device();
  Draw draw;
  draw.level = uniform({count}, 0, network.levels() - 1, generator).to(device);
  draw.y_noise = uniform({count, y, y, a.m}, -0.5, 0.5, generator).to(device).permute({0, 3, 1, 2});
  draw.z_noise = uniform({count, z, z, a.n}, -0.5, 0.5, generator).to(device).permute({0, 3, 1, 2});
  return draw;
}

Terms rate_distortion(const Network& network, const at::Tensor& x, const Draw& draw,
                      const std::vector<double>& lambdas, Latents latents) {
  const bool variable = network.levels() > 1;
  at::Tensor y = network.analysis(x);
  if (variable) y = y * network.gain(draw.level);
  const at::Tensor z = network.hyper_analysis(y);
  const Coded coded = latents == Latents::written ? written(network, y, z, draw) : noisy(network, y, z, draw);
  const at::Tensor y_hat = variable ? coded.y * network.inverse_gain(draw.level) : coded.y;
  Terms terms;
  terms.rate = coded.bits / static_cast<double>(x.size(2) * x.size(3));
  terms.error = (network.synthesis(y_hat) - x).square().mean({1, 2, 3});
  const double steepness = variable ? std::log(lambdas[1] / lambdas[0]) : 0;
  const at::Tensor lambda = (draw.level * steepness).exp() * lambdas[0];
  // A level's loss grows about as the root of lambda: without a weight small files would hardly count, and
  // with its inverse large ones, which need the networks more, come out worse than small ones.
  const at::Tensor weight =
      (draw.level * (-0.25 * steepness)).exp() * std::pow(lambdas.back() / lambdas.front(), 0.125);
  terms.loss = (weight * (lambda * (255.0 * 255.0) * terms.error + terms.rate)).mean();
  return terms;
}

}  // namespace mpq::train::mbt2018
