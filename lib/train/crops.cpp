// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/crops.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "core/resize.h"

namespace mpq::train {
namespace {

/// What each byte of each channel becomes.
using Curves = std::array<std::array<float, 256>, 3>;

Curves draw_curves(Generator& generator, double chance) {
  double gamma = 1;
  std::array<double, 3> gains{1, 1, 1};
  if (generator.chance(chance)) {
    gamma = std::exp2(generator.uniform(-0.5, 0.5));
    const double brightness = generator.uniform(0.7, 1.1);
    for (double& gain : gains) gain = brightness * generator.uniform(0.9, 1.1);
  }
  Curves curves;
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t i = 0; i < 256; ++i) {
      const double value = static_cast<double>(i) / 255;
      curves[c][i] =
          static_cast<float>(std::min(1.0, gains[c] * (gamma == 1 ? value : std::pow(value, gamma))));
    }
  return curves;
}

struct Area {
  int x, y, side;
};

Area draw_area(Generator& generator, const Picture& picture, int side, double largest_scale) {
  const int least = std::min(picture.width, picture.height);
  const double scale = generator.uniform(1, std::min(largest_scale, static_cast<double>(least) / side));
  // Half of them are as they are: reduced ones have no noise and no traces of compression.
  const int taken =
      generator.chance(0.5) ? side : std::min(least, static_cast<int>(std::lround(scale * side)));
  const auto offset = [&](int size) {
    return static_cast<int>(generator.below(static_cast<std::uint64_t>(size - taken) + 1));
  };
  const int x = offset(picture.width);
  return {x, offset(picture.height), taken};
}

ImageView part_of(const Picture& picture, const Area& area) {
  ImageView view = picture.view();
  view.planes[0].data += area.y * view.planes[0].stride + area.x * 3;
  view.width = view.height = area.side;
  return view;
}

}  // namespace

Cropper::Cropper(std::span<const Picture> pictures, int side, const Augmentation& augmentation)
    : pictures_(pictures), side_(side), augmentation_(augmentation) {
  double end = 0;
  for (const Picture& picture : pictures) {
    if (std::min(picture.width, picture.height) < side)
      throw Error(ErrorCode::invalid_argument, "a picture is smaller than the crops");
    ends_.push_back(end += static_cast<double>(picture.width) * picture.height);
  }
  if (pictures.empty()) throw Error(ErrorCode::invalid_argument, "there are no pictures to crop");
}

void Cropper::crop(Generator& generator, std::span<float> pixels) const {
  const auto chosen = std::upper_bound(ends_.begin(), ends_.end() - 1, generator.uniform(0, ends_.back()));
  const Picture& picture = pictures_[static_cast<std::size_t>(chosen - ends_.begin())];
  const Area area = draw_area(generator, picture, side_, augmentation_.largest_scale);
  ImageView source = part_of(picture, area);
  Picture reduced;
  if (area.side != side_) {
    reduced = {side_, side_, std::vector<std::uint8_t>(static_cast<std::size_t>(side_ * side_) * 3)};
    Resizer(area.side, area.side, side_, side_, ResizeFilter::bicubic).resize(source, reduced.view());
    source = std::as_const(reduced).view();
  }
  const Curves curves = draw_curves(generator, augmentation_.jitter_chance);
  const std::uint64_t orientation = generator.below(8);
  // Steps in the source, in bytes, for a step to the right and one down.
  std::ptrdiff_t right = 3, down = source.planes[0].stride, first = 0;
  if ((orientation & 1) != 0) first += right * (side_ - 1), right = -right;
  if ((orientation & 2) != 0) first += down * (side_ - 1), down = -down;
  if ((orientation & 4) != 0) std::swap(right, down);
  float* out = pixels.data();
  for (int y = 0; y < side_; ++y) {
    const std::uint8_t* in = source.planes[0].data + first + y * down;
    for (int x = 0; x < side_; ++x, in += right)
      for (std::size_t c = 0; c < 3; ++c) *out++ = curves[c][in[c]];
  }
}

}  // namespace mpq::train
