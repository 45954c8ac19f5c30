// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpq-train data, run as a user runs it, with packages made here and an apt-get that copies them.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "codecs/jpeg/jpeg.h"
#include "tests/support/program.h"
#include "tests/support/tools.h"
#include "tests/train/training_pictures.h"

namespace mpq::test {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* apt_get = R"(#!/bin/sh
for package; do :; done
[ -e "$STORE/$package.deb" ] || { echo "E: Unable to locate package $package" >&2; exit 100; }
case "$*" in *--print-uris*) exit 0;; esac
[ ! -e "$STORE/offline-$package" ] || { echo "E: Temporary failure resolving" >&2; exit 100; }
echo "$package" >> "$STORE/log"
cp "$STORE/$package.deb" "./${package}_1%3a2-3_all.deb"
)";

constexpr const char* copyright =
    R"(Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2001 Somebody
License: GPL-2+

Files: hills/wide.jpg
Copyright:
 2002 A Photographer
 2003 Another
License: CC-BY-4.0
 Words of the licence.
)";

class MpqTrainData : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("MPQ_TRAIN") == nullptr) GTEST_SKIP() << "MPQ_TRAIN does not name the program";
    MPQ_REQUIRE_TOOL("dpkg-deb", "dpkg");
    fs::create_directories(folder_ / "bin");
    fs::create_directories(folder_ / "store");
    write("bin/apt-get", apt_get);
    fs::permissions(folder_ / "bin/apt-get", fs::perms::owner_all);
    picture("one/usr/share/photos/small.jpg", 96, 80);
    picture("one/usr/share/photos/hills/wide.jpg", 2400, 60);
    write("one/usr/share/photos/damaged.jpg", "no picture");
    write("one/usr/share/doc/one/copyright", copyright);
    picture("inner/textures/wall.jpg", 64, 64);
    fs::create_directories(folder_ / "two/usr/games");
    ASSERT_EQ(run_in(folder_ / "", "tar cf two/usr/games/data.tar -C inner textures/wall.jpg").status, 0);
    write("two/usr/share/doc/two/copyright", "The words of somebody.\n");
    package("one");
    package("two");
    list(
        "one,usr/share/photos/small.jpg,train\n"
        "one,usr/share/photos/hills/wide.jpg,train\n"
        "one,usr/share/photos/damaged.jpg,train\n"
        "one,usr/share/photos/gone.jpg,train\n"
        "unknown,usr/share/photos/x.jpg,train\n"
        "two,usr/games/data.tar!textures/wall.jpg,validate\n");
  }

  void write(const std::string& name, const std::string& content) {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    write_file(folder_ / name, Bytes(content.begin(), content.end()));
  }
  void list(const std::string& lines) { write("list.csv", "package,path,role\n" + lines); }
  void picture(const std::string& name, int width, int height) {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    const train::Picture picture = training_pictures(1, width, height)[0];
    write_file(folder_ / name, jpeg::Encoder().encode(picture.view(), {.quality = 90}).bytes);
  }
  void package(const std::string& name) {
    write(name + "/DEBIAN/control", "Package: " + name +
                                        "\nVersion: 1:2-3\nArchitecture: all\nMaintainer: A <a@b.c>\n"
                                        "Description: photographs\n");
    const Outcome built =
        run_in(folder_ / "", "dpkg-deb --root-owner-group -b " + name + " store/" + name + ".deb");
    ASSERT_EQ(built.status, 0) << built.output;
  }

  Outcome run(const std::string& arguments, const std::string& before = "") const {
    return run_in(folder_ / "", before + " STORE='" + (folder_ / "store") + "' PATH='" + (folder_ / "bin") +
                                    "':$PATH MPQ_PHOTOGRAPH_LIST='" + (folder_ / "list.csv") + "' '" +
                                    std::getenv("MPQ_TRAIN") + "' data " + arguments);
  }
  Json card(const std::string& output) const {
    std::ifstream in(folder_ / (output + "/card.json"));
    return Json::parse(in);
  }
  std::string fetched() const {
    const Bytes log = read_file(folder_ / "store/log");
    return {log.begin(), log.end()};
  }
  std::string sum(const std::string& name) const {
    return run_in(folder_ / "", "sha256sum '" + name + "'").output.substr(0, 64);
  }

  TemporaryFolder folder_;
};

