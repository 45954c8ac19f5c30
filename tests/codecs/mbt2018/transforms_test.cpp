// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pictures of all sizes through small networks, fast layers against plain ones.
#include "codecs/mbt2018/transforms.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "core/error.h"
#include "generated_model.h"
#include "tests/support/pictures.h"
#include "tests/support/tools.h"

namespace mpq::test {
namespace {

using namespace mbt2018;
using Floats = std::vector<float>;

constexpr nn::Options float32{.precision = nn::Precision::float32, .threads = 1};
constexpr nn::Options bfloat16{.precision = nn::Precision::bfloat16, .threads = 1};

/// A photograph's likes: smooth, with some noise.
Picture picture(int width, int height) {
  Picture picture(PixelFormat::rgb24, width, height, 5);
  std::mt19937 random(1);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < 3 * width; ++x)
      picture.at(0, static_cast<std::size_t>(y), static_cast<std::size_t>(x)) =
          static_cast<std::uint8_t>(128 + 60 * std::sin(0.05 * x / 3 + x % 3) + 40 * std::cos(0.09 * y) +
                                    static_cast<double>(random() % 16));
  return picture;
}

constexpr Architecture few{Variant::mbt2018, 64, 80}, many{Variant::mean, 64, 128},
    odd{Variant::mean, 48, 80};

struct Latents {
  Floats y, z;
};

Latents analysed(const Transforms& transforms, const Picture& picture) {
  Latents latents;
  transforms.analyse(picture.view(), &latents.y, &latents.z);
  return latents;
}

Picture synthesised(const Transforms& transforms, const Floats& y, int width, int height) {
  Picture picture(PixelFormat::rgb24, width, height, 7);
  transforms.synthesise(y, picture.mutable_view());
  EXPECT_TRUE(picture.padding_is_untouched());
  return picture;
}

double relative_error(const Floats& a, const Floats& b) {
  double error = 0, norm = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    error += std::pow(double{a[i]} - b[i], 2);
    norm += std::pow(double{b[i]}, 2);
  }
  return std::sqrt(error / norm);
}

double decibels(const Picture& a, const Picture& b) {
  const auto x = a.pixels(), y = b.pixels();
  double sum = 1e-9;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::pow(x[i] - y[i], 2);
  return 10 * std::log10(255 * 255 * static_cast<double>(x.size()) / sum);
}

/// Networks of 64 channels have the fast layers where the processor has them, and those with 128 latents
/// Winograd's convolutions, too; networks of 48 channels have nothing of it.
class Mbt2018Transforms : public testing::Test {
 protected:
  std::shared_ptr<const Transforms> load(const Architecture& architecture, const nn::Options& options) {
    const std::string file = folder_ / "model.safetensors";
    write_mbt2018(file, mbt2018_tensors(architecture));
    const Model model = open(file);
    return Transforms::load(model, options);
  }

  void expect_near(const Transforms& near, const Transforms& exact, int width, int height) {
    SCOPED_TRACE(text(width, 'x', height));
    const LatentSize size = latent_size(width, height);
    const Latents a = analysed(exact, picture(width, height)), b = analysed(near, picture(width, height));
    const auto pixels = static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width);
    const auto n = static_cast<std::size_t>(exact.architecture().n),
               m = static_cast<std::size_t>(exact.architecture().m);
    ASSERT_EQ(a.y.size(), pixels * m);
    ASSERT_EQ(a.z.size(), pixels / 16 * n);
    EXPECT_LT(relative_error(b.y, a.y), 0.02);
    EXPECT_LT(relative_error(b.z, a.z), 0.03);
    Floats y = a.y;
    for (float& value : y) value = std::round(value);
    EXPECT_GE(decibels(synthesised(near, y, width, height), synthesised(exact, y, width, height)), 40);
  }

  TemporaryFolder folder_;
};

TEST_F(Mbt2018Transforms, TakePicturesOfAnySize) {
  const auto exact = load(few, float32), near = load(few, bfloat16);
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 7}, {63, 65}, {130, 64}, {768, 512}})
    expect_near(*near, *exact, width, height);
}

