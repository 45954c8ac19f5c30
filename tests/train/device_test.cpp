// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Trainings on a device that is not the CPU, for which the stand-in is taken: the same as on the CPU.
#include <gtest/gtest.h>

#include "tests/support/tools.h"
#include "tests/train/training_pictures.h"
#include "train/mbt2018/objective.h"
#include "train/trainer.h"

namespace mpq::test {
namespace {

using namespace train;

struct Network {
  const char* name;
  train::mbt2018::Settings settings;
  bool bfloat16 = false;

  friend std::ostream& operator<<(std::ostream& out, const Network& network) { return out << network.name; }
};

train::mbt2018::Settings tiny(bool nano) {
  train::mbt2018::Settings settings;
  settings.architecture.n = 6;
  settings.architecture.m = 8;
  settings.levels = 3;
  if (nano)
    settings.architecture.nano = mpq::mbt2018::Nano{
        .wide = 4, .wide_blocks = 1, .deep = 5, .deep_blocks = 1, .hyper = 4, .context = 3, .parameters = 7};
  return settings;
}

class TrainingOnADevice : public testing::TestWithParam<Network> {
 protected:
  std::filesystem::path folder(const std::string& name) const { return folder_ / name; }

  /// Until that step; begins with the weights of `model`, if one is named.
  std::vector<LogRow> train(const std::string& device, std::uint64_t step, const std::string& name,
                            const std::string& model = {}) const {
    train::mbt2018::Settings settings = GetParam().settings;
    settings.device = device;
    TrainerOptions options;
    options.folder = folder(name);
    options.schedule = {.steps = 100, .learning_rate = 1e-3, .batch = 2, .crop = 64, .seed = 7};
    options.threads = 1;
    options.log_interval = 1;
    settings.bfloat16 = options.bfloat16 = GetParam().bfloat16;
    const auto objective = model.empty() ? train::mbt2018::make_objective(settings)
                                         : train::mbt2018::make_objective(settings, folder(model));
    Trainer trainer(objective, training_pictures(2, 80, 72), options);
    std::vector<LogRow> rows;
    trainer.run([&] { return trainer.step() >= step; }, [&](const LogRow& row) { rows.push_back(row); });
    return rows;
  }

  static void expect_close(const std::vector<LogRow>& a, const std::vector<LogRow>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_NEAR(a[i].loss, b[i].loss, 1e-4 * b[i].loss) << i;
      EXPECT_NEAR(a[i].rate, b[i].rate, 1e-4 * b[i].rate) << i;
      EXPECT_NEAR(a[i].gradient, b[i].gradient, 1e-3 * b[i].gradient) << i;
    }
  }

 private:
  TemporaryFolder folder_;
};

TEST_P(TrainingOnADevice, IsThatOnTheCpu) {
  expect_close(train("privateuseone", 4, "device"), train("cpu", 4, "cpu"));
}

class NanoOnADevice : public TrainingOnADevice {};

TEST_P(NanoOnADevice, GoesOnAfterAnInterruptionOnTheSameOrAnother) {
  const auto whole = train("cpu", 4, "whole");
  train("privateuseone", 2, "parts");
  auto parts = train("privateuseone", 3, "parts");
  parts.push_back(train("cpu", 4, "parts").at(0));
  expect_close(parts, {whole.begin() + 2, whole.end()});
}

TEST_P(NanoOnADevice, AdaptsAModelOfTheCpu) {
  train("cpu", 2, "begin");
  const std::string model = "begin/model.safetensors";
  expect_close(train("privateuseone", 2, "device", model), train("cpu", 2, "cpu", model));
}

const auto name_of = [](const auto& network) { return std::string(network.param.name); };
const Network nano{"nano", tiny(true)};

INSTANTIATE_TEST_SUITE_P(All, TrainingOnADevice,
                         testing::Values(Network{"mbt2018", tiny(false)}, nano,
                                         Network{"bfloat16", tiny(true), true}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(All, NanoOnADevice, testing::Values(nano), name_of);

}  // namespace
}  // namespace mpq::test