TEST_F(MpqTrainData, TakesWhatIsListedOutOfPackages) {
  const Outcome made = run("--output out");
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_TRUE(made.says("[1 of 3] one 1:2-3: 2 photographs; 2 listed ones are not in it")) << made.output;
  EXPECT_TRUE(made.says("[2 of 3] unknown: apt-get knows no such package")) << made.output;
  EXPECT_TRUE(made.says("2 pictures to train on, 1 to validate with")) << made.output;
  EXPECT_FALSE(fs::exists(folder_ / "out/packages"));

  const Json json = card("out");
  ASSERT_EQ(json["items"].size(), 3U);
  const auto item = [&](const std::string& path) {
    return *std::find_if(json["items"].begin(), json["items"].end(),
                         [&](const Json& one) { return one["path"] == path; });
  };
  const Json small = item("usr/share/photos/small.jpg");
  EXPECT_EQ(small["version"], "1:2-3");
  EXPECT_EQ(small["architecture"], "all");
  EXPECT_EQ(small["sha256"], sum("one/usr/share/photos/small.jpg"));
  EXPECT_EQ(small["sha256"], sum("out/" + small["file"].get<std::string>())) << "as it came";
  EXPECT_EQ(small["licences"],
            Json::parse(R"([{"licence": "GPL-2+", "copyright": "2001 Somebody", "files": "*"}])"));

  const Json wide = item("usr/share/photos/hills/wide.jpg");
  EXPECT_EQ(wide["sha256"], sum("one/usr/share/photos/hills/wide.jpg"));
  EXPECT_EQ(wide["reduced_from"], Json::parse("[2400, 60]"));
  const train::Picture reduced = train::read_picture(folder_ / ("out/" + wide["file"].get<std::string>()));
  EXPECT_EQ(reduced.width, 2000);
  EXPECT_EQ(reduced.height, 50);
  EXPECT_EQ(
      wide["licences"],
      Json::parse(
          R"([{"licence": "CC-BY-4.0", "copyright": "2002 A Photographer\n2003 Another", "files": "hills/wide.jpg"}])"));

  EXPECT_EQ(item("usr/games/data.tar!textures/wall.jpg")["sha256"], sum("inner/textures/wall.jpg"));
  ASSERT_EQ(json["packages"].size(), 2U);
  EXPECT_EQ(json["packages"][0]["sha256"], sum("store/one.deb"));
  EXPECT_EQ(json["packages"][1]["copyright_begins"], "The words of somebody.\n");
  EXPECT_EQ(sum("out/copyright/two"), sum("two/usr/share/doc/two/copyright"));
  EXPECT_EQ(json["absent"].size(), 2U);
}

TEST_F(MpqTrainData, FetchesNothingTwice) {
  write("store/offline-two", "");
  const Outcome stopped = run("--output out");
  EXPECT_EQ(stopped.status, 1);
  EXPECT_TRUE(stopped.says("E: Temporary failure resolving") && stopped.says("could not download two"))
      << stopped.output;
  EXPECT_EQ(card("out")["items"].size(), 2U);
  fs::remove(folder_ / "store/offline-two");
  EXPECT_EQ(run("--output out --keep").status, 0);
  EXPECT_EQ(fetched(), "one\ntwo\n");
  EXPECT_TRUE(fs::exists(folder_ / "out/packages/two_1%3a2-3_all.deb")) << "--keep";
  fs::remove_all(folder_ / "out/validate");
  EXPECT_EQ(run("--output out").status, 0);
  EXPECT_EQ(fetched(), "one\ntwo\ntwo\n") << "what was deleted comes back";
}

