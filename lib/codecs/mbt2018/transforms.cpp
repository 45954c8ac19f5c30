// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/transforms.h"

#include "codecs/mbt2018/layers.h"
#include "codecs/mbt2018/network.h"
#include "core/error.h"
#include "core/image_check.h"
#include "core/text.h"

namespace mpq::mbt2018 {
namespace {

constexpr int largest = 65536;

int padded(int size) {
  return (size + hyper_stride - 1) / hyper_stride * hyper_stride;
}

template <class Byte>
void check_picture(const BasicImageView<Byte>& picture) {
  check_view(picture);
  if (picture.format != PixelFormat::rgb24)
    throw Error(ErrorCode::invalid_argument,
                text("the transforms take rgb24 pictures, not ", format_name(picture.format)));
}

at::Tensor latents(std::span<const float> y, const Architecture& architecture, const LatentSize& size) {
  return at::from_blob(const_cast<float*>(y.data()), {1, size.height, size.width, architecture.m}, at::kFloat)
      .permute({0, 3, 1, 2});
}

/// [1, channels, 1, 1]
at::Tensor channels(std::span<const float> factors, const nn::Placement& placement) {
  return at::tensor(at::ArrayRef<float>(factors.data(), factors.size()))
      .to(placement.device)
      .view({1, -1, 1, 1});
}

void check_quality(int quality, const Architecture& architecture) {
  if (quality < 0 || quality > highest_quality(architecture))
    throw Error(ErrorCode::invalid_argument,
                text("quality ", quality, " is not one of 0 to ", highest_quality(architecture)));
}

}  // namespace

LatentSize latent_size(int width, int height) {
  if (width < 1 || height < 1 || width > largest || height > largest)
    throw Error(ErrorCode::invalid_argument, text("no latents for ", width, 'x', height, " pixels"));
  return {padded(height) / latent_stride, padded(width) / latent_stride};
}

Transforms::Transforms(std::unique_ptr<const Network> network) : network_(std::move(network)) {}
Transforms::~Transforms() = default;

std::shared_ptr<const Transforms> Transforms::load(const Model& model, const nn::Options& options) {
  return nn::apart([&] {
    const nn::Placement placement = nn::place(options);
    return nn::run(placement, "loading a learned image codec", [&] {
      return std::make_shared<const Transforms>(std::make_unique<const Network>(model, placement));
    });
  });
}

void Transforms::analyse(const ImageView& picture, std::vector<float>* y, std::vector<float>* z,
                         int quality) const {
  check_picture(picture);
  check_quality(quality, architecture());
  const Padding padding(picture.width, picture.height);
  nn::run(network_->placement, "analysing a picture", [&] {
    at::Tensor latents = network_->analyse(picture, padding);
    if (const auto gain = network_->gain.at(quality); !gain.empty())
      latents = latents.to(at::kFloat) * channels(gain, network_->placement);
    *y = in_order(latents);
    *z = in_order(network_->hyper_analysis(latents));
  });
}

void Transforms::synthesise(std::span<const float> y_hat, const MutableImageView& picture,
                            int quality) const {
  check_picture(picture);
  check_quality(quality, architecture());
  const Padding padding(picture.width, picture.height);
  const LatentSize& size = padding.latents;
  const auto count = static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width) *
                     static_cast<std::size_t>(architecture().m);
  if (y_hat.size() != count)
    throw Error(ErrorCode::invalid_argument, text(y_hat.size(), " latents instead of ", count, " for ",
                                                  picture.width, 'x', picture.height, " pixels"));
  nn::run(network_->placement, "synthesising a picture", [&] {
    at::Tensor y = latents(y_hat, architecture(), size);
    if (const auto gain = network_->inverse_gain.at(quality); !gain.empty()) y = y * channels(gain, {});
    network_->synthesise(y.to(network_->placement.device), padding, picture);
  });
}

void Transforms::use_threads() const {
  nn::use_threads(network_->placement);
}

const char* Transforms::precision() const noexcept {
  return network_->placement.precision();
}

const Architecture& Transforms::architecture() const noexcept {
  return network_->architecture;
}

}  // namespace mpq::mbt2018
