// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/model_list.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "models/folders.h"

namespace mpq::test {
namespace {

std::string list_of(const std::string& models) {
  return R"({"schema": 1, "models": [)" + models + "]}";
}

ErrorCode code_of(const std::string& json, const std::string& part_of_message) {
  try {
    ModelList::parse(json);
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find(part_of_message), std::string::npos) << e.what();
    return e.code();
  }
  ADD_FAILURE() << "no error: " << json;
  return ErrorCode::internal;
}

TEST(ModelListTest, ReadsEveryField) {
  const ModelList list = ModelList::parse(list_of(R"({
    "name": "net-1.5_a", "architecture": "net", "variant": "small", "task": "sorting", "file": "net.pt",
    "format": "PyTorch", "size": 12, "sha256": "0123abcd", "sha256-from": "publisher",
    "licence": {"name": "MIT", "text": "free"}, "preprocessing": "none", "home": "https://a.example/",
    "sources": [{"url": "https://a.example/net.pt"}, {"pypi": "net==1", "member": "net/net.pt"},
                {"npm": "net@1", "member": "package/net.pt"}], "needs": ["other"], "of-later-versions": 1},
    {"name": "other", "file": "o"})"));
  ASSERT_EQ(list.entries().size(), 2u);
  const ModelEntry& entry = *list.find("net-1.5_a");
  EXPECT_EQ(entry.architecture + entry.variant + entry.task + entry.file, "netsmallsortingnet.pt");
  EXPECT_EQ(entry.format + entry.sha256 + entry.sha256_from, "PyTorch0123abcdpublisher");
  EXPECT_EQ(entry.licence + entry.licence_text + entry.preprocessing + entry.home,
            "MITfreenonehttps://a.example/");
  EXPECT_EQ(entry.size, 12u);
  ASSERT_EQ(entry.sources.size(), 3u);
  EXPECT_EQ(entry.sources[1].kind, ModelSource::Kind::pypi);
  EXPECT_EQ(entry.sources[1].location + entry.sources[1].member, "net==1net/net.pt");
  EXPECT_EQ(entry.sources[2].kind, ModelSource::Kind::npm);
  EXPECT_EQ(entry.needs, std::vector<std::string>{"other"});
}

TEST(ModelListTest, WhatIsNotKnownStaysEmpty) {
  const ModelList list = ModelList::parse(list_of(R"({"name": "net", "file": "net.pt"})"));
  EXPECT_EQ(list.find("net")->sha256, "");
  EXPECT_FALSE(list.find("net")->size.has_value());
  EXPECT_EQ(list.find("absent"), nullptr);
}

TEST(ModelListTest, RefusesWhatCouldLeaveTheStoreOrThePackage) {
  for (const char* name : {"../net", "Net", ".net", "a/b", "", "a b"}) {
    EXPECT_EQ(code_of(list_of(text(R"({"file": "f", "name": ")", name, "\"}")), "\"name\""),
              ErrorCode::corrupt_data);
  }
  for (const char* file : {"../f", "/f", ".f", "a/f", ".."}) {
    EXPECT_EQ(code_of(list_of(text(R"({"name": "n", "file": ")", file, "\"}")), "\"file\""),
              ErrorCode::corrupt_data);
  }
  for (const char* source :
       {R"({"npm": "n@1", "member": "../f"})", R"({"npm": "n@1", "member": "/f"})", R"({"npm": "n@1"})",
        R"({"pypi": "--index-url", "member": "f"})", R"({"ftp": "x"})", "3"}) {
    const std::string json = list_of(text(R"({"name": "n", "file": "f", "sources": [)", source, "]}"));
    EXPECT_EQ(code_of(json, "model 1"), ErrorCode::corrupt_data);
  }
}

TEST(ModelListTest, NamesTheEntryAndTheFieldThatIsWrong) {
  const std::string good = R"({"name": "n", "file": "f"},)";
  for (const auto& [fields, part] : {std::pair(R"("size": -1)", "\"size\""),
                                     {R"("size": "1")", "\"size\""},
                                     {R"("sha256": "ABCDEF01")", "\"sha256\""},
                                     {R"("sha256": "0123")", "\"sha256\""},
                                     {R"("task": 3)", "\"task\""},
                                     {R"("licence": "MIT")", "\"licence\""},
                                     {R"("sources": {})", "\"sources\""},
                                     {R"("needs": [1])", "\"needs\""}}) {
    const std::string json = list_of(text(good, R"({"name": "m", "file": "f", )", fields, "}"));
    EXPECT_EQ(code_of(json, text("model 2 of the list: ", part)), ErrorCode::corrupt_data);
  }
  EXPECT_EQ(code_of(list_of(R"({"name": "n", "file": "f"}, {"name": "n", "file": "f"})"), "twice"),
            ErrorCode::corrupt_data);
  EXPECT_EQ(code_of(list_of(R"({"name": "n", "file": "f", "needs": ["m"]})"), "needs \"m\""),
            ErrorCode::corrupt_data);
}

TEST(ModelListTest, RefusesOtherFilesAndLaterSchemas) {
  for (const char* json :
       {"", "{", "[]", "3", R"({"models": []})", R"({"schema": "1"})", "[[[[[[[[[[]]]]]]]]]]"}) {
    EXPECT_EQ(code_of(json, ""), ErrorCode::corrupt_data);
  }
  EXPECT_EQ(code_of(R"({"schema": 2, "models": []})", "newer"), ErrorCode::unsupported);
  EXPECT_THROW(ModelList::read("/nowhere/models.json"), Error);
}

TEST(ModelListTest, SuggestsTheNearestName) {
  const ModelList list = ModelList::parse(
      list_of(R"({"name": "whisper-tiny", "file": "f"}, {"name": "whisper-tiny.en", "file": "f"})"));
  EXPECT_EQ(list.closest("wisper-tiny"), "whisper-tiny");
  EXPECT_EQ(list.closest("whisper_tiny.en"), "whisper-tiny.en");
  EXPECT_EQ(list.closest("zzz"), "");
}

// The list that is installed.
class PublishedModels : public ::testing::Test {
 protected:
  const ModelList list_ = ModelList::read(model_list_file());
};

TEST_F(PublishedModels, CarryTheirTermsAndTheirPublisher) {
  EXPECT_GE(list_.entries().size(), 50u);
  for (const ModelEntry& entry : list_.entries()) {
    EXPECT_NE(entry.licence, "") << entry.name;
    EXPECT_NE(entry.licence_text, "") << entry.name;
    EXPECT_TRUE(entry.home.starts_with("https://") || !entry.sources.at(0).member.empty()) << entry.name;
    EXPECT_EQ(entry.sha256.empty(), entry.sha256_from.empty()) << entry.name;
    for (const ModelSource& source : entry.sources) {
      EXPECT_TRUE(source.kind != ModelSource::Kind::url || source.location.starts_with("https://"))
          << entry.name;
    }
  }
}

// openai/whisper, CompressAI and EnCodec put (the beginning of) the sum into the address.
TEST_F(PublishedModels, HaveTheSumThatTheirAddressNames) {
  int checked = 0;
  for (const ModelEntry& entry : list_.entries()) {
    if (!entry.sha256_from.starts_with("publisher")) continue;
    ++checked;
    EXPECT_NE(entry.sources.at(0).location.find(entry.sha256), std::string::npos) << entry.name;
  }
  EXPECT_GE(checked, 40);
}

}  // namespace
}  // namespace mpq::test
