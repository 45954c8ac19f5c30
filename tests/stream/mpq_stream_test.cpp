// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The program mpq-stream, run as a user runs it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "made_frames.h"
#include "tests/support/program.h"

namespace mpq::test {
namespace {

class MpqStream : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("MPQ_STREAM") == nullptr) GTEST_SKIP() << "MPQ_STREAM does not name the program";
    std::string name = (std::filesystem::temp_directory_path() / "mpq-stream-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  void write(const std::string& file, const Data& bytes) const {
    std::ofstream(folder_ / file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

  Outcome run(const std::string& arguments) const {
    return run_in(folder_.string(), std::string("'") + std::getenv("MPQ_STREAM") + "' " + arguments);
  }

  std::filesystem::path folder_;
};

const Data first = picture_frame(900, 1);
const Data second = frame_of(example_header(), {noise(40, 2), noise(300, 3)});
const Data unknown = frame_of(
    {.codec = static_cast<stream::Codec>(99), .mode = 0, .shape = {2, 48000}, .model = 0, .latents_crc = 0},
    {});

TEST_F(MpqStream, PrintsTheFramesOfAStream) {
  write("a.mpq", join({first, second, unknown}));
  const Outcome outcome = run("a.mpq");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  const std::string rate = " bit/pixel";
  for (const std::string words :
       {" frame     offset   length  codec",
        "     0          0      957  mbt2018               0     320x240",
        "     1        957      377  mbt2018-mean          1     320x240      0123456789abcdef  0.03927    "
        "ok   40+300",
        "unknown (99)", "[2, 48000]", "none", "3 frames, 1368 bytes, 0.06948 bit/pixel\n"})
    EXPECT_TRUE(outcome.says(words)) << words << "\n" << outcome.output;
}

TEST_F(MpqStream, PrintsJsonLines) {
  write("a.mpq", second);
  EXPECT_EQ(
      run("--format=json a.mpq").output,
      R"({"file":"a.mpq","offset":0,"length":377,"index":0,"codec":"mbt2018-mean","codec-number":2,"mode":1,)"
      R"("shape":[240,320],"model":"0123456789abcdef","latents-crc":"cafef00d","sections":[40,300],)"
      R"("bits-per-pixel":0.03927083333333333,"crc":"ok"})"
      "\n");
}

TEST_F(MpqStream, ReadsStandardInput) {
  write("a.mpq", join({first, second}));
  EXPECT_TRUE(run("- < a.mpq").says("2 frames"));
  EXPECT_EQ(run("verify - < a.mpq").output, "-: sound: 2 frames, 1334 bytes, 0.06948 bit/pixel\n");
}

TEST_F(MpqStream, VerifiesSoundStreams) {
  write("a.mpq", first);
  write("b.mpq", join({second, unknown}));
  const Outcome outcome = run("verify a.mpq b.mpq");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.says("a.mpq: sound: 1 frame, 957 bytes")) << outcome.output;
  EXPECT_TRUE(outcome.says("b.mpq: sound: 2 frames")) << outcome.output;
}

TEST_F(MpqStream, ReportsDamageWithItsPlace) {
  Data damaged = second;
  damaged[100] ^= 4;
  write("a.mpq", join({first, noise(10, 4), damaged, first, of_version(first, 3),
                       Data(second.begin(), second.end() - 5)}));
  const Outcome verified = run("verify a.mpq");
  EXPECT_EQ(verified.status, 1);
  for (const std::string words :
       {"byte 957: 10 bytes that belong to no frame\n",
        "byte 967: 377 bytes of a frame given up: the mpq frame is damaged",
        "byte 2301: 957 bytes of a frame given up: the mpq frame has version 3",
        "byte 3258: 372 bytes of a frame given up: the mpq frame is cut short: 372 of 377 bytes are there",
        "a.mpq: damaged: 2 frames, 1914 bytes, 0.09969 bit/pixel; 3 damaged; 10 bytes that belong to no "
        "frame\n"})
    EXPECT_TRUE(verified.says(words)) << words << "\n" << verified.output;
  const Outcome listed = run("list a.mpq");
  EXPECT_EQ(listed.status, 0);
  EXPECT_TRUE(listed.says("     1        967      377  the mpq frame is damaged")) << listed.output;
  const Outcome json = run("--format json a.mpq");
  EXPECT_TRUE(json.says(R"("offset":957,"length":10,"garbage":true)")) << json.output;
  EXPECT_TRUE(json.says(R"("index":1,"damage":"the mpq frame is damaged)")) << json.output;
}

TEST_F(MpqStream, ReadsStreamsLongerThanItsMemoryOfThem) {
  const Data large = picture_frame(3 << 20, 5);
  write("a.mpq", join({first, large, noise(2 << 20, 6), large, second}));
  const Outcome outcome = run("list a.mpq");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.says("4 frames")) << outcome.output;
  EXPECT_TRUE(outcome.says("2097152 bytes that belong to no frame")) << outcome.output;
}

TEST_F(MpqStream, ExplainsItself) {
  const Outcome outcome = run("--help");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output.rfind("Usage: mpq-stream", 0), 0U);
}

TEST_F(MpqStream, RefusesWrongUsage) {
  for (const char* arguments :
       {"", "list", "verify", "--nonsense a", "--format", "--format=x a", "verify --format=json a"}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments << ": " << outcome.output;
    EXPECT_TRUE(outcome.says("--help")) << outcome.output;
  }
}

TEST_F(MpqStream, SaysWhatIsWrongWithAFile) {
  write("empty.mpq", {});
  write("text.txt", noise(1000, 7));
  Data damaged = first;
  damaged[99] ^= 1;
  write("damaged.mpq", damaged);
  write("good.mpq", first);
  const std::pair<std::string, std::string> cases[] = {
      {"absent.mpq", "mpq-stream: cannot read absent.mpq: No such file or directory.\n"},
      {".", "mpq-stream: cannot read .: it is a folder.\n"},
      {"empty.mpq", "mpq-stream: empty.mpq is empty.\n"},
      {"text.txt",
       "mpq-stream: text.txt is no stream of a learned codec: it holds no frame. The command \"file\""},
      {"damaged.mpq", "mpq-stream: damaged.mpq holds no frame that can be read.\n"}};
  for (const auto& [file, message] : cases)
    for (const std::string command : {"list ", "verify "}) {
      const Outcome outcome = run(command + file + " good.mpq");  // which is read all the same
      EXPECT_EQ(outcome.status, 1) << outcome.output;
      EXPECT_TRUE(outcome.says(message)) << outcome.output;
      EXPECT_TRUE(outcome.says("1 frame, 957 bytes")) << outcome.output;
    }
}

}  // namespace
}  // namespace mpq::test
