// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The program mpq-results, run as a user runs it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "core/result_io.h"
#include "example_results.h"

namespace mpq::test {
namespace {

struct Outcome {
  int status = -1;
  std::string output;  // standard output and error together
};

Outcome mpq_results(const std::string& arguments) {
  const std::string command = std::string("'") + std::getenv("MPQ_RESULTS") + "' " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  Outcome run;
  if (pipe == nullptr) return run;
  std::array<char, 4096> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe)) {
    run.output.append(part.data(), size);
  }
  const int state = pclose(pipe);
  run.status = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
  return run;
}

class MpqResults : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("MPQ_RESULTS") == nullptr) GTEST_SKIP() << "MPQ_RESULTS does not name the program";
    ResultWriter json(folder_ + "one.json"), csv(folder_ + "two.csv");
    json.write(example_result());
    json.write(pooled_result("psnr", 30.5));
    csv.write(pooled_result("psnr", 31.5));
  }

  ResultFolder own_folder_;
  std::string folder_ = own_folder_.path.string() + "/";
};

TEST_F(MpqResults, PrintsThePooledResultsOfAFile) {
  const Outcome run = mpq_results(folder_ + "one.json");
  EXPECT_EQ(run.status, 0);
  EXPECT_NE(run.output.find("30.5  dB"), std::string::npos) << run.output;
  EXPECT_EQ(run.output.find("31.4"), std::string::npos) << run.output;
}

TEST_F(MpqResults, ComparesSeveralFiles) {
  const Outcome run = mpq_results(folder_ + "one.json " + folder_ + "two.csv");
  EXPECT_EQ(run.status, 0);
  EXPECT_NE(run.output.find("one.json"), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("two.csv"), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("31.5"), std::string::npos) << run.output;
}

TEST_F(MpqResults, ConvertsToCsvAndJson) {
  EXPECT_EQ(mpq_results("--scope=frame --format csv " + folder_ + "one.json").output,
            csv_header() + "\n" + example_csv + "\n");
  EXPECT_EQ(mpq_results("--scope frame --format=json " + folder_ + "one.json").output,
            std::string(example_json) + "\n");
}

TEST_F(MpqResults, ExplainsItself) {
  const Outcome run = mpq_results("--help");
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output.rfind("Usage: mpq-results", 0), 0u);
}

TEST_F(MpqResults, RefusesWrongUsage) {
  for (const char* arguments :
       {"", "--scope", "--scope all", "--nonsense=1 a", "--scope=x a", "--format=x a"}) {
    const Outcome run = mpq_results(arguments);
    EXPECT_EQ(run.status, 2) << arguments << ": " << run.output;
    EXPECT_NE(run.output.find("--help"), std::string::npos) << run.output;
  }
}

TEST_F(MpqResults, FailsForUnreadableFilesAndEmptySelections) {
  EXPECT_EQ(mpq_results("/nowhere/a.json").status, 1);
  const Outcome run = mpq_results("--metric absent " + folder_ + "one.json");
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.output.find("no result was selected"), std::string::npos) << run.output;
}

}  // namespace
}  // namespace mpq::test
