// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "sources/folder/picture_list.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/tools.h"

namespace mpq::folder {
namespace {

namespace fs = std::filesystem;

class PictureList : public testing::Test {
 protected:
  void file(const std::string& name, const std::string& content = {}) const {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  std::vector<std::string> names(const ListOptions& options) const {
    std::vector<std::string> all;
    for (const auto& picture : list_pictures(options)) all.push_back(picture.name);
    return all;
  }
  // The text of the error; with its remedy.
  static std::string error_of(const ListOptions& options) {
    try {
      list_pictures(options);
    } catch (const Error& error) {
      return std::string(error.what()) + ". " + error.remedy();
    }
    return "no error";
  }
  static bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  test::TemporaryFolder folder_;
  const std::string root_ = folder_ / "data";
};

TEST_F(PictureList, OfAFolderIsSortedAndGoesIntoFolders) {
  for (const char* name :
       {"b.JPG", "a.png", "x/c.webp", "x/.hidden.jpg", ".git/d.jpg", "notes.txt", "e.jpeg"})
    file(std::string("data/") + name);
  EXPECT_EQ(names({.folder = root_}), (std::vector<std::string>{"a.png", "b.JPG", "e.jpeg", "x/c.webp"}));
}

TEST_F(PictureList, OfAListKeepsItsOrderLabelsAndMasks) {
  for (const char* name : {"data/a.png", "data/x/b.png", "masks/b_m.png"}) file(name);
  file("data/list.csv", "file,index,label,mask\nx/b.png,3,bee,b_m.png\n");
  file("data/names.txt", "x/b.png\na.png\n");
  const auto listed = list_pictures({.list_file = root_ + "/list.csv", .masks_folder = folder_ / "masks"});
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].label.index, 3);
  EXPECT_EQ(listed[0].label.name, "bee");
  EXPECT_EQ(listed[0].mask, folder_ / "masks/b_m.png");
  EXPECT_EQ(names({.list_file = root_ + "/names.txt"}), (std::vector<std::string>{"x/b.png", "a.png"}));
}

TEST_F(PictureList, LabelsComeFromAFileOrTheNames) {
  for (const char* name : {"data/ant/a.png", "data/bee/b.png"}) file(name);
  file("labels.json", R"({"a.png": 0, "bee/b.png": 1})");
  const auto by_file = list_pictures({.folder = root_, .labels_file = folder_ / "labels.json"});
  EXPECT_EQ(by_file.at(1).label.index, 1);
  const auto by_name = list_pictures({.folder = root_, .label_pattern = "^([^/]+)/"});
  EXPECT_EQ(by_name.at(1).label.name, "bee");
}

TEST_F(PictureList, MasksLieBesideOrAmongThePictures) {
  for (const char* name : {"data/a.jpg", "data/a_seg.png", "masks/a.png"}) file(name);
  EXPECT_EQ(list_pictures({.folder = root_, .masks_folder = root_, .mask_suffix = "_seg.png"}).at(0).mask,
            root_ + "/a_seg.png");
  EXPECT_EQ(names({.folder = root_, .masks_folder = root_, .mask_suffix = "_seg.png"}).size(), 1U);
  fs::remove(root_ + "/a_seg.png");
  EXPECT_EQ(list_pictures({.folder = root_, .masks_folder = folder_ / "masks"}).at(0).mask,
            folder_ / "masks/a.png");
}

TEST_F(PictureList, WhatIsMissingIsNamed) {
  for (const char* name : {"data/a.png", "data/b.png", "masks/a.png", "empty/notes.txt"}) file(name);
  file("labels.csv", "file,index\na.png,0\n");
  file("list.csv", "file\ndata/c.png\n");
  file("none.csv", "file\n");
  EXPECT_TRUE(holds(error_of({}), "Set folder or list-file"));
  EXPECT_TRUE(holds(error_of({.folder = folder_ / "nowhere"}), folder_ / "nowhere"));
  EXPECT_TRUE(holds(error_of({.folder = folder_ / "empty"}), (folder_ / "empty") + " holds no picture"));
  EXPECT_TRUE(
      holds(error_of({.folder = root_, .labels_file = folder_ / "labels.csv"}), "no label for b.png"));
  EXPECT_TRUE(holds(error_of({.folder = root_, .label_pattern = "(.*)_"}), "a.png"));
  EXPECT_TRUE(holds(error_of({.folder = root_, .masks_folder = folder_ / "masks"}),
                    "the mask of b.png, " + (folder_ / "masks/b.png")));
  EXPECT_TRUE(holds(error_of({.folder = root_, .masks_folder = folder_ / "nowhere"}), folder_ / "nowhere"));
  EXPECT_TRUE(holds(error_of({.list_file = folder_ / "list.csv"}), folder_ / "data/c.png"));
  EXPECT_TRUE(
      holds(error_of({.list_file = folder_ / "none.csv"}), (folder_ / "none.csv") + " lists no picture"));
  EXPECT_TRUE(
      holds(error_of({.folder = root_, .labels_file = folder_ / "labels.csv", .label_pattern = "(.)"}),
            "Set one of them"));
}

}  // namespace
}  // namespace mpq::folder
