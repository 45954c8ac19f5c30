// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Models' files: read back they are what was written, in float32 and in float16.
#include "train/mbt2018/model_file.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/tools.h"
#include "tests/train/training_pictures.h"
#include "train/autograd.h"
#include "train/mbt2018/objective.h"
#include "train/mbt2018/validation.h"
#include "train/trainer.h"

namespace mpq::test {
namespace {

using namespace train::mbt2018;
using train::ModelForm;

constexpr int levels = 3;
const std::vector<double> three_lambdas{0.001, 0.004, 0.016};

/// A network of the architecture, with gains that differ and weights of the context model everywhere.
std::unique_ptr<Network> network_of(const Architecture& architecture) {
  auto network = std::make_unique<Network>(architecture, levels, at::kFloat);
  network->initialise(5, three_lambdas);
  return network;
}

class ModelFile : public testing::TestWithParam<Architecture> {
 protected:
  void write(const Network& network, const ModelForm& form) const {
    write_model(file_, network, network.parameters().values(), form, {});
  }

  const c10::NoGradGuard guard_;
  TemporaryFolder folder_;
  std::string file_ = folder_ / "model.safetensors";
};

constexpr Architecture contextual{Variant::mbt2018, 16, 24}, plain{Variant::mean, 16, 24},
    residual{Variant::mbt2018, 16, 24, 0, mpq::mbt2018::Nano{12, 2, 20, 3, 28, 36, 44}};

INSTANTIATE_TEST_SUITE_P(All, ModelFile, testing::Values(contextual, plain, residual));

TEST_P(ModelFile, IsReadAsItWasWritten) {
  const auto one = network_of(GetParam());
  for (const bool float16 : {false, true}) {
    write(*one, {.float16 = float16});
    Network other(GetParam(), levels, at::kFloat);
    read_model(mpq::mbt2018::open(file_), other);
    for (const auto& [name, shape] : one->parameters().shapes()) {
      at::Tensor expected = one->parameters()[name].clone();
      if (name == "context_prediction.weight") {  // what the mask takes out
        expected.narrow(2, 3, 2).zero_();
        expected.narrow(2, 2, 1).narrow(3, 2, 3).zero_();
      }
      const double difference = (other.parameters()[name] - expected).norm().item<double>();
      const bool rounded = float16 && shape.size() == 4;
      EXPECT_LE(difference, (rounded ? 1e-3 : 1e-6) * expected.norm().item<double>()) << name;
    }
  }
}

TEST_P(ModelFile, CodesTheSameInFloat16) {
  const auto one = network_of(GetParam());
  const auto pictures = training_pictures(2, 100, 70);
  write(*one, {});
  const auto whole = validate(file_, pictures, 1);
  const auto bytes = std::filesystem::file_size(file_);
  write(*one, {.float16 = true});
  const auto half = validate(file_, pictures, 1);
  EXPECT_LT(static_cast<double>(std::filesystem::file_size(file_)), 0.75 * static_cast<double>(bytes));
  ASSERT_EQ(whole.size(), static_cast<std::size_t>(levels));
  ASSERT_EQ(half.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_NEAR(half[i].rate, whole[i].rate, 0.01 * whole[i].rate);
    EXPECT_NEAR(half[i].psnr, whole[i].psnr, 0.02);
  }
}

TEST_P(ModelFile, WithValuesThatCannotBeIsRefused) {
  const auto one = network_of(GetParam());
  for (const char* name : {"log_gain", "h_a.0.weight"}) {
    const auto broken = network_of(GetParam());
    broken->parameters().part(broken->parameters().values(), name).view({-1})[1] = std::nan("");
    write(*broken, {.float16 = true});
    try {
      read_model(mpq::mbt2018::open(file_), *one);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
      EXPECT_NE(error.remedy(), "");
    }
  }
}

/// What a training writes says its lambdas, of one level those of that level.
TEST(ModelSettings, AreThoseOfTheTraining) {
  const TemporaryFolder folder;
  Settings settings{.architecture = residual, .levels = levels, .least_lambda = 0.001, .most_lambda = 0.016};
  const auto objective = make_objective(settings);
  train::TrainerOptions options;
  options.folder = folder / "out";
  options.schedule = {.steps = 1, .batch = 1, .crop = 64};
  options.threads = 1;
  train::Trainer(objective, training_pictures(1, 64, 64), options).save();
  const Settings found = model_settings(options.folder / "model.safetensors");
  EXPECT_EQ(found.architecture, settings.architecture);
  EXPECT_EQ(found.levels, levels);
  EXPECT_EQ(lambdas(found), lambdas(settings));
  train::export_model(options.folder, folder / "level.safetensors", objective, {.level = 1.0});
  const Settings level = model_settings(folder / "level.safetensors");
  EXPECT_EQ(level.levels, 1);
  ASSERT_EQ(lambdas(level).size(), 1U);
  EXPECT_NEAR(lambdas(level).front(), 0.004, 1e-8);
}

}  // namespace
}  // namespace mpq::test
