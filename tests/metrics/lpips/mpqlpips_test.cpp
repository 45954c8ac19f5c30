// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "gst/publisher.h"
#include "lpips_weights.h"
#include "models/model_store.h"
#include "support/tools.h"
#include "support/video_pipeline.h"

namespace {

using mpq::find_detail;
using mpq::Result;
using mpq::Scope;
using mpq::test::Picture;
using mpq::test::Pipeline;
using mpq::test::red_distance;

constexpr int width = 26, height = 18;

Picture red(int share, int w = width, int h = height) {
  Picture picture(mpq::PixelFormat::rgb24, w, h);
  for (std::size_t y = 0; y < picture.rows(0); ++y)
    for (std::size_t x = 0; x < picture.row_bytes(0); x += 3)
      picture.at(0, y, x) = static_cast<std::uint8_t>(share);
  return picture;
}

class MpqLpips : public testing::Test {
 protected:
  MpqLpips() { mpq::test::write_tensors(model_, mpq::test::red_squeezenet()); }

  std::string line(const std::string& properties, const std::vector<std::string>& pads) const {
    std::string text = "mpqlpips name=p precision=float32 model-file=" + model_ + " " + properties +
                       " ! appsink name=out sync=false";
    for (const auto& pad : pads) text += " appsrc name=" + pad + " format=time ! p." + pad;
    return text;
  }

  static void push(const Pipeline& p, const std::string& pad, const Picture& picture, GstClockTime pts) {
    const mpq::gst::CapsPtr caps(gst_caps_from_string(mpq::test::raw_caps(picture).c_str()));
    gst_app_src_set_caps(GST_APP_SRC(p.element(pad).get()), caps.get());
    // Rows of a multiple of 4 bytes.
    const auto pixels = picture.pixels();
    const std::size_t row = picture.row_bytes(0);
    std::vector<std::uint8_t> bytes;
    for (std::size_t y = 0; y < picture.rows(0); ++y) {
      const auto* const first = pixels.data() + y * row;
      bytes.insert(bytes.end(), first, first + row);
      bytes.resize((y + 1) * ((row + 3) / 4 * 4));
    }
    mpq::test::push(p, pad, bytes.data(), bytes.size(), pts, mpq::test::frame_time);
  }

  static bool finish(Pipeline& p, const std::vector<std::string>& pads) {
    for (const auto& pad : pads) mpq::test::end_of_stream(p, pad);
    return p.run();
  }

  static std::vector<Result> frames(const Pipeline& p, const std::string& input) {
    std::vector<Result> all;
    for (const Result& result : p.results())
      if (result.scope == Scope::frame && result.input == input) all.push_back(result);
    return all;
  }