TEST_F(MpqTrainData, SaysWhatIsWrong) {
  const auto fails = [](const Outcome& outcome, int status, const std::string& words) {
    EXPECT_EQ(outcome.status, status) << outcome.output;
    EXPECT_TRUE(outcome.says(words)) << outcome.output;
  };
  fails(run("--output out --steps 4"), 2, "--steps does not go with data");
  fails(run("--output out", "rm bin/apt-get; PATH=/nowhere"), 1, "apt-get is not installed");
  write("bin/apt-get", "#!/bin/sh\necho 'E: no lists' >&2; exit 100\n");
  fs::permissions(folder_ / "bin/apt-get", fs::perms::owner_all);
  fails(run("--output out"), 1, "E: no lists");
  fails(run("--data nothing --output out"), 1, "cannot read the folder nothing");
  fails(run("--data one --output one/out"), 1, "lies in one");
  fails(run("--data store --output out2"), 1, "there is not one picture");
  write("out/card.json", "{\"schema\": 2}");
  fails(run("--output out"), 1, "is no data card");
  list("-o,x,train\n");
  fails(run("--output out3"), 1, "list.csv:2 is no photograph");
}

TEST_F(MpqTrainData, RefusesDamagedPackagesAndFullDisks) {
  Bytes deb = read_file(folder_ / "store/one.deb");
  deb.resize(deb.size() / 2);
  write_file(folder_ / "store/one.deb", deb);
  const Outcome cut = run("--output out");
  EXPECT_EQ(cut.status, 1);
  EXPECT_TRUE(cut.says("is damaged")) << cut.output;
  package("one");
  const Outcome full = run("--output out", "trap '' XFSZ; ulimit -f 2;");
  EXPECT_EQ(full.status, 1);
  EXPECT_TRUE(full.says("Make room") || full.says("could not download")) << full.output;
  EXPECT_EQ(run("--output out").status, 0);
}

TEST_F(MpqTrainData, TakesTheUsersOwnFolders) {
  fs::create_directories(folder_ / "own");
  for (int i = 0; i < 30; ++i) picture("own/" + std::to_string(i) + ".jpg", 64 + i, 64);
  write("own/damaged.jpg", "no picture");
  const Outcome made = run("--data own --output out");
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_TRUE(made.says("30 pictures added; 1 cannot be read, the first: own/damaged.jpg")) << made.output;
  const Json json = card("out");
  for (const Json& item : json["items"]) {
    const std::string hash = sum(item["path"].get<std::string>());
    EXPECT_EQ(item["sha256"], hash);
    EXPECT_EQ(item["role"], std::stoi(hash.substr(0, 4), nullptr, 16) < 6553 ? "validate" : "train");
  }
  EXPECT_TRUE(run("--data own --output out").says("0 pictures added"));
}

TEST_F(MpqTrainData, TakesFramesOfVideos) {
  MPQ_REQUIRE_TOOL("gst-launch-1.0", "gstreamer1.0-tools");
  fs::create_directories(folder_ / "own");
  const Outcome video = run_in(folder_ / "",
                               "gst-launch-1.0 -q videotestsrc pattern=snow num-buffers=12 ! "
                               "video/x-raw,width=64,height=64,framerate=1/1 ! jpegenc ! avimux ! "
                               "filesink location=own/snow.avi");
  if (video.status != 0) GTEST_SKIP() << "needs gstreamer1.0-plugins-good: " << video.output;
  const Outcome made = run("--data own --output out");
  ASSERT_EQ(made.status, 0) << made.output;
  const Json items = card("out")["items"];
  EXPECT_GE(items.size(), 2U) << made.output;
  EXPECT_LE(items.size(), 4U) << made.output;
  for (const Json& item : items) EXPECT_EQ(item["role"], items[0]["role"]);
  EXPECT_TRUE(run("--data own --output out").says("0 pictures added"));
}

}  // namespace
}  // namespace mpq::test
