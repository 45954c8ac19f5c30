// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The program mpq-train, run as a user runs it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "codecs/jpeg/jpeg.h"
#include "tests/support/program.h"
#include "tests/support/tools.h"
#include "tests/train/training_pictures.h"

namespace mpq::test {
namespace {

class MpqTrain : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("MPQ_TRAIN") == nullptr) GTEST_SKIP() << "MPQ_TRAIN does not name the program";
    std::filesystem::create_directories(folder_ / "data");
    jpeg::Encoder encoder;
    for (const train::Picture& picture : training_pictures(3, 96, 80))
      write_file(folder_ / ("data/" + std::to_string(count_++) + ".jpg"),
                 encoder.encode(picture.view(), {.quality = 95}).bytes);
  }

  /// `before` goes before the program: other limits, for example.
  Outcome run(const std::string& arguments, const std::string& before = "") const {
    return run_in(folder_ / "", before + " '" + std::getenv("MPQ_TRAIN") + "' " + arguments);
  }
  Outcome train(const std::string& output, const std::string& more, const std::string& before = "") const {
    return run(
        "mbt2018 --data data --n 8 --m 12 --levels 2 --batch 2 --crop 64 --threads 1 --precision float32 "
        "--output " +
            output + " " + more,
        before);
  }
  /// Gets the signal as soon as it has saved a state.
  Outcome interrupted(const std::string& output, const std::string& more, const std::string& signal) const {
    return train(output, more + " & pid=$!; until [ -e " + output +
                             "/state.safetensors ] || ! kill -0 $pid; do sleep 0.02; done; kill -" + signal +
                             " $pid; wait $pid");
  }

  TemporaryFolder folder_;
  int count_ = 0;
};

TEST_F(MpqTrain, TrainsValidatesAndExports) {
  const Outcome trained = train("out", "--steps 12 --validate data");
  EXPECT_EQ(trained.status, 0) << trained.output;
  EXPECT_TRUE(trained.says("3 pictures") && trained.says("saved at step 12")) << trained.output;
  EXPECT_TRUE(trained.says("level 0: ") && trained.says("level 1: ")) << trained.output;
  for (const char* file : {"state.safetensors", "model.safetensors", "log.csv", "log.svg", "validation.csv"})
    EXPECT_TRUE(std::filesystem::exists(folder_ / (std::string("out/") + file))) << file;
  EXPECT_EQ(run("export out level.safetensors --level 0.5").status, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "level.safetensors"));
  const Outcome beyond = run("export out level.safetensors --level 2");
  EXPECT_EQ(beyond.status, 1);
  EXPECT_TRUE(beyond.says("no level 2")) << beyond.output;
  const Outcome again = run("validate out --data data");
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_TRUE(again.says("step 12, level 1")) << again.output;
}

TEST_F(MpqTrain, AdaptsAModelAndTellsWhatThatBrings) {
  EXPECT_EQ(train("out", "--steps 12").status, 0);
  EXPECT_EQ(run("export out model.safetensors --precision float16").status, 0);
  const std::string command = "adapt model.safetensors --data data --batch 2 --crop 64 --threads 1 --output ";
  // Next to nothing is learnt: the model that is adapted is the one that was named.
  const Outcome same = run(command + "same --steps 2 --learning-rate 1e-9");
  EXPECT_EQ(same.status, 0) << same.output;
  EXPECT_TRUE(same.says("held back: 1 pictures") && same.says("to train on: 2 pictures")) << same.output;
  EXPECT_TRUE(same.says("level  bits a pixel  PSNR dB")) << same.output;
  std::ifstream table(folder_ / "same/adaptation.csv");
  std::string line;
  std::vector<std::pair<double, double>> scores;
  while (std::getline(table, line)) {
    std::array<char, 8> model{};
    int level = 0;
    double rate = 0, psnr = 0;
    if (std::sscanf(line.c_str(), "%7[a-z],%d,%lf,%lf", model.data(), &level, &rate, &psnr) == 4)
      scores.emplace_back(rate, psnr);
  }
  ASSERT_EQ(scores.size(), 4U);  // two levels before and after
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(scores[i + 2].first, scores[i].first, 0.01 * scores[i].first);
    EXPECT_NEAR(scores[i + 2].second, scores[i].second, 0.05);
  }
  // In two parts, and by time; the state knows its model.
  EXPECT_EQ(run(command + "parts --steps 3").status, 0);
  const Outcome rest = run(command + "parts --minutes 0.0001 --validate data --steps 100000");
  EXPECT_EQ(rest.status, 1) << rest.output;
  EXPECT_TRUE(rest.says("none to train on")) << rest.output;
  const Outcome on = run(command + "parts --minutes 0.0001");
  EXPECT_EQ(on.status, 0) << on.output;
  EXPECT_TRUE(on.says("going on from step 3")) << on.output;
  EXPECT_EQ(run("export out model.safetensors").status, 0);
  for (const char* augmented : {"as-they-are --steps 5", "augmented --steps 5 --augment"})
    EXPECT_EQ(run(command + augmented).status, 0) << augmented;
  EXPECT_TRUE(read_file(folder_ / "as-they-are/model.safetensors") !=
              read_file(folder_ / "augmented/model.safetensors"));
  const Outcome other = run(command + "parts --steps 9");
  EXPECT_EQ(other.status, 1) << other.output;
  EXPECT_TRUE(other.says("of another training")) << other.output;
}

