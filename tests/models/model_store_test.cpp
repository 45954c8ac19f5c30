// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/model_store.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "core/error.h"
#include "models/folders.h"

namespace mpq::test {
namespace {

namespace fs = std::filesystem;

// Two folders of the store, and nothing else of this machine.
class ModelStore : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "mpq-store-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    setenv("MPQ_MODEL_PATH", (first().string() + ":" + second().string()).c_str(), 1);
    setenv("XDG_DATA_HOME", (root_ / "home").c_str(), 1);
    unsetenv("MPQ_SHIPPED_MODELS");
    setenv("XDG_DATA_DIRS", (root_ / "system").c_str(), 1);
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path first() const { return root_ / "first"; }
  fs::path second() const { return root_ / "second"; }

  static StoredModel install(const fs::path& store, const std::string& name,
                             const std::string& file = "net.pt") {
    StoredModel model{
        name, store / name, file, 3, "0123", true, "https://a.example/", "2026-01-31T12:00:00Z"};
    fs::create_directories(model.folder);
    std::ofstream(model.path()) << "abc";
    write_record(model);
    return model;
  }

  static std::string remedy_of(const std::string& name) {
    try {
      find_model(name);
    } catch (const Error& e) {
      return e.remedy();
    }
    return "found";
  }

  fs::path root_;
};

TEST_F(ModelStore, IsLookedForInTheUsersPathThenAtHomeThenInTheSystem) {
  const std::vector<fs::path> expected = {first(), second(), root_ / "home/mpq/models",
                                          root_ / "system/mpq/models"};
  EXPECT_EQ(model_folders(), expected);
  EXPECT_EQ(writable_model_folder(), first());
  setenv("MPQ_MODEL_PATH", "relative::", 1);
  EXPECT_EQ(writable_model_folder(), root_ / "home/mpq/models");
}

TEST_F(ModelStore, FindsAModelByItsNameInTheFirstFolderThatHasIt) {
  install(second(), "net");
  install(root_ / "system/mpq/models", "net");
  install(root_ / "system/mpq/models", "other");
  EXPECT_EQ(find_model("net"), second() / "net/net.pt");
  EXPECT_EQ(find_model("other"), root_ / "system/mpq/models/other/net.pt");
}

TEST_F(ModelStore, TakesAPathAsItIs) {
  const fs::path file = root_ / "mine.pt";
  std::ofstream(file) << "x";
  EXPECT_EQ(find_model(file.string()), file);
  EXPECT_NE(remedy_of((root_ / "absent.pt").string()).find("Check the path"), std::string::npos);
  EXPECT_NE(remedy_of(root_.string()).find("Check the path"), std::string::npos);
}

TEST_F(ModelStore, TakesAFileOfTheWorkingFolderUnlessAModelHasItsName) {
  const fs::path before = fs::current_path();
  fs::create_directory(root_ / "work");
  fs::current_path(root_ / "work");
  std::ofstream("net") << "x";
  EXPECT_EQ(find_model("net"), "net");
  install(first(), "net");
  EXPECT_EQ(find_model("net"), first() / "net/net.pt");
  fs::current_path(before);
}

TEST_F(ModelStore, NamesTheCommandThatFetchesAPublishedModel) {
  EXPECT_EQ(remedy_of("whisper-tiny"), "Run: mpq-models fetch whisper-tiny");
  EXPECT_NE(remedy_of("wisper-tiny").find("Did you mean whisper-tiny?"), std::string::npos);
  EXPECT_NE(remedy_of("../whisper-tiny").find("mpq-models list"), std::string::npos);
  EXPECT_NE(remedy_of("").find("mpq-models list"), std::string::npos);
}

TEST_F(ModelStore, HasTheModelsThatComeWithMpqUnlessAnotherHasTheName) {
  EXPECT_NE(remedy_of(default_codec_model).find("MPQ_SHIPPED_MODELS"), std::string::npos);
  EXPECT_FALSE(shipped_model_folder());
  const fs::path shipped = root_ / "shipped";
  fs::create_directories(shipped / "folder.safetensors");
  for (const char* name : {"small.safetensors", "small.md", "Odd name.safetensors", "net.safetensors"})
    std::ofstream(shipped / name) << "abcd";
  setenv("MPQ_SHIPPED_MODELS", shipped.c_str(), 1);
  install(second(), "net");
  EXPECT_EQ(find_model("small"), shipped / "small.safetensors");
  EXPECT_EQ(find_model("net"), second() / "net/net.pt");
  EXPECT_NE(remedy_of("../shipped/small"), "found");
  const auto models = stored_models();
  ASSERT_EQ(models.size(), 2u);
  EXPECT_FALSE(models[0].shipped);
  EXPECT_EQ(models[1].name, "small");
  EXPECT_TRUE(models[1].shipped);
  EXPECT_EQ(models[1].size, 4u);
  unsetenv("MPQ_SHIPPED_MODELS");
}

TEST_F(ModelStore, SaysThatAFileWasLost) {
  fs::remove(install(first(), "net").path());
  EXPECT_EQ(remedy_of("net"), "Run: mpq-models fetch --force net");
}

TEST_F(ModelStore, ReadsTheRecordThatWasWritten) {
  const StoredModel model = install(first(), "net"), read = *stored_model("net");
  EXPECT_EQ(read.path(), model.path());
  EXPECT_EQ(read.size, 3u);
  EXPECT_EQ(read.sha256 + read.source + read.date, "0123https://a.example/2026-01-31T12:00:00Z");
  EXPECT_TRUE(read.listed_sum);
  EXPECT_FALSE(stored_model("absent").has_value());
}

TEST_F(ModelStore, ListsEachNameOnceAndLeavesOutWhatIsDamaged) {
  install(first(), "b");
  install(second(), "b");
  install(second(), "a");
  fs::create_directories(first() / "c");
  std::ofstream(first() / "c/model.json") << "{";
  const auto models = stored_models();
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].name, "a");
  EXPECT_EQ(models[1].folder, first() / "b");
}

TEST_F(ModelStore, RefusesRecordsThatAreDamagedOrLeaveTheirFolder) {
  for (const char* record : {"", "{", "[]", "{}", R"({"file": "../x"})", R"({"file": "/etc/passwd"})",
                             R"({"file": ".lock"})", R"({"file": 1})", R"([{"file": "net.pt"}])"}) {
    install(first(), "net");
    std::ofstream(first() / "net/model.json") << record;
    try {
      find_model("net");
      ADD_FAILURE() << record;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::corrupt_data) << record;
    }
  }
}

TEST_F(ModelStore, RecordsThatSayOddThingsOfASizeAreRead) {
  install(first(), "net");
  std::ofstream(first() / "net/model.json")
      << R"({"file": "net.pt", "size": -1, "listed-sum": 3, "sha256": []})";
  EXPECT_EQ(stored_model("net")->size, 0u);
  EXPECT_FALSE(stored_model("net")->listed_sum);
}

TEST_F(ModelStore, NamesAFolderThatCannotBeWritten) {
  StoredModel model = install(first(), "net");
  model.folder = root_ / "absent";
  EXPECT_THROW(write_record(model), Error);
}

TEST_F(ModelStore, AUserWithoutAHomeIsToldWhatToSet) {
  unsetenv("MPQ_MODEL_PATH");
  unsetenv("XDG_DATA_HOME");
  unsetenv("HOME");
  EXPECT_THROW(writable_model_folder(), Error);
}

}  // namespace
}  // namespace mpq::test
