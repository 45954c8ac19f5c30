// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The network in training against the codec that reads its file.
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "codecs/mbt2018/latent_coder.h"
#include "codecs/mbt2018/mbt2018.h"
#include "codecs/mbt2018/reference.h"
#include "core/error.h"
#include "core/text.h"
#include "models/model_store.h"
#include "tests/support/tools.h"
#include "tests/train/training_pictures.h"
#include "train/autograd.h"
#include "train/mbt2018/loss.h"
#include "train/mbt2018/model_file.h"
#include "train/mbt2018/objective.h"
#include "train/mbt2018/validation.h"
#include "train/mbt2018/written.h"

namespace mpq::test {
namespace {

using namespace train::mbt2018;
using mpq::mbt2018::Reference;
using mpq::mbt2018::Transforms;

constexpr int width = 192, height = 128;

at::Tensor tensor_of(const std::vector<float>& last, std::int64_t rows, std::int64_t columns) {
  return at::from_blob(const_cast<float*>(last.data()),
                       {1, rows, columns, static_cast<std::int64_t>(last.size()) / rows / columns},
                       at::kFloat)
      .permute({0, 3, 1, 2})
      .clone();
}

std::vector<float> values_of(const at::Tensor& x) {
  const at::Tensor last = x.permute({0, 2, 3, 1}).contiguous();
  return {last.data_ptr<float>(), last.data_ptr<float>() + last.numel()};
}

at::Tensor tensor_of(const train::Picture& picture) {
  const at::Tensor pixels = at::tensor(at::ArrayRef<std::uint8_t>(picture.rgb));
  return pixels.view({1, picture.height, picture.width, 3}).permute({0, 3, 1, 2}).to(at::kFloat) / 255;
}

double relative_error(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

/// A network as at the start of a training, with larger latents y, and a picture.
struct Case {
  explicit Case(const Architecture& architecture, int levels = 1)
      : network(architecture, levels, at::kFloat), picture(training_pictures(1, width, height).front()) {
    network.initialise(5, {0.001, 0.004, 0.016});
    const auto& parameters = network.parameters();
    const auto larger = [&](const char* name, double factor) {
      parameters.part(parameters.values(), name).mul_(factor);
    };
    if (architecture.nano) {  // whose networks add next to nothing at the start
      larger("g_a.linear.weight", 10);
      for (const char* name : {"g_a.out.weight", "g_s.patch.weight", "g_s.linear.weight"}) larger(name, 100);
    } else {
      larger("g_a.6.weight", 20);
    }
    x = tensor_of(picture);
  }
  void write(std::optional<double> level = std::nullopt) const {
    write_model(file, network, network.parameters().values(), {.level = level}, {});
  }
  train::Picture synthesised(const Transforms& transforms, const at::Tensor& y) const {
    train::Picture result = picture;
    transforms.synthesise(values_of(y), result.view());
    return result;
  }

  TemporaryFolder folder;
  std::string file = folder / "model.safetensors";
  Network network;
  train::Picture picture;
  at::Tensor x;
};

/// 8-bit values differ by rounding alone.
void expect_near(const train::Picture& picture, const at::Tensor& x) {
  const at::Tensor expected = (x.clamp(0, 1) * 255).permute({0, 2, 3, 1}).contiguous();
  for (std::size_t i = 0; i < picture.rgb.size(); ++i)
    ASSERT_NEAR(picture.rgb[i], expected.data_ptr<float>()[i], 0.51) << i;
}

constexpr Architecture contextual{Variant::mbt2018, 16, 24}, plain{Variant::mean, 16, 24},
    residual{Variant::mbt2018, 16, 24, 0, mpq::mbt2018::Nano{12, 2, 20, 3, 28, 36, 44}};

class TrainedCodec : public testing::TestWithParam<Architecture> {};

TEST_P(TrainedCodec, ComputesWhatTheTrainingComputes) {
  const c10::NoGradGuard guard;
  const Case one(GetParam());
  one.write();
  const auto model = mpq::mbt2018::open(one.file);
  EXPECT_EQ(model.architecture, one.network.architecture());
  const auto transforms = Transforms::load(model, {.precision = nn::Precision::float32, .threads = 1});
  std::vector<float> y_values, z_values;
  transforms->analyse(one.picture.view(), &y_values, &z_values);
  const at::Tensor y = one.network.analysis(one.x), z = one.network.hyper_analysis(y);
  EXPECT_GT(y.std().item<double>(), 1);
  EXPECT_LT(relative_error(tensor_of(y_values, 8, 12), y), 1e-5);
  EXPECT_LT(relative_error(tensor_of(z_values, 2, 3), z), 1e-5);

  const auto reference = Reference::load(model.weights, model.architecture, 1);
  const auto estimate = reference->forward(values_of(y), values_of(z), {8, 12});
  const at::Tensor medians = one.network.medians(), z_hat = (z - medians).round() + medians;
  const auto normal = one.network.entropy_parameters(one.network.hyper_synthesis(z_hat), y.round());
  EXPECT_LT(relative_error(tensor_of(estimate.z_hat, 2, 3), z_hat), 1e-6);
  EXPECT_LT(relative_error(tensor_of(estimate.means, 8, 12), normal.means), 1e-5);
  EXPECT_LT(relative_error(tensor_of(estimate.scales, 8, 12), normal.scales), 1e-5);
  const at::Tensor coded = (y - normal.means).round() + normal.means;
  const auto bits = [](const at::Tensor& x) { return -x.to(at::kDouble).log2().sum().item<double>(); };
  const double y_bits = bits(train::normal_likelihoods(coded - normal.means, normal.scales));
  EXPECT_NEAR(estimate.y_bits, y_bits, 1e-4 * y_bits);
  // The codec's reference takes differences near 1, and so has fewer digits.
  const double z_bits = bits(one.network.density().likelihoods(z_hat));
  EXPECT_NEAR(estimate.z_bits, z_bits, 1e-3 * z_bits);
  expect_near(one.synthesised(*transforms, coded), one.network.synthesis(coded));
}

INSTANTIATE_TEST_SUITE_P(All, TrainedCodec, testing::Values(contextual, plain, residual));

/// What a training's rate and synthesis are of, against a file. (With weights that nobody trained a number
/// that falls to the other side changes all that come after it.)
TEST(TrainedCodecLatents, AreThoseOfFiles) {
  const auto stored = stored_model(default_codec_model);
  if (!stored) GTEST_SKIP() << "needs the folder models of the sources";
  const c10::NoGradGuard guard;
  const auto model = mpq::mbt2018::open(stored->path());
  Architecture architecture = model.architecture;
  Network network(architecture, std::exchange(architecture.levels, 0), at::kFloat);
  read_model(model, network);
  const train::Picture picture = training_pictures(1, width, height).front();
  const at::Tensor x = tensor_of(picture), level = at::full({1}, 4.0);
  const at::Tensor y = network.analysis(x) * network.gain(level), z = network.hyper_analysis(y);
  mpq::mbt2018::LatentCoder coder(std::make_shared<const mpq::mbt2018::EntropyModel>(model));
  const auto coded = coder.encode(values_of(y), values_of(z), {height / 64, width / 64});
  const at::Tensor decoded = tensor_of(coder.latents_as_floats(), height / 16, width / 16);

  const at::Tensor medians = network.medians();
  const at::Tensor hyper = network.hyper_synthesis((z - medians).round() + medians);
  const at::Tensor written = written_latents(network, hyper, y);
  const auto difference = [&](const at::Tensor& other) {
    return (other - decoded).abs().mean().item<double>();
  };
  EXPECT_LT(difference(written), 0.25 * difference(y.round()));  // of 0.057
  const Draw draw{level, at::zeros_like(y), at::zeros_like(z)};
  const Terms terms = rate_distortion(network, x, draw, lambdas(nano()), Latents::written);
  const double bits = terms.rate.item<double>() * width * height;
  EXPECT_NEAR(bits, 8.0 * static_cast<double>(coded.bytes.size()), 0.04 * bits + 100);
  const at::Tensor decoded_x = network.synthesis(decoded * network.inverse_gain(level));
  const double error = (decoded_x - x).square().mean().item<double>();
  EXPECT_NEAR(terms.error.item<double>(), error, 0.03 * error);
}

TEST(TrainedCodecLevels, AreFoldedIntoAPlainModel) {
  const c10::NoGradGuard guard;
  const Case one(plain, 3);
  const at::Tensor level = at::full({1}, 1.5);
  one.write(1.5);
  const auto model = mpq::mbt2018::open(one.file);
  const auto transforms = Transforms::load(model, {.precision = nn::Precision::float32, .threads = 1});
  std::vector<float> y_values, z_values;
  transforms->analyse(one.picture.view(), &y_values, &z_values);
  const at::Tensor y = one.network.analysis(one.x) * one.network.gain(level);
  EXPECT_LT(relative_error(tensor_of(y_values, 8, 12), y), 1e-5);
  EXPECT_LT(relative_error(tensor_of(z_values, 2, 3), one.network.hyper_analysis(y)), 1e-5);
  expect_near(one.synthesised(*transforms, y.round()),
              one.network.synthesis(y.round() * one.network.inverse_gain(level)));
}

TEST(TrainedCodecLevels, LieGeometricallyBetweenTheirNeighbours) {
  const c10::NoGradGuard guard;
  const Case one(plain, 3);
  const auto gain = [&](double level) {
    return one.network.gain(at::full({1}, level)).mean().item<double>();
  };
  EXPECT_NEAR(gain(0), 0.5, 1e-6);  // the root of 0.001 / 0.004
  EXPECT_NEAR(gain(1), 1, 1e-6);
  EXPECT_NEAR(gain(2), 2, 1e-6);
  EXPECT_NEAR(gain(1.5), std::sqrt(2.0), 1e-6);
  const at::Tensor both = one.network.gain(at::full({1}, 0.3)) * one.network.inverse_gain(at::full({1}, 0.3));
  EXPECT_NEAR(both.mean().item<double>(), 1, 1e-6);
}

TEST(TrainedCodecFile, HoldsTheLevels) {
  const Case one(plain, 3);
  one.write();
  const auto file = checkpoint::open(one.file);
  for (const char* name : {"gain", "inverse_gain"})
    EXPECT_EQ(file->get(name).shape, (std::vector<std::int64_t>{3, 24})) << name;
}

TEST(TrainedCodecFile, CodesPictures) {
  for (const Architecture& architecture : {contextual, residual}) {
    const Case one(architecture);
    one.write();
    const std::vector<train::Picture> pictures = training_pictures(2, 100, 70);
    const train::Score score = validate(one.file, pictures, 1).at(0);
    EXPECT_GT(score.rate, 0.01);
    EXPECT_GT(score.psnr, 3);
    EXPECT_THROW(validate(one.file, {}, 1), Error);
  }
}

}  // namespace
}  // namespace mpq::test