TEST_F(MpqTrain, SaysWhatCannotBeAdapted) {
  const auto fails = [&](const std::string& arguments, int status, const std::string& words) {
    const Outcome outcome = run("adapt " + arguments);
    EXPECT_EQ(outcome.status, status) << outcome.output;
    EXPECT_TRUE(outcome.says(words)) << outcome.output;
  };
  EXPECT_EQ(train("out", "--steps 1").status, 0);
  fails("--data data --output new", 2, "needs one MODEL");
  fails("out/model.safetensors --data data", 2, "no --output");
  fails("nothing.safetensors --data data --output new", 1, "nothing.safetensors");
  fails("out/state.safetensors --data data --output new", 1, "no network of the MBT2018 family");
  fails("out/model.safetensors --data data --output new --n 16", 2, "keeps its channels and levels");
  fails("out/model.safetensors --data data --output new --precision float16", 2, "--precision is");
  fails("out/model.safetensors --data data --output out --crop 64", 1, "of another training");
  EXPECT_TRUE(train("new", "--augment").says("--augment goes with adapt"));
}

/// Killed at any time it goes on from what was saved, to the same bits.
TEST_F(MpqTrain, GoesOnAfterAKill) {
  const std::string steps = "--steps 40 --save-minutes 0";
  EXPECT_EQ(train("whole", steps).status, 0);
  const Outcome killed = interrupted("parts", steps, "KILL");
  EXPECT_EQ(killed.status, 137) << killed.output;
  const Outcome rest = train("parts", steps);
  EXPECT_EQ(rest.status, 0) << rest.output;
  EXPECT_EQ(read_file(folder_ / "whole/model.safetensors"), read_file(folder_ / "parts/model.safetensors"));
}

TEST_F(MpqTrain, SavesWhenItIsAskedToEnd) {
  const Outcome ended = interrupted("out", "--steps 100000 --save-minutes 0", "TERM");
  EXPECT_TRUE(ended.says("saved at step")) << ended.output;
  const Outcome rest = run("mbt2018 --data data --output out --minutes 0.001");
  EXPECT_EQ(rest.status, 0) << rest.output;
  EXPECT_TRUE(rest.says("going on from step")) << rest.output;
}

TEST_F(MpqTrain, SaysWhatIsWrong) {
  const auto fails = [](const Outcome& outcome, int status, const std::string& words) {
    EXPECT_EQ(outcome.status, status) << outcome.output;
    EXPECT_TRUE(outcome.says(words)) << outcome.output;
  };
  fails(run(""), 2, "no command");
  fails(run("mbt2018 --data data --output out --steps many"), 2, "--steps is a number");
  fails(run("mbt2018 --data nothing --output out"), 1, "cannot read the folder nothing");
  fails(run("mbt2018 --data data --output out --crop 128"), 1, "3 are smaller than 128 pixels");
  fails(run("export nothing file.safetensors"), 1, "no nothing/state.safetensors");
  fails(run("mbt2018 --data data --output out --device abacus"), 1, "no device that mpq knows");
  if (!std::filesystem::exists("/dev/nvidia0"))
    fails(run("mbt2018 --data data --output out --device cuda"), 1, "no CUDA device");
  EXPECT_EQ(train("out", "--steps 1").status, 0);
  fails(run("mbt2018 --data data --output out --m 16"), 1, "of another training");
  write_file(folder_ / "out/state.safetensors", Bytes{1, 2, 3});
  fails(run("mbt2018 --data data --output out"), 1, "state.safetensors");
}

/// A file system that takes no more: what was saved before stays.
TEST_F(MpqTrain, KeepsWhatIsThereWhereTheDiskIsFull) {
  EXPECT_EQ(train("out", "--steps 4").status, 0);
  const Bytes before = read_file(folder_ / "out/state.safetensors");
  const Outcome full = train("out", "--steps 8", "trap '' XFSZ; ulimit -f 8;");
  EXPECT_EQ(full.status, 1) << full.output;
  EXPECT_TRUE(full.says("Make room")) << full.output;
  EXPECT_EQ(read_file(folder_ / "out/state.safetensors"), before);
}

}  // namespace
}  // namespace mpq::test
