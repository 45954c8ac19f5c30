// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <fstream>

#include "tests/metrics/accuracy/classified.h"
#include "tests/support/tools.h"

namespace {

using mpq::Result;
using mpq::gst::Sample;
using mpq::test::classification;
using mpq::test::detail;
using mpq::test::Pipeline;
using mpq::test::TemporaryFolder;

struct Scored : Pipeline {
  explicit Scored(const std::string& properties = {})
      : Pipeline("appsrc name=in format=time caps=" + mpq::test::picture_caps + " ! mpqaccuracy " +
                 properties + " ! appsink name=out sync=false") {}

  void push(const std::vector<Sample>& samples, const std::vector<Result>& results) {
    mpq::test::push_classified(*this, "in", count_++, samples, results);
  }
  bool finish() {
    mpq::test::end_of_stream(*this, "in");
    return run(10);
  }

 private:
  int count_ = 0;
};

TEST(MpqAccuracy, CountsByIndexAndPostsTheConfusion) {
  Scored p("top-k=2");
  p.push({{"a.jpg", "bee", 1}}, {classification({1, 0, 2}, "bee")});
  p.push({{"b.jpg", "", 1}}, {classification({0, 1, 2}, "ant")});
  p.push({{"c.jpg", "", 2}}, {classification({0, 1, 2}, "ant")});
  ASSERT_TRUE(p.finish()) << p.error();
  const Result pooled = p.pooled("accuracy").value();
  EXPECT_EQ(pooled.index, 3U);
  EXPECT_DOUBLE_EQ(pooled.value, 1.0 / 3);
  EXPECT_DOUBLE_EQ(detail(pooled, "correct-frames"), 1);
  EXPECT_DOUBLE_EQ(detail(pooled, "top-2"), 2.0 / 3);
  // (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n), z = 1.959964
  EXPECT_NEAR(detail(pooled, "top-1-low"), 0.0614919, 1e-6);
  EXPECT_NEAR(detail(pooled, "top-1-high"), 0.7923404, 1e-6);
  EXPECT_DOUBLE_EQ(detail(pooled, "unclassified-frames"), 0);
  const Result confusion = p.pooled("confusion").value();
  EXPECT_DOUBLE_EQ(confusion.value, 2);
  EXPECT_DOUBLE_EQ(detail(confusion, "of-1-as-1"), 1);
  EXPECT_DOUBLE_EQ(detail(confusion, "of-1-as-0"), 1);
  EXPECT_DOUBLE_EQ(detail(confusion, "of-2-as-0"), 1);
  EXPECT_EQ(confusion.details.size(), 3U);
}

TEST(MpqAccuracy, EachFramesVerdictLeavesWithIt) {
  Scored p;
  p.push({{"a.jpg", "", 1}}, {classification({1, 0}, "bee")});
  p.push({{"b.jpg", "", 1}}, {classification({0, 1}, "ant")});
  ASSERT_TRUE(p.finish()) << p.error();
  const auto frames = p.pull_all();
  ASSERT_EQ(frames.size(), 2U);
  const auto attached = mpq::gst::attached_results(frames[1].buffer.get());
  ASSERT_EQ(attached.size(), 2U);
  EXPECT_EQ(attached[1].metric, "accuracy");
  EXPECT_DOUBLE_EQ(attached[1].value, 0);
  EXPECT_EQ(attached[1].index, 1U);
  EXPECT_EQ(attached[1].label, "ant");
  EXPECT_DOUBLE_EQ(detail(attached[1], "true-class"), 1);
  EXPECT_DOUBLE_EQ(detail(attached[1], "class"), 0);
  EXPECT_EQ(attached[1].stream_time, 40000000);
}

TEST(MpqAccuracy, TheNearestClassifiersResultCounts) {
  Scored p;
  p.push({{"a.jpg", "", 1}}, {classification({0}, "ant"), classification({1}, "bee")});
  ASSERT_TRUE(p.finish()) << p.error();
  EXPECT_DOUBLE_EQ(p.pooled("accuracy")->value, 1);
}

TEST(MpqAccuracy, LabelsComeFromAFileOrFromNames) {
  const TemporaryFolder folder;
  std::ofstream(folder / "l.csv") << "file,index\na.jpg,1\nb.jpg,0\n";
  Scored by_file("labels-file=" + (folder / "l.csv"));
  by_file.push({{"x/a.jpg", "", 7}}, {classification({1}, "bee")});
  by_file.push({{"x/b.jpg", "", 7}}, {classification({1}, "bee")});
  ASSERT_TRUE(by_file.finish()) << by_file.error();
  EXPECT_DOUBLE_EQ(by_file.pooled("accuracy")->value, 0.5);
  Scored by_name("label-pattern=\"^([a-z]+)\" confusion-file=" + (folder / "m.csv"));
  by_name.push({{"bee-1.jpg", "", {}}}, {classification({1}, "bee")});
  by_name.push({{"ant-1.jpg", "", {}}}, {classification({1}, "bee")});
  ASSERT_TRUE(by_name.finish()) << by_name.error();
  EXPECT_DOUBLE_EQ(by_name.pooled("accuracy")->value, 0.5);
  EXPECT_DOUBLE_EQ(detail(*by_name.pooled("confusion"), "of-ant-as-bee"), 1);
  const auto matrix = mpq::test::read_file(folder / "m.csv");
  EXPECT_EQ(std::string(matrix.begin(), matrix.end()), "truth,ant,bee\nant,0,1\nbee,0,1\n");
}

TEST(MpqAccuracy, WhatIsNotAnsweredIsCountedAndNotScored) {
  Scored p;
  p.push({{"a.jpg", "", 1}}, {});
  p.push({{"b.jpg", "", 1}}, {classification({1}, "bee", true)});
  p.push({{"c.jpg", "", 1}}, {classification({1}, "bee")});
  ASSERT_TRUE(p.finish()) << p.error();
  const Result pooled = p.pooled("accuracy").value();
  EXPECT_EQ(pooled.index, 1U);
  EXPECT_DOUBLE_EQ(detail(pooled, "unclassified-frames"), 1);
  EXPECT_DOUBLE_EQ(detail(pooled, "stale-frames"), 1);
}

TEST(MpqAccuracy, MissingLabelsAreErrorsThatNameThePicture) {
  Scored none;
  none.push({{"x/a.jpg", "", {}}}, {classification({1}, "bee")});
  EXPECT_FALSE(none.finish());
  EXPECT_NE(none.error().find("x/a.jpg has no label"), std::string::npos) << none.error();
  const TemporaryFolder folder;
  std::ofstream(folder / "l.csv") << "file,index\nb.jpg,1\n";
  Scored listed("labels-file=" + (folder / "l.csv"));
  listed.push({{"x/a.jpg", "", {}}}, {classification({1}, "bee")});
  EXPECT_FALSE(listed.finish());
  EXPECT_NE(listed.error().find("no label for x/a.jpg"), std::string::npos) << listed.error();
  Scored nameless;
  nameless.push({}, {classification({1}, "bee")});
  EXPECT_FALSE(nameless.finish());
  EXPECT_NE(nameless.error().find("mpqfoldersrc"), std::string::npos) << nameless.error();
}

TEST(MpqAccuracy, AStreamWithoutAClassifierIsAnError) {
  Scored p;
  p.push({{"a.jpg", "", 1}}, {});
  EXPECT_FALSE(p.finish());
  EXPECT_NE(p.error().find("Put a classifier"), std::string::npos) << p.error();
}

TEST(MpqAccuracy, TwoSetsOfNamesAreWarnedOf) {
  Scored p;
  p.push({{"a.jpg", "Bee", {}}}, {classification({1}, "bee")});
  p.push({{"b.jpg", "Ant", {}}}, {classification({0}, "ant")});
  ASSERT_TRUE(p.finish()) << p.error();
  ASSERT_EQ(p.warnings().size(), 1U);
  EXPECT_NE(p.warnings()[0].find("\"Ant\" against \"ant\""), std::string::npos) << p.warnings()[0];
}

}  // namespace
