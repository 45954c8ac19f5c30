// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/result_table.h"

#include <gtest/gtest.h>

#include "example_results.h"

namespace mpq::test {
namespace {

TEST(FindDetail, ReturnsTheValueOrNothing) {
  EXPECT_EQ(find_detail(example_result(), "mse"), 46.2);
  EXPECT_EQ(find_detail(example_result(), "absent"), std::nullopt);
}

TEST(SelectResults, KeepsPooledOnesByDefault) {
  const std::vector<Result> all{example_result(), pooled_result("psnr", 30), pooled_result("rate", 2)};
  EXPECT_EQ(select_results(all, {}).size(), 2u);
  EXPECT_EQ(select_results(all, {Scope::frame, ""}).size(), 1u);
  EXPECT_EQ(select_results(all, {std::nullopt, ""}).size(), 3u);
  EXPECT_EQ(select_results(all, {std::nullopt, "psnr"}).size(), 2u);
  EXPECT_TRUE(select_results(all, {std::nullopt, "absent"}).empty());
}

TEST(ResultTable, AlignsColumnsAndLeavesOutEmptyOnes) {
  Result rate = pooled_result("rate", 1234.5678);
  rate.unit = "bit/s";
  rate.details = {{"bytes", 100}, {"ratio", 2.5}};
  EXPECT_EQ(result_table({pooled_result("psnr", 30.5), rate}),
            "metric  element   scope   index    value  unit   details\n"
            "psnr    mpqpsnr0  pooled     24     30.5  dB\n"
            "rate    mpqrate0  pooled     24  1234.57  bit/s  bytes=100  ratio=2.5\n");
}

TEST(ResultTable, OfNothingIsItsHead) {
  EXPECT_EQ(result_table({}), "metric  element  input  scope  index  value  unit  label  details\n");
}

TEST(ResultTable, PrintsNoControlCharacters) {
  Result result = pooled_result("psnr", std::numeric_limits<double>::infinity());
  result.element = "a\x1b[31m\nb";
  EXPECT_EQ(result_table({result}),
            "metric  element   scope   index  value  unit\n"
            "psnr    a?[31m?b  pooled     24    inf  dB\n");
}

TEST(ComparisonTable, PutsFilesSideBySide) {
  Result first = pooled_result("psnr", 30.5), second = pooled_result("psnr", 31);
  first.details = {{"mse", 2}};
  second.element = "another";
  EXPECT_EQ(comparison_table({{"a.json", {first}}, {"b.json", {second, pooled_result("rate", 1)}}}),
            "metric  figure  unit  a.json  b.json\n"
            "psnr    value   dB      30.5      31\n"
            "psnr    mse                2       -\n"
            "rate    value   dB         -       1\n");
}

TEST(ComparisonTable, TellsResultsOfOneFileApartByOrder) {
  EXPECT_EQ(comparison_table({{"a", {pooled_result("psnr", 1), pooled_result("psnr", 2)}},
                              {"b", {pooled_result("psnr", 3), pooled_result("psnr", 4)}}}),
            "metric  figure  unit  a  b\n"
            "psnr    value   dB    1  3\n"
            "psnr    value   dB    2  4\n");
}

TEST(ComparisonTable, MatchesFramesByIndex) {
  Result one = example_result(), two = example_result();
  one.details = two.details = {};
  two.index = 1;
  EXPECT_EQ(comparison_table({{"a", {one, two}}, {"b", {two}}}),
            "metric  input   frame  figure  unit     a     b\n"
            "psnr    dist_0      0  value   dB    31.4     -\n"
            "psnr    dist_0      1  value   dB    31.4  31.4\n");
}

}  // namespace
}  // namespace mpq::test
