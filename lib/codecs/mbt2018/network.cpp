// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/network.h"

#include <algorithm>

#include "core/text.h"

namespace mpq::mbt2018 {
namespace {

/// [1, 3, height, width] of the padded picture, of 0 to 255: whole numbers, which bfloat16 has, too.
at::Tensor pixels_of(const ImageView& picture, const Padding& padding, const nn::Placement& placement) {
  const at::Tensor bytes = at::zeros({1, padding.height, padding.width, 3}, at::kByte);
  const std::ptrdiff_t row = std::ptrdiff_t{3} * padding.width;
  std::uint8_t* const first = bytes.data_ptr<std::uint8_t>() + padding.top * row + padding.left * 3;
  for (int y = 0; y < picture.height; ++y)
    std::copy_n(picture.planes[0].data + picture.planes[0].stride * y, picture.width * std::ptrdiff_t{3},
                first + row * y);
  return bytes.permute({0, 3, 1, 2}).to(placement.device).to(placement.type);
}

/// `x` is [1, 3, height, width] of the padded picture, of 0 to 1.
void crop(const at::Tensor& x, const Padding& padding, const MutableImageView& picture) {
  const at::Tensor bytes = x.narrow(2, padding.top, picture.height)
                               .narrow(3, padding.left, picture.width)
                               .permute({0, 2, 3, 1})
                               .to(at::kFloat)
                               .mul(255)
                               .round()
                               .clamp(0, 255)
                               .to(at::kCPU, at::kByte)
                               .contiguous();
  const std::ptrdiff_t row = picture.width * std::ptrdiff_t{3};
  for (int y = 0; y < picture.height; ++y)
    std::copy_n(bytes.data_ptr<std::uint8_t>() + row * y, row,
                picture.planes[0].data + picture.planes[0].stride * y);
}

}  // namespace

Network::Network(const Model& model, const nn::Placement& p)
    : architecture(model.architecture), placement(p) {
  if (architecture.levels > 0) {
    gain = Gains(model, "gain");
    inverse_gain = Gains(model, "inverse_gain");
  }
  const LayerReader reader(model.weights, placement);
  for (std::size_t i = 0; i < 3; ++i) h_a[i] = reader.convolution(text("h_a.", 2 * i), i == 0 ? 1 : 2);
  if (architecture.nano) {
    const ResidualWeights weights(reader, *architecture.nano);
    if (FloatResidual::pays(architecture, placement))
      float_residual = std::make_unique<const FloatResidual>(weights);
    else
      residual = std::make_unique<const ResidualLayers>(weights, placement);
    return;
  }
  for (std::size_t i = 0; i < 4; ++i) {
    g_a[i] = reader.convolution(text("g_a.", 2 * i), 2, i == 0 ? 255 : 1);
    g_s[i] = reader.upsampling(text("g_s.", 2 * i));
    if (i == 3) break;
    g_a_norm[i] = reader.normalisation(text("g_a.", 2 * i + 1), false);
    g_s_norm[i] = reader.normalisation(text("g_s.", 2 * i + 1), true);
  }
  fast = fast_layers(reader, placement, architecture.n);
  if (fast != nullptr) winograd = winograd_layers(reader, architecture.n, architecture.m);
}

at::Tensor Network::analysis(std::size_t i, const at::Tensor& x) const {
  const at::Tensor out = g_a[i](x);
  if (i < 3) g_a_norm[i].apply(out);
  return out;
}

at::Tensor Network::hyper_analysis(const at::Tensor& y) const {
  const bool scales_only = architecture.variant == Variant::hyperprior;
  at::Tensor x = (scales_only ? y.abs() : y).to(placement.type);
  for (std::size_t i = 0; i < 3; ++i) {
    x = h_a[i](x);
    if (i < 2) x = scales_only ? x.relu_() : at::leaky_relu_(x);  // of slope 0.01
  }
  return x;
}

at::Tensor Network::synthesis(std::size_t i, const at::Tensor& x) const {
  const at::Tensor out = g_s[i](x);
  if (i < 3) g_s_norm[i].apply(out);
  return out;
}

at::Tensor Network::analyse(const ImageView& picture, const Padding& padding) const {
  if (float_residual != nullptr) return float_residual->analyse(picture, padding);
  if (residual != nullptr) return residual->analyse(picture, padding);
  if (fast == nullptr) {
    at::Tensor x = pixels_of(picture, padding, placement);
    for (std::size_t i = 0; i < 4; ++i) x = analysis(i, x);
    return x;
  }
  if (winograd != nullptr) return mbt2018::analyse(*fast, *winograd, picture, padding);
  at::Tensor x = first_layer(fast->first, picture, padding);
  for (std::size_t i = 1; i < 4; ++i) {
    x = g_a[i](x);
    if (i < 3) normalise(fast->g_a_norm[i - 1], x);
  }
  return x;
}

void Network::synthesise(const at::Tensor& y, const Padding& padding, const MutableImageView& picture) const {
  if (float_residual != nullptr) return float_residual->synthesise(y, padding, picture);
  if (residual != nullptr) return residual->synthesise(y, padding, picture);
  at::Tensor x = y.to(placement.type);
  if (fast == nullptr) {
    for (std::size_t i = 0; i < 4; ++i) x = synthesis(i, x);
    return crop(x, padding, picture);
  }
  if (winograd != nullptr) return mbt2018::synthesise(*fast, *winograd, x, padding, picture);
  for (std::size_t i = 0; i < 2; ++i) x = join(fast->g_s_norm[i], g_s[i].parts(x));
  last_layer(fast->last, fast->g_s_norm[2], g_s[2].parts(x), padding, picture);
}

}  // namespace mpq::mbt2018