  mpq::test::TemporaryFolder folder_;
  const std::string model_ = folder_ / "lpips.safetensors";
};

TEST_F(MpqLpips, ScoresSeveralBranchesAndPoolsEachOfThem) {
  const std::vector<std::string> pads{"ref_sink", "dist_0", "dist_1"};
  Pipeline p(line("", pads));
  for (int i = 0; i < 2; ++i) {
    const auto pts = static_cast<GstClockTime>(i) * mpq::test::frame_time;
    push(p, "ref_sink", red(200), pts);
    push(p, "dist_0", red(i == 0 ? 255 : 200), pts);
    push(p, "dist_1", red(i == 0 ? 150 : 100), pts);
  }
  ASSERT_TRUE(finish(p, pads)) << p.error();
  const auto first = frames(p, "dist_0"), second = frames(p, "dist_1");
  ASSERT_EQ(first.size(), 2U);
  ASSERT_EQ(second.size(), 2U);
  EXPECT_NEAR(first[0].value, red_distance(200, 255), 1e-6);
  EXPECT_NEAR(*find_detail(first[0], "lpips-db"), -10 * std::log10(red_distance(200, 255)), 1e-3);
  EXPECT_NEAR(*find_detail(first[0], "layer-1"), first[0].value, 1e-9);
  EXPECT_EQ(find_detail(first[0], "layer-7"), 0);
  EXPECT_EQ(first[1].value, 0);
  EXPECT_EQ(find_detail(first[1], "lpips-db"), INFINITY);
  EXPECT_NEAR(second[0].value, red_distance(200, 150), 1e-6);
  EXPECT_NEAR(second[1].value, red_distance(200, 100), 1e-6);

  const Result pool = p.pooled("lpips", "dist_0").value(), other = p.pooled("lpips", "dist_1").value();
  EXPECT_EQ(pool.index, 2U);
  EXPECT_NEAR(pool.value, red_distance(200, 255) / 2, 1e-6);
  EXPECT_EQ(find_detail(pool, "identical-frames"), 1);
  EXPECT_NEAR(*find_detail(pool, "lpips-db"), *find_detail(first[0], "lpips-db"), 1e-9);
  EXPECT_NEAR(*find_detail(pool, "lpips-db-of-mean"), -10 * std::log10(pool.value), 1e-9);
  EXPECT_NEAR(*find_detail(other, "lpips-db"),
              (*find_detail(second[0], "lpips-db") + *find_detail(second[1], "lpips-db")) / 2, 1e-9);
  EXPECT_EQ(find_detail(pool, "unmatched-frames"), 0);
  EXPECT_EQ(find_detail(pool, "late-frames"), 0);
  EXPECT_EQ(find_detail(p.pooled("speed").value(), "frames"), 4);

  const auto out = p.pull_all();
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(mpq::test::to_picture(out[0]).pixels(), red(255).pixels());
  EXPECT_NEAR(mpq::gst::attached_results(out[0].buffer.get()).at(0).value, first[0].value, 0);
}

TEST_F(MpqLpips, GivesAMapOfTheScoredPictures) {
  const std::vector<std::string> pads{"ref_sink", "dist_0"};
  const double distance = red_distance(200, 150);
  Pipeline p(line("output=map map-white=0.5", pads));
  push(p, "ref_sink", red(200), mpq::test::frame_time);
  push(p, "dist_0", red(200), 0);  // without a partner
  push(p, "dist_0", red(150), mpq::test::frame_time);
  ASSERT_TRUE(finish(p, pads)) << p.error();
  const auto out = p.pull_all();
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].pts, mpq::test::frame_time);
  EXPECT_EQ(mpq::test::caps_field(out[0].caps, "format").substr(0, 6), "GRAY16") << out[0].caps;
  EXPECT_EQ(mpq::test::caps_field(out[0].caps, "width"), std::to_string(width));
  ASSERT_EQ(out[0].bytes.size(), std::size_t{2} * width * height);
  ASSERT_LT(distance, 0.5);
  for (std::size_t i = 0; i < out[0].bytes.size(); i += 2) {
    std::uint16_t value;
    std::memcpy(&value, out[0].bytes.data() + i, sizeof value);
    EXPECT_NEAR(value, 65535 * distance / 0.5, 1);
  }
  EXPECT_NEAR(mpq::gst::attached_results(out[0].buffer.get()).at(0).value, distance, 1e-6);
}

TEST_F(MpqLpips, SizesThatDoNotFitAreErrorsWithARemedy) {
  const std::vector<std::string> pads{"ref_sink", "dist_0"};
  for (const auto& [reference, distorted, part] :
       {std::tuple{red(1), red(2, 28, 18), "Insert videoscale before dist_0"},
        std::tuple{red(1, 9, 40), red(2, 9, 40), "at least 17x17"}}) {
    Pipeline p(line("", pads));
    push(p, "ref_sink", reference, 0);
    push(p, "dist_0", distorted, 0);
    EXPECT_FALSE(finish(p, pads));
    EXPECT_NE(p.error().find(part), std::string::npos) << p.error();
  }
}

TEST_F(MpqLpips, FollowsASizeThatChangesMidStream) {
  const std::vector<std::string> pads{"ref_sink", "dist_0"};
  Pipeline p(line("output=map", pads));
  for (const int size : {40, 17, 63}) {
    const auto pts = static_cast<GstClockTime>(size == 40 ? 0 : size == 17 ? 1 : 2) * mpq::test::frame_time;
    push(p, "ref_sink", red(200, size, 30), pts);
    push(p, "dist_0", red(100, size, 30), pts);
  }
  ASSERT_TRUE(finish(p, pads)) << p.error();
  for (const Result& result : frames(p, "dist_0")) EXPECT_NEAR(result.value, red_distance(200, 100), 1e-6);
  EXPECT_EQ(p.pull_all().size(), 3U);
}

TEST_F(MpqLpips, SaysWhatIsWrongWithItsFilesBeforeAnythingRuns) {
  std::ofstream(folder_ / "broken") << "no weights";
  mpq::test::write_tensors(folder_ / "linear", mpq::test::made_linear(mpq::lpips::Backbone::vgg16,
                                                                      [](auto, auto) { return 1.0F; }));
  g_setenv("MPQ_MODEL_PATH", (folder_ / "").c_str(), TRUE);
  for (const auto& [options, part] : std::vector<std::pair<std::string, std::string>>{
           {"", "no model is named"},
           {"model-file=/nowhere/x.safetensors", "/nowhere/x.safetensors"},
           {"model-file=" + (folder_ / "broken"), "broken"},
           {"model-file=" + (folder_ / "linear"), "called \"torchvision-vgg16\""},
           {"model-file=" + (folder_ / "linear") + " backbone-file=" + model_, "SqueezeNet"},
           {"model-file=" + model_ + " backbone-file=" + model_, "needs no second file"},
           {"model-file=" + model_ + " device=tpu", "tpu"}}) {
    Pipeline p("videotestsrc num-buffers=1 ! p.ref_sink mpqlpips name=p " + options + " ! fakesink");
    EXPECT_FALSE(p.run()) << options;
    EXPECT_NE(p.error().find(part), std::string::npos) << p.error();
  }
}

