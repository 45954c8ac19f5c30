// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The element with the published SqueezeNet on photographs.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "support/pipeline.h"
#include "support/sanitized.h"
#include "support/shared.h"

namespace {

using mpq::Result;
using mpq::Scope;
using mpq::test::Pipeline;

std::string real_squeezenet(const std::filesystem::path& weights) {
  return "mpqlpips threads=2 model-file=" + (weights / "lin_v0.1/squeeze.pth").string() +
         " backbone-file=" + (weights / "squeeze.backbone.pth").string() + " ";
}

// The values are those of the published program, to their digits.
TEST(MpqLpipsReal, OfTheStudysPicturesIsThePublishedProgramsValue) {
  MPQ_REQUIRE_SHARED(weights, "weights/lpips_squeeze");
  MPQ_REQUIRE_SHARED(pictures, "data/mpq_outputs");
  MPQ_REQUIRE_ELEMENT("pngdec");
  const auto source = [&](const std::string& name) {
    return "filesrc location=" + (pictures / ("beans_val0_" + name + ".png")).string() +
           " ! pngdec ! videoconvert ! video/x-raw,format=RGB ";
  };
  for (const auto& [name, crop, expected] :
       {std::tuple{"jpeg", "", 0.585}, std::tuple{"hific_lo", "", 0.086},
        // Its codec pads 500x500 to 512x512.
        std::tuple{"mbt2018_q1", "! videocrop left=6 right=6 top=6 bottom=6", 0.391}}) {
    Pipeline p(real_squeezenet(weights) + "precision=float32 name=p ! fakesink " + source("orig") +
               "! p.ref_sink " + source(name) + crop + " ! p.dist_0");
    ASSERT_TRUE(p.run()) << p.error();
    EXPECT_NEAR(p.pooled("lpips")->value, expected, 0.0005) << name;
  }
}

TEST(MpqLpipsReal, InBfloat16IsWithinAPercentOfFloat32OnKodakPictures) {
  MPQ_REQUIRE_SHARED(weights, "weights/lpips_squeeze");
  MPQ_REQUIRE_SHARED(kodak, "data/kodak");
  MPQ_REQUIRE_ELEMENT("pngdec");
  const int expected = mpq::test::sanitized() ? 8 : 32;  // there all take minutes
  int count = 0;
  double worst = 0;
  for (const auto& picture : std::filesystem::directory_iterator(kodak)) {
    if (count == expected) break;
    std::string line = "filesrc location=" + picture.path().string() +
                       " ! pngdec ! video/x-raw,format=RGB ! tee name=t "
                       "t. ! queue ! mpqjpegenc quality=5 ! mpqjpegdec ! tee name=j "
                       "t. ! queue ! mpqwebpenc quality=0 ! mpqwebpdec ! tee name=w ";
    for (const std::string precision : {"float32", "bfloat16"})
      line += real_squeezenet(weights) + "precision=" + precision + " name=" + precision +
              " ! fakesink t. ! queue ! " + precision + ".ref_sink j. ! queue ! " + precision +
              ".dist_0 w. ! queue ! " + precision + ".dist_1 ";
    Pipeline p(line);
    ASSERT_TRUE(p.run()) << p.error();
    std::map<std::string, std::map<std::string, double>> values;
    for (const Result& result : p.results())
      if (result.metric == "lpips" && result.scope == Scope::frame)
        values[result.input][result.element] = result.value;
    for (const auto& [input, by] : values) {
      const double difference = by.at("bfloat16") / by.at("float32") - 1;
      EXPECT_LT(std::abs(difference), 0.01)
          << picture << ' ' << input << ": " << by.at("bfloat16") << ", not " << by.at("float32");
      worst = std::max(worst, std::abs(difference));
      ++count;
    }
  }
  EXPECT_EQ(count, expected);
  RecordProperty("worst_difference", std::to_string(worst));
}

}  // namespace
