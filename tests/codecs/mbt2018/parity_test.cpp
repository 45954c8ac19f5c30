// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The three networks of the family against CompressAI's own numbers, layer by layer; and how far bfloat16 is
// from float32.
#include "support/parity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "codecs/mbt2018/network.h"
#include "codecs/mbt2018/reference.h"
#include "support/shared.h"

namespace {

using mpq::ImageView;
using mpq::MutableImageView;
using mpq::PixelFormat;
using mpq::test::ParityCase;
using mpq::test::read_floats;
using namespace mpq::mbt2018;

using Floats = std::vector<float>;

// One thread: threads that wait for each other take long on a busy machine.
constexpr mpq::nn::Options float32{.precision = mpq::nn::Precision::float32, .threads = 1};
constexpr mpq::nn::Options bfloat16{.precision = mpq::nn::Precision::bfloat16, .threads = 1};

/// The pictures of all cases.
constexpr int width = 176, height = 112, padded_width = 192, padded_height = 128, border = 8;

/// Every so many channels, rows and columns of [1, channels, height, width].
struct Steps {
  std::int64_t channel = 1, row = 1, column = 1;
};

Floats sampled(const at::Tensor& x, const Steps& steps = {}) {
  const at::Tensor some = x.slice(1, 0, x.size(1), steps.channel)
                              .slice(2, 0, x.size(2), steps.row)
                              .slice(3, 0, x.size(3), steps.column)
                              .contiguous();
  return {some.data_ptr<float>(), some.data_ptr<float>() + some.numel()};
}

/// [height, width, channels] of this height and width as [1, channels, height, width].
at::Tensor planar(const Floats& values, std::int64_t rows, std::int64_t columns) {
  return at::from_blob(const_cast<float*>(values.data()),
                       {1, rows, columns, static_cast<std::int64_t>(values.size()) / rows / columns},
                       at::kFloat)
      .permute({0, 3, 1, 2});
}

Floats last_channels(const Floats& planes, std::int64_t rows, std::int64_t columns) {
  const at::Tensor x =
      at::from_blob(const_cast<float*>(planes.data()),
                    {static_cast<std::int64_t>(planes.size()) / rows / columns, rows, columns}, at::kFloat)
          .permute({1, 2, 0})
          .contiguous();
  return {x.data_ptr<float>(), x.data_ptr<float>() + x.numel()};
}

Floats every(const Floats& values, std::size_t step) {
  Floats some;
  for (std::size_t i = 0; i < values.size(); i += step) some.push_back(values[i]);
  return some;
}

double decibels(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(a[i] - b[i], 2);
  return 10 * std::log10(255 * 255 * static_cast<double>(a.size()) / sum);
}

/// A parity case and its checkpoint, written once for all tests.
class Case {
 public:
  explicit Case(const std::filesystem::path& folder) : parity(folder) {
    const std::string file = folder_ / "model.safetensors";
    if (parity.write_checkpoint(file)) model = open(file);
  }

  ParityCase parity;
  Model model;

  bool written() const { return model.architecture.n > 0; }

  std::vector<std::uint8_t> bytes() const {
    const Floats pixels = last_channels(parity.input("image"), height, width);
    std::vector<std::uint8_t> bytes;
    for (const float value : pixels) bytes.push_back(static_cast<std::uint8_t>(std::lround(value * 255)));
    return bytes;
  }

 private:
  mpq::test::TemporaryFolder folder_;
};

class Mbt2018Parity : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto folder = mpq::test::shared_file(std::string("parity/") + GetParam());
    if (folder.empty()) GTEST_SKIP() << "needs the development data: parity/" << GetParam();
    auto& kept = cases()[GetParam()];
    if (kept == nullptr) kept = std::make_unique<Case>(folder);
    if (!kept->written()) GTEST_SKIP() << "needs python3-numpy";
    case_ = kept.get();
  }
  static void TearDownTestSuite() { cases().clear(); }

  static std::map<std::string, std::unique_ptr<Case>>& cases() {
    static std::map<std::string, std::unique_ptr<Case>> cases;
    return cases;
  }

  std::shared_ptr<const Transforms> transforms(const mpq::nn::Options& options) const {
    return Transforms::load(case_->model, options);
  }
  Reference::Estimate estimate(bool sequential) const {
    const auto reference = Reference::load(case_->model.weights, case_->model.architecture, 1);
    const Floats y = latents("y", 8, 12), z = latents("z", 2, 3);
    const LatentSize size = latent_size(width, height);
    return sequential ? reference->compress(y, z, size) : reference->forward(y, z, size);
  }
  /// An output [1, channels, rows, columns] of the reference implementation, channels last.
  Floats latents(const std::string& name, std::int64_t rows, std::int64_t columns) const {
    return last_channels(read_floats(folder() / ("out_" + name + ".npy")), rows, columns);
  }
  std::filesystem::path folder() const { return mpq::test::shared_file(std::string("parity/") + GetParam()); }
  std::vector<std::uint8_t> synthesised(const mpq::nn::Options& options, const Floats& y_hat) const {
    std::vector<std::uint8_t> bytes(std::size_t{3} * width * height);
    transforms(options)->synthesise(
        y_hat, MutableImageView{PixelFormat::rgb24, width, height, {{{bytes.data(), 3 * width}}}});
    return bytes;
  }

  struct Coded {
    double bits, decibels;
  };
  /// The case's picture, coded and decoded with the entropy model in float32.
  Coded coded(const mpq::nn::Options& options) const {
    const auto original = case_->bytes();
    Floats y, z;
    transforms(options)->analyse(view(original), &y, &z);
    const auto reference = Reference::load(case_->model.weights, case_->model.architecture, 1);
    const Reference::Estimate e = reference->compress(y, z, latent_size(width, height));
    return {e.y_bits + e.z_bits, decibels(synthesised(options, e.y_hat), original)};
  }
  static ImageView view(const std::vector<std::uint8_t>& bytes) {
    return {PixelFormat::rgb24, width, height, {{{bytes.data(), 3 * width}}}};
  }

  const Case* case_ = nullptr;
};

