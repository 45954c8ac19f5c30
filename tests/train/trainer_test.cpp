// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Trainings of a tiny network: they learn, go on where they were stopped, and refuse what is not theirs.
#include "train/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "checkpoint/checkpoint.h"
#include "core/error.h"
#include "tests/support/tools.h"
#include "tests/train/training_pictures.h"
#include "train/mbt2018/objective.h"

namespace mpq::test {
namespace {

using namespace train;

train::mbt2018::Settings tiny() {
  train::mbt2018::Settings settings;
  settings.architecture.n = 8;
  settings.architecture.m = 12;
  settings.levels = 3;
  return settings;
}

TrainerOptions options_in(const TemporaryFolder& folder, const std::string& name) {
  TrainerOptions options;
  options.folder = folder / name;
  options.schedule = {.steps = 200, .learning_rate = 3e-3, .batch = 2, .crop = 64, .seed = 7};
  options.threads = 1;
  options.log_interval = 5;
  return options;
}

std::vector<LogRow> train_until(std::uint64_t step, const TrainerOptions& options,
                                const train::mbt2018::Settings& settings = tiny()) {
  Trainer trainer(train::mbt2018::make_objective(settings), training_pictures(3, 96, 80), options);
  std::vector<LogRow> rows;
  trainer.run([&] { return trainer.step() >= step; }, [&](const LogRow& row) { rows.push_back(row); });
  EXPECT_EQ(trainer.step(), step);
  return rows;
}

ErrorCode code_of(const std::function<void()>& function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_NE(error.remedy(), "") << error.what();
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::internal;
}

void expect_same_tensors(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto one = checkpoint::open(a), other = checkpoint::open(b);
  ASSERT_EQ(one->tensors().size(), other->tensors().size());
  for (const checkpoint::Tensor& tensor : one->tensors()) {
    const auto x = one->read(tensor), y = other->read(other->get(tensor.name));
    EXPECT_TRUE(std::equal(x.bytes.begin(), x.bytes.end(), y.bytes.begin(), y.bytes.end())) << tensor.name;
  }
}

TEST(Trainer, LowersTheLoss) {
  const TemporaryFolder folder;
  const auto rows = train_until(60, options_in(folder, "out"));
  ASSERT_EQ(rows.size(), 12U);
  EXPECT_LT(rows.back().loss, 0.5 * rows.front().loss);
  EXPECT_GT(rows.back().distortion, rows.front().distortion + 3);
}

/// The state after 8 steps is the same, to the bit, whether they were done at once or in two parts.
TEST(Trainer, GoesOnAsIfItHadNotStopped) {
  for (const bool bfloat16 : {false, true}) {
    const TemporaryFolder folder;
    train::mbt2018::Settings settings = tiny();
    TrainerOptions whole = options_in(folder, "whole"), parts = options_in(folder, "parts");
    settings.bfloat16 = whole.bfloat16 = parts.bfloat16 = bfloat16;
    train_until(8, whole, settings);
    train_until(5, parts, settings);
    train_until(8, parts, settings);
    expect_same_tensors(whole.folder / "state.safetensors", parts.folder / "state.safetensors");
    EXPECT_EQ(read_file(whole.folder / "model.safetensors"), read_file(parts.folder / "model.safetensors"));
  }
}

TEST(Trainer, AnotherSeedIsAnotherTraining) {
  const TemporaryFolder folder;
  TrainerOptions one = options_in(folder, "one"), other = options_in(folder, "other");
  other.schedule.seed = 8;
  train_until(2, one);
  train_until(2, other);
  EXPECT_NE(read_file(one.folder / "model.safetensors"), read_file(other.folder / "model.safetensors"));
}

TEST(Trainer, RefusesStatesOfOtherTrainings) {
  const TemporaryFolder folder;
  TrainerOptions options = options_in(folder, "out");
  train_until(2, options);
  train::mbt2018::Settings wider = tiny();
  wider.architecture.m = 16;
  EXPECT_EQ(code_of([&] { train_until(3, options, wider); }), ErrorCode::mismatch);
  options.schedule.seed = 99;
  EXPECT_EQ(code_of([&] { train_until(3, options); }), ErrorCode::mismatch);
}

TEST(Trainer, RefusesDamagedStates) {
  const TemporaryFolder folder;
  const TrainerOptions options = options_in(folder, "out");
  train_until(2, options);
  const std::string state = options.folder / "state.safetensors";
  const Bytes sound = read_file(state);
  Bytes damaged = sound;
  damaged[damaged.size() - 5] ^= 1;  // a digit of a value
  write_file(state, damaged);
  EXPECT_EQ(code_of([&] { train_until(3, options); }), ErrorCode::corrupt_data);
  write_file(state, std::span(sound).first(sound.size() / 2));
  EXPECT_THROW(train_until(3, options), Error);
  write_file(state, sound);
  train_until(3, options);
}

TEST(Trainer, RefusesModelsAsStates) {
  const TemporaryFolder folder;
  const TrainerOptions options = options_in(folder, "out");
  train_until(1, options);
  write_file(options.folder / "state.safetensors", read_file(options.folder / "model.safetensors"));
  EXPECT_EQ(code_of([&] { train_until(3, options); }), ErrorCode::corrupt_data);
}

TEST(Trainer, RefusesSchedulesThatCannotBe) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::function<void(Schedule&)>& change) {
    TrainerOptions options = options_in(folder, "out");
    change(options.schedule);
    EXPECT_EQ(code_of([&] { train_until(1, options); }), ErrorCode::invalid_argument);
  };
  refused([](Schedule& s) { s.crop = 100; });
  refused([](Schedule& s) { s.batch = 0; });
  refused([](Schedule& s) { s.learning_rate = -1; });
  refused([](Schedule& s) { s.steps = 0; });
  refused([](Schedule& s) { s.minutes = -1; });
}

