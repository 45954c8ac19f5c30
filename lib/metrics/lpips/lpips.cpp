// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/lpips/lpips.h"

#include <algorithm>
#include <numeric>

#include "core/image_check.h"
#include "metrics/lpips/network.h"

namespace mpq::lpips {
namespace {

using Pixels = std::vector<std::uint8_t>;  // [height][width][3]

/// Pictures that are computed together have no more pixels than this: the layers of small ones are too short
/// for all threads, those of large ones only take memory.
constexpr std::int64_t pixels_at_once = 1 << 20;

void check(const ImageView& picture) {
  check_view(picture);
  if (picture.format != PixelFormat::rgb24)
    throw Error(ErrorCode::invalid_argument,
                text("LPIPS takes rgb24 pictures, not ", format_name(picture.format)));
}

void check_size(const ImageView& reference, const ImageView& picture) {
  if (reference.width != picture.width || reference.height != picture.height)
    throw Error(ErrorCode::mismatch,
                text("a picture of ", picture.width, 'x', picture.height, " pixels beside a reference of ",
                     reference.width, 'x', reference.height),
                "Scale one of them to the other's size");
}

void check_fits(Backbone backbone, const ImageView& picture) {
  const int least = smallest_side(backbone);
  if (std::min(picture.width, picture.height) < least)
    throw Error(ErrorCode::unsupported,
                text("pictures of ", picture.width, 'x', picture.height, " pixels are too small for ",
                     name_of(backbone)),
                text("Compare pictures of at least ", least, 'x', least, " pixels"));
}

Pixels pixels_of(const ImageView& picture) {
  const std::ptrdiff_t row = std::ptrdiff_t{3} * picture.width;
  Pixels pixels(static_cast<std::size_t>(row) * static_cast<std::size_t>(picture.height));
  for (int y = 0; y < picture.height; ++y)
    std::copy_n(picture.planes[0].data + y * picture.planes[0].stride, row, pixels.data() + y * row);
  return pixels;
}

at::Tensor bytes_of(const Pixels& pixels, int height, int width) {
  return at::from_blob(const_cast<std::uint8_t*>(pixels.data()), {1, height, width, 3}, at::kByte);
}

/// Adds a layer's map, enlarged to the pictures' size.
void add_map(const at::Tensor& map, int height, int width, std::vector<float>* sum) {
  const at::Tensor full = at::upsample_bilinear2d(map.unsqueeze(0).unsqueeze(0), {height, width},
                                                  /*align_corners=*/false)
                              .cpu()
                              .contiguous();
  const float* const values = full.data_ptr<float>();
  for (std::size_t i = 0; i < sum->size(); ++i) (*sum)[i] += values[i];
}

double mean_of(const at::Tensor& map) {
  const at::Tensor values = map.cpu().contiguous();
  const float* const first = values.data_ptr<float>();
  return std::accumulate(first, first + values.numel(), 0.0) / static_cast<double>(values.numel());
}

}  // namespace

Model::Model(std::unique_ptr<const Network> network) : network_(std::move(network)) {}
Model::~Model() = default;

Backbone Model::backbone() const noexcept {
  return network_->backbone;
}

const char* Model::precision() const noexcept {
  return network_->placement.type == at::kFloat ? "float32" : "bfloat16";
}

struct Scorer::Reference {
  Reference(const Model::Network& net, Pixels picture, int w, int h)
      : network(net), pixels(std::move(picture)), width(w), height(h) {
    network.run(network.input(bytes_of(pixels, height, width)),
                [&](Tap tap) { taps.push_back(std::move(tap)); });
  }

  bool is(const Pixels& picture, int w, int h) const {
    return w == width && h == height && picture == pixels;
  }

  /// Compares with `pictures`, none of which is this one.
  void compare(std::span<const Pixels* const> pictures, std::span<Score* const> scores) const {
    std::vector<at::Tensor> bytes;
    for (const Pixels* picture : pictures) bytes.push_back(bytes_of(*picture, height, width));
    std::size_t layer = 0;
    network.run(network.input(bytes.size() == 1 ? bytes.front() : at::cat(bytes)), [&](const Tap& tap) {
      const at::Tensor maps = distances(taps[layer], tap, network.linear[layer]);
      for (std::size_t i = 0; i < scores.size(); ++i) {
        const at::Tensor map = maps.select(0, static_cast<std::int64_t>(i));
        scores[i]->layers.push_back(mean_of(map));
        if (!scores[i]->map.empty()) add_map(map, height, width, &scores[i]->map);
      }
      ++layer;
    });
    for (Score* score : scores)
      score->distance = std::accumulate(score->layers.begin(), score->layers.end(), 0.0);
  }

  const Model::Network& network;
  Pixels pixels;
  int width, height;
  std::vector<Tap> taps;
};

Scorer::Scorer(std::shared_ptr<const Model> model) : model_(std::move(model)) {}
Scorer::~Scorer() = default;
Scorer::Scorer(Scorer&&) noexcept = default;

std::vector<Score> Scorer::score(const ImageView& reference, std::span<const ImageView> distorted,
                                 std::size_t maps) {
  check(reference);
  check_fits(model_->backbone(), reference);
  for (const ImageView& picture : distorted) {
    check(picture);
    check_size(reference, picture);
  }
  const Model::Network& network = model_->network();
  const int width = reference.width, height = reference.height;
  const std::size_t size = std::size_t(width) * std::size_t(height);
  const Pixels original = pixels_of(reference);
  std::vector<Score> scores(distorted.size());
  std::vector<Pixels> pixels;
  std::vector<Score*> open;
  pixels.reserve(distorted.size());
  for (std::size_t i = 0; i < distorted.size(); ++i) {
    if (i < maps) scores[i].map.resize(size);
    Pixels picture = pixels_of(distorted[i]);
    if (picture == original) {
      scores[i].layers.resize(network.linear.size());
      continue;
    }
    pixels.push_back(std::move(picture));
    open.push_back(&scores[i]);
  }
  if (open.empty()) return scores;
  nn::run(network.placement, "comparing pictures", [&] {
    if (reference_ == nullptr || !reference_->is(original, width, height)) {
      reference_.reset();  // its memory serves the next one
      reference_ = std::make_unique<Reference>(network, original, width, height);
    }
    const auto at_once =
        static_cast<std::size_t>(std::max<std::int64_t>(1, pixels_at_once / static_cast<std::int64_t>(size)));
    std::vector<const Pixels*> pictures;
    for (const Pixels& one : pixels) pictures.push_back(&one);
    for (std::size_t i = 0; i < open.size(); i += at_once) {
      const std::size_t count = std::min(at_once, open.size() - i);
      reference_->compare(std::span(pictures).subspan(i, count), std::span(open).subspan(i, count));
    }
  });
  return scores;
}

}  // namespace mpq::lpips