TEST_P(Mbt2018Parity, AnalysisGivesTheLatents) {
  const auto bytes = case_->bytes();
  Floats y, z;
  transforms(float32)->analyse(view(bytes), &y, &z);
  case_->parity.expect("y", sampled(planar(y, 8, 12)));
  case_->parity.expect("z", sampled(planar(z, 2, 3)));
}

TEST_P(Mbt2018Parity, LayersGiveWhatTheReferencesGive) {
  const auto all = transforms(float32);
  const c10::InferenceMode guard;
  const Floats image = case_->parity.input("image");
  const at::Tensor pixels = at::constant_pad_nd(
      at::from_blob(const_cast<float*>(image.data()), {1, 3, height, width}, at::kFloat).mul(255).round(),
      {border, border, border, border});
  const at::Tensor x = pixels.contiguous(at::MemoryFormat::ChannelsLast);
  case_->parity.expect("g_a_1", sampled(all->network().analysis(0, x), {16, 4, 4}));

  const Floats y_hat = latents("y_hat_forward", 8, 12);
  at::Tensor picture = planar(y_hat, 8, 12);
  for (std::size_t i = 0; i < 4; ++i) {
    picture = all->network().synthesis(i, picture);
    if (i == 0) case_->parity.expect("g_s_1", sampled(picture, {16, 2, 2}));
  }
  case_->parity.expect("x_hat_forward", sampled(picture, {1, 2, 2}));

  const Floats coded = latents("y_hat_compress", 8, 12);
  picture = planar(coded, 8, 12);
  for (std::size_t i = 0; i < 4; ++i) picture = all->network().synthesis(i, picture);
  case_->parity.expect("x_hat_decompress", sampled(picture.clamp(0, 1)));
}

TEST_P(Mbt2018Parity, ForwardGivesMeansScalesAndBits) {
  const Reference::Estimate e = estimate(false);
  const Variant variant = case_->model.architecture.variant;
  case_->parity.expect("z_hat", sampled(planar(e.z_hat, 2, 3)));
  if (variant != Variant::hyperprior) case_->parity.expect("means_forward", sampled(planar(e.means, 8, 12)));
  if (case_->parity.has("h_s")) case_->parity.expect("h_s", sampled(planar(e.hyper, 8, 12), {4}));
  if (variant == Variant::mbt2018) case_->parity.expect("ctx", sampled(planar(e.context, 8, 12), {4}));
  case_->parity.expect("scales_forward", sampled(planar(e.scales, 8, 12)));
  case_->parity.expect("y_hat_forward", sampled(planar(e.y_hat, 8, 12)));
  case_->parity.expect("y_likelihoods", sampled(planar(e.y_likelihoods, 8, 12), {4}));
  case_->parity.expect("bits", {static_cast<float>(e.y_bits), static_cast<float>(e.z_bits)});
}

TEST_P(Mbt2018Parity, CompressGivesTheLatentsThatAreCoded) {
  const Reference::Estimate e = estimate(true);
  case_->parity.expect("y_hat_compress", sampled(planar(e.y_hat, 8, 12)));
  // In the order of coding: channels last with the context model, planes without.
  const bool sequential = case_->model.architecture.variant == Variant::mbt2018;
  const Floats scales = sequential ? e.scales : sampled(planar(e.scales, 8, 12));
  case_->parity.expect("scales_compress", every(scales, 8));
}

TEST_P(Mbt2018Parity, SynthesisGivesTheReferencesPixels) {
  const auto bytes = synthesised(float32, latents("y_hat_compress", 8, 12));
  const Floats wanted = latents("x_hat_decompress", padded_height, padded_width);
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t i = 0; i < 3 * width; ++i)
      ASSERT_NEAR(bytes[y * 3 * width + i], 255 * wanted[((y + border) * padded_width + border) * 3 + i],
                  0.501);
}

TEST_P(Mbt2018Parity, Bfloat16SynthesisIsNearThatOfFloat32) {
  const Floats y_hat = latents("y_hat_compress", 8, 12);
  const auto exact = synthesised(float32, y_hat), near = synthesised(bfloat16, y_hat);
  const auto original = case_->bytes();
  const double agreement = decibels(near, exact),
               change = decibels(near, original) - decibels(exact, original);
  RecordProperty("bfloat16_agreement_db", std::to_string(agreement));
  RecordProperty("bfloat16_psnr_change_db", std::to_string(change));
  EXPECT_GE(agreement, 40);
  EXPECT_LE(std::abs(change), 0.1);
}

TEST_P(Mbt2018Parity, Bfloat16CostsNeitherBitsNorQuality) {
  const Coded exact = coded(float32), near = coded(bfloat16);
  RecordProperty("bfloat16_bits", std::to_string(near.bits / exact.bits));
  RecordProperty("bfloat16_coded_psnr_change_db", std::to_string(near.decibels - exact.decibels));
  EXPECT_NEAR(near.bits / exact.bits, 1, 0.01);
  EXPECT_NEAR(near.decibels, exact.decibels, 0.1);
}

INSTANTIATE_TEST_SUITE_P(Cases, Mbt2018Parity,
                         testing::Values("mbt2018_q1", "mbt2018_mean_q1", "bmshj2018_hyperprior_q1"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