TEST(Trainer, NamesAFolderThatCannotBeMade) {
  const TemporaryFolder folder;
  write_file(folder / "file", Bytes{1});
  EXPECT_EQ(code_of([&] { train_until(1, options_in(folder, "file/out")); }), ErrorCode::io);
}

TEST(Trainer, CutsTheLogToItsState) {
  const TemporaryFolder folder;
  const TrainerOptions options = options_in(folder, "out");
  train_until(10, options);
  std::ofstream(options.folder / "log.csv", std::ios::app) << "15,1,1,1,1,1,1,1,1\n20,1,1";
  train_until(15, options);
  const Bytes log = read_file(options.folder / "log.csv");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 4);  // the heading and the steps 5, 10, 15
  const Bytes plot = read_file(options.folder / "log.svg");
  const std::string svg(plot.begin(), plot.end());
  EXPECT_EQ(svg.rfind("<svg", 0), 0U);
  EXPECT_NE(svg.find("polyline"), std::string::npos);
}

TEST(Trainer, TheScheduleGoesByTimeWhereThatIsSooner) {
  const Schedule schedule{.steps = 1000, .minutes = 2, .learning_rate = 1};
  EXPECT_NEAR(learning_rate(schedule, 500, 0), 0.51, 1e-3);
  EXPECT_NEAR(learning_rate(schedule, 100, 60), 0.51, 1e-3);
  EXPECT_NEAR(learning_rate(schedule, 100, 120), 0.02, 1e-6);
  EXPECT_LT(share_done(schedule, 999, 119), 1);
  EXPECT_EQ(share_done(schedule, 10, 121), 1);
}

/// Time that was trained before a stop counts.
TEST(Trainer, EndsWhenItsTimeIsUp) {
  const TemporaryFolder folder;
  TrainerOptions options = options_in(folder, "out");
  options.schedule.steps = 1000000;
  train_until(3, options);
  options.schedule.minutes = 1e-6;
  Trainer trainer(train::mbt2018::make_objective(tiny()), training_pictures(3, 96, 80), options);
  EXPECT_TRUE(trainer.is_done());
  trainer.run([] { return false; }, [](const LogRow&) {});
  EXPECT_EQ(trainer.step(), 3U);
  EXPECT_EQ(read_summary(options.folder).value().schedule.minutes, 1e-6);
}

TEST(Trainer, LearningRateRisesAndFalls) {
  const Schedule schedule{.steps = 1000, .learning_rate = 1};
  EXPECT_NEAR(learning_rate(schedule, 0), 0.01, 1e-3);
  EXPECT_NEAR(learning_rate(schedule, 500), 0.51, 1e-3);
  EXPECT_NEAR(learning_rate(schedule, 1000), 0.02, 1e-6);
  EXPECT_NEAR(learning_rate(schedule, 5000), 0.02, 1e-6);
}

}  // namespace
}  // namespace mpq::test