// As `mpq-models fetch lpips-squeeze` leaves them.
TEST_F(MpqLpips, FindsTheBackboneInTheModelStore) {
  std::vector<mpq::test::MadeTensor> linear, backbone;
  for (const auto& tensor : mpq::test::red_squeezenet())
    (tensor.name.starts_with("lin") ? linear : backbone).push_back(tensor);
  for (const auto& [name, tensors] :
       {std::pair{"lpips-squeeze", &linear}, std::pair{"torchvision-squeezenet1.1", &backbone}}) {
    std::filesystem::create_directory(folder_ / name);
    mpq::test::write_tensors(folder_ / name + "/file", *tensors);
    mpq::StoredModel record;
    record.name = name;
    record.folder = folder_ / name;
    record.file = "file";
    mpq::write_record(record);
  }
  g_setenv("MPQ_MODEL_PATH", (folder_ / "").c_str(), TRUE);
  Pipeline p(
      "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=32,height=32 ! tee name=t ! queue ! "
      "p.ref_sink t. ! queue ! p.dist_0 mpqlpips name=p model-file=lpips-squeeze ! fakesink");
  ASSERT_TRUE(p.run()) << p.error();
  EXPECT_EQ(p.pooled("lpips")->value, 0);
}

TEST_F(MpqLpips, LeavesLatePairsOutAndCountsThem) {
  const std::vector<std::string> pads{"ref_sink", "dist_0", "dist_1"};
  for (const std::string policy : {"block", "drop", "skip-inference"}) {
    Pipeline p(line("max-lateness=0 late-policy=" + policy, pads));
    const auto all = [&](GstClockTime pts) {
      for (const auto& pad : pads) push(p, pad, red(pad == "ref_sink" ? 200 : 255), pts);
    };
    all(3600 * GST_SECOND);
    p.set_state(GST_STATE_PLAYING);
    ASSERT_TRUE(p.pull());
    g_usleep(20000);
    all(0);
    all(3601 * GST_SECOND);
    for (const auto& pad : pads) mpq::test::end_of_stream(p, pad);
    ASSERT_TRUE(p.wait()) << p.error();
    const bool late = policy != "block";
    EXPECT_EQ(p.pull_all().size(), policy == "drop" ? 1U : 2U) << policy;
    for (const std::string pad : {"dist_0", "dist_1"}) {
      EXPECT_EQ(find_detail(p.pooled("lpips", pad).value(), "late-frames"), late ? 1 : 0) << policy;
      EXPECT_EQ(p.pooled("lpips", pad)->index, late ? 2U : 3U);
    }
    EXPECT_EQ(find_detail(p.pooled("speed").value(), "late-frames"), late ? 2 : 0);
  }
}

TEST_F(MpqLpips, AddsItsTimeToThePipelinesLatency) {
  const std::vector<std::string> pads{"ref_sink", "dist_0"};
  Pipeline p(line("", pads));
  for (int i = 0; i < 3; ++i) {
    push(p, "ref_sink", red(200 + i), static_cast<GstClockTime>(i) * mpq::test::frame_time);
    push(p, "dist_0", red(100), static_cast<GstClockTime>(i) * mpq::test::frame_time);
  }
  ASSERT_TRUE(finish(p, pads)) << p.error();
  const auto latency = mpq::test::latency_of(p, "p");
  ASSERT_TRUE(latency);
  EXPECT_GT(*latency, 0U);
  EXPECT_LT(*latency, 10 * GST_SECOND);
}

TEST_F(MpqLpips, StartsAndStopsManyTimes) {
  Pipeline p(
      "videotestsrc num-buffers=2 ! video/x-raw,format=RGB,width=24,height=24 ! tee name=t ! queue ! "
      "p.ref_sink t. ! queue ! p.dist_0 mpqlpips name=p model-file=" +
      model_ + " ! fakesink");
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(p.set_state(GST_STATE_PLAYING)) << i;
    ASSERT_TRUE(p.set_state(GST_STATE_NULL)) << i;
  }
}

}  // namespace