TEST_F(Mbt2018Transforms, TakePicturesOfAnySizeWithWinogradsConvolutions) {
  const auto exact = load(many, float32), near = load(many, bfloat16);
  for (const auto& [width, height] : {std::pair{1, 1}, {63, 65}, {130, 64}, {450, 200}})
    expect_near(*near, *exact, width, height);
}

TEST_F(Mbt2018Transforms, LayersOfAnyNumberOfChannelsRunInBfloat16) {
  expect_near(*load(odd, bfloat16), *load(odd, float32), 70, 40);
}

TEST_F(Mbt2018Transforms, ResidualOnesTakePicturesOfAnySize) {
  const Architecture nano{Variant::mbt2018, 32, 48, 0, Nano{32, 2, 48, 1, 40, 24, 56}};
  const auto exact = load(nano, float32), near = load(nano, bfloat16);
  EXPECT_EQ(exact->architecture(), nano);
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 7}, {63, 65}, {130, 64}, {450, 200}})
    expect_near(*near, *exact, width, height);
}

TEST_F(Mbt2018Transforms, TheScaleHyperpriorLooksAtAbsoluteLatents) {
  const Architecture hyperprior{Variant::hyperprior, 64, 80};
  const auto a = load(hyperprior, float32), b = load(hyperprior, bfloat16);
  EXPECT_LT(relative_error(analysed(*b, picture(64, 64)).z, analysed(*a, picture(64, 64)).z), 0.03);
  EXPECT_STREQ(a->precision(), "float32");
  EXPECT_STREQ(b->precision(), "bfloat16");
}

TEST_F(Mbt2018Transforms, RunOnDevicesOtherThanTheCpu) {
  const Architecture nano{Variant::mbt2018, 32, 48, 0, Nano{32, 2, 48, 1, 40, 24, 56}};
  for (const Architecture& architecture : {few, many, Architecture{Variant::hyperprior, 64, 80}, nano}) {
    const auto exact = load(architecture, float32);
    for (const nn::Precision precision : {nn::Precision::float32, nn::Precision::bfloat16})
      for (const auto& [width, height] : {std::pair{1, 7}, {130, 64}})
        expect_near(*load(architecture, {.device = "privateuseone", .precision = precision, .threads = 1}),
                    *exact, width, height);
  }
}

TEST_F(Mbt2018Transforms, GiveTheSameWithMoreThreadsAndAtOnce) {
  const auto one = load(many, bfloat16);
  const auto three = load(many, {.precision = nn::Precision::bfloat16, .threads = 3});
  const bool native =
      load(many, {.precision = nn::Precision::automatic})->precision() == std::string("bfloat16");
  const Picture original = picture(200, 300);
  const Latents wanted = analysed(*one, original);
  const auto pixels = synthesised(*one, wanted.y, 200, 300).pixels();
  const auto check = [&](const Transforms& transforms) {
    for (int i = 0; i < 3; ++i) {
      // Where LibTorch has to imitate bfloat16 its products depend on the threads in the last digits.
      const std::vector<float> y = analysed(transforms, original).y;
      EXPECT_TRUE(native ? y == wanted.y : relative_error(y, wanted.y) < 0.005);
      EXPECT_EQ(synthesised(transforms, wanted.y, 200, 300).pixels(), pixels);
    }
  };
  std::thread other([&] { check(*one); });
  check(*three);
  other.join();
}

TEST_F(Mbt2018Transforms, RefuseWhatTheyCannotTake) {
  const auto transforms = load(odd, float32);
  const auto refused = [](const auto& function) {
    try {
      function();
    } catch (const Error& error) {
      return error.code() == ErrorCode::invalid_argument;
    }
    return false;
  };
  Floats y, z;
  Picture gray(PixelFormat::gray8, 8, 8), rgb(PixelFormat::rgb24, 8, 8);
  EXPECT_TRUE(refused([&] { transforms->analyse(gray.view(), &y, &z); }));
  EXPECT_TRUE(refused([&] { transforms->synthesise(Floats(16 * 80), gray.mutable_view()); }));
  EXPECT_TRUE(refused([&] { transforms->synthesise(Floats(16 * 80 - 1), rgb.mutable_view()); }));
  EXPECT_TRUE(refused([] { latent_size(0, 5); }));
  EXPECT_TRUE(refused([] { latent_size(70000, 5); }));
}

}  // namespace
}  // namespace mpq::test
