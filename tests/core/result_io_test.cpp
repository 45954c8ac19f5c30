// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/result_io.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <random>

#include "core/error.h"
#include "example_results.h"

namespace mpq::test {
namespace {

std::filesystem::path temporary(const std::string& name) {
  static const ResultFolder folder;
  return folder.path / name;
}

std::filesystem::path file_with(const std::string& name, const std::string& content) {
  const auto path = temporary(name);
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

void expect_equal(const Result& a, const Result& b) {
  EXPECT_EQ(a.element, b.element);
  EXPECT_EQ(a.metric, b.metric);
  EXPECT_EQ(a.scope, b.scope);
  EXPECT_EQ(a.input, b.input);
  EXPECT_EQ(a.index, b.index);
  EXPECT_EQ(a.stream_time, b.stream_time);
  EXPECT_EQ(a.running_time, b.running_time);
  EXPECT_EQ(a.duration, b.duration);
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(a.unit, b.unit);
  EXPECT_EQ(a.label, b.label);
  EXPECT_EQ(a.details, b.details);
}

ErrorCode code_of(const std::function<void()>& action, const std::string& part_of_message) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find(part_of_message), std::string::npos) << e.what();
    return e.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::internal;
}

std::string replaced(std::string line, const std::string& from, const std::string& to) {
  return line.replace(line.find(from), from.size(), to);
}

TEST(ResultJson, HasTheDocumentedForm) {
  EXPECT_EQ(to_json(example_result()), example_json);
}
TEST(ResultCsv, HasTheDocumentedForm) {
  EXPECT_EQ(to_csv(example_result()), example_csv);
}

TEST(ResultJson, ReadsBackWhatItWrote) {
  expect_equal(result_from_json(example_json), example_result());
  expect_equal(result_from_json(to_json(awkward_result())), awkward_result());
}

TEST(ResultCsv, ReadsBackWhatItWrote) {
  expect_equal(result_from_csv(example_csv), example_result());
  expect_equal(result_from_csv(to_csv(awkward_result())), awkward_result());
}

TEST(ResultCsv, QuotesWhatSeparatesFields) {
  Result result = example_result();
  result.element = "a,\"b\"";
  EXPECT_EQ(to_csv(result).substr(0, 13), R"(1,"a,""b""",p)");
}

TEST(ResultJson, LeavesOutAbsentTimes) {
  Result result = example_result();
  result.stream_time = result.running_time = result.duration = std::nullopt;
  EXPECT_EQ(to_json(result).find("time"), std::string::npos);
  EXPECT_EQ(to_json(result).find("duration"), std::string::npos);
  expect_equal(result_from_json(to_json(result)), result);
}

TEST(ResultFiles, WriteInfinityAndNanAsWords) {
  Result result = example_result();
  result.value = std::nan("");
  EXPECT_NE(to_json(result).find(R"("value":"nan")"), std::string::npos);
  EXPECT_NE(to_csv(result).find(",nan,dB,"), std::string::npos);
  EXPECT_TRUE(std::isnan(result_from_json(to_json(result)).value));
  EXPECT_TRUE(std::isnan(result_from_csv(to_csv(result)).value));
  result.value = -std::numeric_limits<double>::infinity();
  EXPECT_NE(to_json(result).find(R"("value":"-inf")"), std::string::npos);
  EXPECT_NE(to_csv(result).find(",-inf,dB,"), std::string::npos);
}

TEST(ResultFiles, KeepEveryBitOfDoubles) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t bits = random();
    Result result = example_result();
    std::memcpy(&result.value, &bits, sizeof(bits));
    if (!std::isfinite(result.value)) continue;
    EXPECT_EQ(result_from_json(to_json(result)).value, result.value);
    EXPECT_EQ(result_from_csv(to_csv(result)).value, result.value);
  }
}

TEST(ResultJson, ReplacesBytesThatAreNotUtf8) {
  Result result = example_result();
  result.element = "\xff";
  EXPECT_EQ(result_from_json(to_json(result)).element, "\xEF\xBF\xBD");
}

TEST(ResultCsv, ReplacesBytesThatAreNotUtf8AndRefusesThem) {
  Result result;
  result.element = "a\xff";
  EXPECT_EQ(result_from_csv(to_csv(result)).element, "a\xef\xbf\xbd");
  EXPECT_THROW(result_from_csv("1,a\xff,psnr,frame,,0,,,,1,dB,,\"\""), mpq::Error);
  EXPECT_EQ(result_from_csv("1,\xc3\xa4,psnr,frame,,0,,,,1,dB,,\"\"").element, "\xc3\xa4");
}

TEST(ResultJson, NamesTheFieldThatIsMissing) {
  for (const char* name : {"schema", "element", "metric", "scope", "index", "value", "unit"}) {
    const auto line = replaced(example_json, "\"" + std::string(name) + "\":", "\"other\":");
    EXPECT_EQ(code_of([&] { result_from_json(line); }, name), ErrorCode::corrupt_data);
  }
}

TEST(ResultJson, NamesTheFieldThatIsMistyped) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("value":31.4)", R"("value":"31.4")"},
      {R"("index":0)", R"("index":-1)"},
      {R"("index":0)", R"("index":1e99)"},
      {R"("stream-time":0)", R"("stream-time":0.5)"},
      {R"("stream-time":0)", R"("stream-time":18446744073709551615)"},
      {R"("scope":"frame")", R"("scope":"file")"},
      {R"("unit":"dB")", R"("unit":1)"},
      {R"("mse":46.2)", R"("mse":[46.2])"},
      {R"("schema":1)", R"("schema":0)"}};
  for (const auto& [from, to] : cases) {
    const std::string name = std::string(from).substr(1, std::string(from).find(':') - 2);
    const std::string line = replaced(example_json, from, to);
    EXPECT_EQ(code_of([&] { result_from_json(line); }, name), ErrorCode::corrupt_data);
  }
}

TEST(ResultCsv, NamesTheFieldThatIsMistyped) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {",31.4,", ",31.4x,", "value"},      {",31.4,", ",,", "value"},
      {",0,0,0,", ",-1,0,0,", "index"},    {",frame,", ",,", "scope"},
      {",33333333,", ",1.5,", "duration"}, {"mse=46.2", "mse", "details"},
      {"mse=46.2", "a%99=1", "details"},   {"1,mpq", "0,mpq", "schema"},
      {"46.2\"", "46.2\"x", "quote"},      {"46.2\"", "46.2", "quote"},
      {",dB,", ",", "12 columns"}};
  for (const auto& [from, to, name] : cases) {
    const std::string line = replaced(example_csv, from, to);
    EXPECT_EQ(code_of([&] { result_from_csv(line); }, name), ErrorCode::corrupt_data) << line;
  }
}

TEST(ResultFiles, RefuseANewerSchema) {
  const auto json = replaced(example_json, "\"schema\":1", "\"schema\":2");
  EXPECT_EQ(code_of([&] { result_from_json(json); }, "version 2"), ErrorCode::unsupported);
  const auto csv = replaced(example_csv, "1,mpq", "2,mpq");
  EXPECT_EQ(code_of([&] { result_from_csv(csv); }, "version 2"), ErrorCode::unsupported);
}

TEST(ResultFiles, ReadBackWhatTheWriterWrote) {
  for (const char* name : {"a.jsonl", "a.csv"}) {
    ResultWriter writer(temporary(name));
    writer.write(example_result());
    writer.write(awkward_result());  // the CSV record spans two lines
    writer.write(example_result());
    const auto results = read_results(temporary(name));  // before the writer closes
    ASSERT_EQ(results.size(), 3u) << name;
    expect_equal(results[1], awkward_result());
    expect_equal(results[2], example_result());
  }
}

TEST(ResultFiles, MayHaveCarriageReturnsAndBlankLines) {
  const auto csv = file_with("cr.csv", csv_header() + "\r\n" + example_csv + "\r\n\r\n");
  expect_equal(read_results(csv).at(0), example_result());
  const auto json = file_with("cr.json", std::string("\r\n") + example_json + "\r\n \n" + example_json);
  EXPECT_EQ(read_results(json).size(), 2u);
  EXPECT_TRUE(read_results(file_with("empty.json", "")).empty());
}

TEST(ResultFiles, NameFileAndLineOfAnError) {
  const auto json = file_with("bad.json", std::string(example_json) + "\n{\"schema\":1,\n");
  EXPECT_EQ(code_of([&] { read_results(json); }, "bad.json:2: "), ErrorCode::corrupt_data);
  const auto csv = file_with("bad.csv", csv_header() + "\n" + example_csv + "\n\n1,2\n");
  EXPECT_EQ(code_of([&] { read_results(csv); }, "bad.csv:4: "), ErrorCode::corrupt_data);
  const auto header = file_with("header.csv", "schema,element\n");
  EXPECT_EQ(code_of([&] { read_results(header); }, "header.csv:1: "), ErrorCode::corrupt_data);
}

TEST(ResultFiles, ReportWhatCannotBeOpenedOrWritten) {
  EXPECT_EQ(code_of([] { read_results("/nowhere/a.json"); }, "/nowhere/a.json"), ErrorCode::io);
  EXPECT_EQ(code_of([] { read_results("/"); }, "folder"), ErrorCode::io);
  EXPECT_EQ(code_of([] { ResultWriter("/nowhere/a.json"); }, "/nowhere/a.json"), ErrorCode::io);
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "needs /dev/full";
  ResultWriter full("/dev/full");
  EXPECT_EQ(code_of([&] { full.write(example_result()); }, "/dev/full"), ErrorCode::io);
}

TEST(ResultFiles, BoundTheLengthOfALineAndTheDepthOfJson) {
  const auto line = file_with("long.json", std::string((1 << 20) + 1, ' '));
  EXPECT_EQ(code_of([&] { read_results(line); }, "1 MiB"), ErrorCode::corrupt_data);
  const auto quote = file_with("quote.csv", csv_header() + "\n\"" + std::string(1 << 21, '\n'));
  EXPECT_EQ(code_of([&] { read_results(quote); }, "1 MiB"), ErrorCode::corrupt_data);
  const auto deep = file_with("deep.json", std::string(1 << 20, '['));
  EXPECT_EQ(code_of([&] { read_results(deep); }, "deep"), ErrorCode::corrupt_data);
}

// Damaged lines are read or refused; anything but mpq::Error fails the test.
TEST(ResultFiles, SurviveDamage) {
  std::mt19937 random(2);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string line = i % 2 == 0 ? example_json : example_csv;
    for (int damage = 0; damage < 1 + i % 4; ++damage) {
      line[random() % line.size()] = static_cast<char>(random());
      if (random() % 8 == 0) line.resize(1 + random() % line.size());
    }
    try {
      i % 2 == 0 ? result_from_json(line) : result_from_csv(line);
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 5000);
  EXPECT_LT(refused, 20000);
}

}  // namespace
}  // namespace mpq::test
