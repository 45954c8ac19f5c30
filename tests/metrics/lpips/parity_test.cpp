// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The parity cases: the published programs' distances, layers, features and maps.
#include <gtest/gtest.h>

#include <cmath>

#include "metrics/lpips/network.h"
#include "support/parity.h"
#include "support/shared.h"

namespace {

using mpq::test::ParityCase;
using namespace mpq::lpips;

constexpr int width = 134, height = 101;
constexpr mpq::nn::Options float32{.precision = mpq::nn::Precision::float32};

/// Bytes of a picture that the case has as [3, height, width] between 0 and 1.
std::vector<std::uint8_t> bytes_of(const std::vector<float>& planes) {
  std::vector<std::uint8_t> bytes(planes.size());
  const std::size_t places = planes.size() / 3;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(std::lround(255 * planes[i % 3 * places + i / 3]));
  return bytes;
}

mpq::ImageView view(const std::vector<std::uint8_t>& bytes) {
  return {mpq::PixelFormat::rgb24, width, height, {{{bytes.data(), 3 * width}}}};
}

/// Every so many channels, rows and columns of the first picture, as the case keeps them.
std::vector<float> some(const at::Tensor& features, std::int64_t channels, std::int64_t places) {
  const at::Tensor part = features.select(0, 0)
                              .slice(0, 0, features.size(1), channels)
                              .slice(1, 0, features.size(2), places)
                              .slice(2, 0, features.size(3), places);
  const at::Tensor dense = part.contiguous();
  return {dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel()};
}

class LpipsParity : public testing::TestWithParam<const char*> {};

TEST_P(LpipsParity, DistanceLayersFeaturesAndMapAreThoseOfTheReference) {
  const std::string name = GetParam();
  MPQ_REQUIRE_SHARED(folder, "parity/" + name);
  const ParityCase published(folder);
  const mpq::test::TemporaryFolder temporary;
  const std::string file = temporary / "lpips.safetensors";
  if (!published.write_checkpoint(file)) GTEST_SKIP() << "needs Python with NumPy";
  const auto model = Model::load(file, {}, float32);
  const auto original = bytes_of(published.input("image0")), coded = bytes_of(published.input("image1"));

  Scorer scorer(model);
  const mpq::ImageView distorted[] = {view(coded), view(original)};
  const auto scores = scorer.score(view(original), distorted, 2);
  ASSERT_EQ(scores.size(), 2U);
  published.expect("distance", {static_cast<float>(scores[0].distance)});
  published.expect("per_layer", {scores[0].layers.begin(), scores[0].layers.end()});
  if (published.has("spatial")) {
    std::vector<float> map;
    for (int y = 0; y < height; y += 2)
      for (int x = 0; x < width; x += 2)
        map.push_back(scores[0].map[static_cast<std::size_t>(y * width + x)]);
    published.expect("spatial", map);
  }
  EXPECT_EQ(scores[1].distance, 0);
  EXPECT_EQ(scores[1].map, std::vector<float>(std::size_t{width} * height));

  const Model::Network& network = model->network();
  const bool normalised = name == "lpips_piq_vgg";  // the case has its features so
  std::vector<at::Tensor> features;
  auto bytes = original;
  mpq::nn::run(network.placement, "testing", [&] {
    network.run(network.input(at::from_blob(bytes.data(), {1, height, width, 3}, at::kByte)),
                [&](const Tap& tap) {
                  features.push_back(normalised ? tap.features * tap.scale.unsqueeze(1) : tap.features);
                });
  });
  published.expect("features_first", some(features.front(), 8, 2));
  published.expect("features_last", some(features.back(), 8, 1));
}

INSTANTIATE_TEST_SUITE_P(All, LpipsParity,
                         testing::Values("lpips_alex", "lpips_vgg", "lpips_squeeze", "lpips_piq_vgg"),
                         [](const auto& name) { return std::string(name.param); });

}  // namespace
