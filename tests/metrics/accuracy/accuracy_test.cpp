// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/accuracy/accuracy.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "tests/support/tools.h"

namespace mpq::accuracy {
namespace {

Label index_of(int index) {
  return {index, {}};
}
Label name_of(const std::string& name) {
  return {{}, name};
}

TEST(Accuracy, JudgesByIndexWhereTheTruthHasOne) {
  const Answer answer{{7, 3, 5}, "cat"};
  EXPECT_TRUE(judge(index_of(7), answer, 3).top_1);
  EXPECT_FALSE(judge({3, "cat"}, answer, 3).top_1);
  EXPECT_EQ(judge(index_of(5), answer, 3).top_k, true);
  EXPECT_EQ(judge(index_of(5), answer, 2).top_k, false);
  EXPECT_EQ(judge(index_of(9), answer, 3).top_k, false);
}

TEST(Accuracy, OfFewerClassesThanKIsNotGuessed) {
  EXPECT_EQ(judge(index_of(9), {{7, 3}, "cat"}, 5).top_k, std::nullopt);
  EXPECT_EQ(judge(index_of(3), {{7, 3}, "cat"}, 5).top_k, true);
}

TEST(Accuracy, JudgesByNameOtherwise) {
  EXPECT_TRUE(judge(name_of("cat"), {{7}, "cat"}, 5).top_1);
  EXPECT_FALSE(judge(name_of("dog"), {{7}, "cat"}, 5).top_1);
  EXPECT_EQ(judge(name_of("dog"), {{7}, "cat"}, 5).top_k, std::nullopt);
}

TEST(Accuracy, ANameAgainstAClassifierWithoutNamesIsAnError) {
  EXPECT_THROW(judge(name_of("dog"), {{7}, "7"}, 5), Error);
  EXPECT_THROW(judge({}, {{7}, "cat"}, 5), Error);
  EXPECT_THROW(judge(index_of(1), {{}, "cat"}, 5), Error);
}

// R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3: four digits.
TEST(Accuracy, WilsonsIntervalIsNewcombes) {
  struct {
    std::uint64_t successes, trials;
    double low, high;
  } const examples[] = {
      {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0.0000, 0.1611}, {1, 29, 0.0061, 0.1718}};
  for (const auto& e : examples) {
    const Interval interval = wilson(e.successes, e.trials, 0.95);
    EXPECT_NEAR(interval.low, e.low, 5e-5) << e.successes;
    EXPECT_NEAR(interval.high, e.high, 5e-5) << e.successes;
  }
}

TEST(Accuracy, WilsonsIntervalGrowsWithConfidenceAndNeedsTrials) {
  EXPECT_LT(wilson(50, 100, 0.99).low, wilson(50, 100, 0.9).low);
  EXPECT_DOUBLE_EQ(wilson(20, 20, 0.95).high, 1);
  EXPECT_TRUE(std::isnan(wilson(0, 0, 0.95).low));
  EXPECT_THROW(wilson(2, 1, 0.95), Error);
  EXPECT_THROW(wilson(1, 2, 1), Error);
}

TEST(Accuracy, AScoreCountsAndKeepsTheConfusion) {
  Score score;
  score.add({2, "bee"}, {{2, 9, 1}, "bee"}, 2);
  score.add(index_of(2), {{10, 2, 1}, "cat"}, 2);
  score.add(index_of(10), {{2, 1, 10}, "bee"}, 2);
  EXPECT_EQ(score.frames(), 3U);
  EXPECT_EQ(score.top_1(), 1U);
  EXPECT_EQ(score.top_k(), 2U);
  EXPECT_EQ(score.confusion(), (Confusion{{{"2", "2"}, 1}, {{"2", "10"}, 1}, {{"10", "2"}, 1}}));
  EXPECT_EQ(score.foreign_names(), std::nullopt);
  score.add(index_of(3), {{2}, "bee"}, 2);
  EXPECT_EQ(score.top_k(), std::nullopt);
}

TEST(Accuracy, ForeignNamesAreNoticed) {
  Score score;
  score.add(name_of("Box Turtle"), {{1}, "box turtle"}, 5);
  EXPECT_EQ(score.foreign_names(), std::pair(std::string("Box Turtle"), std::string("box turtle")));
  score.add(name_of("cat"), {{1}, "box turtle"}, 5);
  EXPECT_TRUE(score.foreign_names().has_value());
  score.add(name_of("box turtle"), {{2}, "cat"}, 5);
  EXPECT_EQ(score.foreign_names(), std::nullopt);
}

TEST(Accuracy, TheMatrixIsWrittenWithItsClassesInOrder) {
  const test::TemporaryFolder folder;
  Score score;
  score.add({10, "cat, big"}, {{2}, "bee"}, 1);
  score.add({10, "cat, big"}, {{10}, "cat, big"}, 1);
  score.add({10, "cat, big"}, {{2}, "bee"}, 1);
  score.write_confusion(folder / "matrix.csv");
  const auto bytes = test::read_file(folder / "matrix.csv");
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "truth,bee,\"cat, big\"\nbee,0,0\n\"cat, big\",2,1\n");
  EXPECT_THROW(score.write_confusion(folder / "none/matrix.csv"), Error);
}

}  // namespace
}  // namespace mpq::accuracy
