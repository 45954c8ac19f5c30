// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/accuracy/labels.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/shared.h"
#include "tests/support/tools.h"

namespace mpq::accuracy {
namespace {

class LabelFiles : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }

  // The error's text, which names the file.
  std::string error_of(const std::string& name, const std::string& content) const {
    try {
      read_file_list(file(name, content));
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(folder_ / name), std::string::npos) << error.what();
      return error.what();
    }
    return "no error";
  }

  test::TemporaryFolder folder_;
};

TEST_F(LabelFiles, CsvNamesItsColumns) {
  const auto list = read_file_list(
      file("l.csv",
           "\xEF\xBB\xBFnumber,label,file,index,mask\r\n1,\"a, b\",x/a.jpg,7,a.png\r\n\r\n2,,b.jpg,,\r\n"));
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].file, "x/a.jpg");
  EXPECT_EQ(list[0].label.index, 7);
  EXPECT_EQ(list[0].label.name, "a, b");
  EXPECT_EQ(list[0].mask, "a.png");
  EXPECT_EQ(list[1].file, "b.jpg");
  EXPECT_FALSE(list[1].label.known());
}

TEST_F(LabelFiles, JsonIsAListOrAnObject) {
  const auto list = read_file_list(file(
      "l.json", R"([{"file": "a.jpg", "index": 3, "label": "tench"}, {"file": "b.jpg", "mask": "b.png"}])"));
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].label.index, 3);
  EXPECT_EQ(list[0].label.name, "tench");
  EXPECT_EQ(list[1].mask, "b.png");
  const auto members =
      read_file_list(file("m.json", R"({"a.jpg": 3, "b.jpg": "tench", "c.jpg": {"index": 4}})"));
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[0].label.index, 3);
  EXPECT_EQ(members[1].label.name, "tench");
  EXPECT_EQ(members[2].label.index, 4);
}

TEST_F(LabelFiles, OtherFilesAreNames) {
  const auto list = read_file_list(file("l.txt", "a b.jpg\r\nc,d.jpg\n"));
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].file, "a b.jpg");
  EXPECT_EQ(list[1].file, "c,d.jpg");
}

TEST_F(LabelFiles, MistakesAreNamedWithTheirPlace) {
  EXPECT_NE(error_of("a.csv", "name,label\na.jpg,cat\n").find("a.csv:1"), std::string::npos);
  EXPECT_NE(error_of("b.csv", "file,index\na.jpg,1\nb.jpg,-2\n").find("b.csv:3"), std::string::npos);
  EXPECT_NE(error_of("c.csv", "file,index\na.jpg,1x\n").find("1x"), std::string::npos);
  EXPECT_NE(error_of("d.csv", "file,index\n,1\n").find("d.csv:2"), std::string::npos);
  EXPECT_NE(error_of("e.csv", "file,label\na.jpg,\"cat\n").find("e.csv"), std::string::npos);
  EXPECT_NE(error_of("f.csv", "file\na.jpg\na.jpg\n").find("a.jpg twice"), std::string::npos);
  EXPECT_NE(error_of("a.json", "{\"a.jpg\": 3").find("no JSON"), std::string::npos);
  EXPECT_NE(error_of("b.json", "{\"a.jpg\": -3}").find("a.jpg"), std::string::npos);
  EXPECT_NE(error_of("c.json", "[{\"label\": \"cat\"}]").find("entry 1"), std::string::npos);
  EXPECT_NE(error_of("d.json", "[{\"file\": \"a\", \"label\": 3}]").find("label"), std::string::npos);
  EXPECT_NE(error_of("e.json", "[7]").find("entry 1"), std::string::npos);
  EXPECT_NE(error_of("f.json", "{\"a.jpg\": 99999999999}").find("index"), std::string::npos);
  EXPECT_THROW(read_file_list(folder_ / "none.csv"), Error);
  EXPECT_THROW(read_file_list(folder_ / "none.json"), Error);
  EXPECT_THROW(read_file_list(folder_ / ""), Error);
}

TEST_F(LabelFiles, AreLookedUpByNameThenWithoutFoldersThenWithoutEnding) {
  const Labels labels(file("l.csv", "file,index\nx/a.jpg,1\na.jpg,2\nb,3\n"));
  EXPECT_EQ(labels.of("x/a.jpg").index, 1);
  EXPECT_EQ(labels.of("y/a.jpg").index, 2);
  EXPECT_EQ(labels.of("z/b.png").index, 3);
  try {
    static_cast<void>(labels.of("z/c.png"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("z/c.png"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("l.csv"), std::string::npos);
  }
  EXPECT_THROW(Labels(file("m.csv", "file,index\na.jpg,\n")), Error);
}

TEST(LabelPatterns, TakeTheFirstGroup) {
  EXPECT_EQ(LabelPattern("(.*)_[0-9]+").of("angular_leaf_spot_00044.jpg").name, "angular_leaf_spot");
  EXPECT_EQ(LabelPattern("^([^/]+)/").of("healthy/7.jpg").name, "healthy");
  EXPECT_EQ(LabelPattern("class([0-9]+)").of("class012-7.jpg").index, 12);
  EXPECT_THROW(static_cast<void>(LabelPattern("^([^/]+)/").of("7.jpg")), Error);
  EXPECT_THROW(LabelPattern("(.*"), Error);
  EXPECT_THROW(LabelPattern(".*"), Error);
}

TEST(LabelPatterns, RealListsAreRead) {
  MPQ_REQUIRE_SHARED(list, "data/imagenet/labels.csv");
  const auto files = read_file_list(list);
  ASSERT_EQ(files.size(), 100U);
  EXPECT_EQ(files[2].file, "n01601694_water_ouzel.JPEG");
  EXPECT_EQ(files[2].label.index, 20);
  EXPECT_EQ(files[2].label.name, "water ouzel");
}

}  // namespace
}  // namespace mpq::accuracy
