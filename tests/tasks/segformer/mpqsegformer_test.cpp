// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gst/check/gstharness.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "gst/label_map.h"
#include "gst/publisher.h"
#include "gst/text_overlay.h"
#include "support/pipeline.h"
#include "support/tools.h"
#include "tiny_segformer.h"

namespace {

using mpq::find_detail;
using mpq::Result;
using mpq::gst::BufferPtr;
using mpq::test::Bytes;
using mpq::test::Pipeline;
using mpq::test::Received;
using mpq::test::TemporaryFolder;
using mpq::test::TinySegformer;

/// Bytes of a row of raw video, as GStreamer lays it out by itself.
std::size_t stride(int width, int bytes_a_pixel) {
  return static_cast<std::size_t>((width * bytes_a_pixel + 3) / 4 * 4);
}

/// RGB: the left half red (class 1), the right one blue (class 2).
Bytes flag(int width, int height) {
  Bytes bytes(stride(width, 3) * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      bytes[stride(width, 3) * static_cast<std::size_t>(y) +
            static_cast<std::size_t>(3 * x + (2 * x < width ? 0 : 2))] = 255;
  return bytes;
}

std::string caps(int width, int height) {
  return "video/x-raw,format=RGB,framerate=25/1,width=" + std::to_string(width) +
         ",height=" + std::to_string(height);
}

class MpqSegformer : public testing::Test {
 protected:
  MpqSegformer() { TinySegformer().write(model_); }

  std::string element(const std::string& more = {}) const {
    return "mpqsegformer name=s threads=1 input-width=96 input-height=96 model-file=" + model_ + " " + more;
  }
  std::string line(int width, int height, const std::string& more = {}) const {
    return "appsrc name=in format=time caps=" + caps(width, height) + " ! " + element(more) +
           " ! appsink name=out sync=false";
  }
  /// What leaves for one flag.
  std::optional<Received> one(int width, int height, const std::string& more) const {
    Pipeline p(line(width, height, more));
    const Bytes bytes = flag(width, height);
    mpq::test::push(p, "in", bytes.data(), bytes.size(), 40 * GST_MSECOND, 20 * GST_MSECOND);
    mpq::test::end_of_stream(p, "in");
    if (!p.run()) ADD_FAILURE() << p.error();
    return p.pull();
  }

  TemporaryFolder folder_;
  const std::string model_ = folder_ / "tiny.safetensors";
};

/// The element alone.
class Harness {
 public:
  Harness(const std::string& element, const std::string& caps)
      : harness_(gst_harness_new_parse(element.c_str())) {
    gst_harness_set_src_caps_str(harness_, caps.c_str());
  }
  ~Harness() { gst_harness_teardown(harness_); }
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;

  /// Null where nothing leaves.
  BufferPtr push(const Bytes& bytes, GstClockTime pts) {
    GstBuffer* const buffer = mpq::gst::copy_to_buffer(bytes.data(), bytes.size()).release();
    GST_BUFFER_PTS(buffer) = pts;
    EXPECT_EQ(gst_harness_push(harness_, buffer), GST_FLOW_OK);
    return BufferPtr(gst_harness_try_pull(harness_));
  }
  std::string caps() const {
    const mpq::gst::ObjectPtr<GstPad> pad(gst_element_get_static_pad(harness_->element, "src"));
    const mpq::gst::CapsPtr current(gst_pad_get_current_caps(pad.get()));
    return mpq::gst::to_string(current.get());
  }
  GstHarness* get() const { return harness_; }

 private:
  GstHarness* harness_;
};

TEST_F(MpqSegformer, TellsEachClassesShareAndPassesThePictureOnWithItsMap) {
  std::ofstream(folder_ / "labels.txt") << "grass\n#ff0000 brick\nsky\n";
  const auto frame = one(64, 48, "labels-file=" + (folder_ / "labels.txt"));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->bytes, flag(64, 48));
  const auto results = mpq::gst::attached_results(frame->buffer.get());
  ASSERT_EQ(results.size(), 1U);
  const Result& result = results[0];
  EXPECT_EQ(result.metric, "segmentation");
  EXPECT_EQ(result.unit, "share");
  EXPECT_EQ(result.running_time, 40000000);
  EXPECT_NEAR(result.value, 0.5, 0.06);
  EXPECT_TRUE(result.label == "brick" || result.label == "sky");
  EXPECT_EQ(*find_detail(result, "class-1") + *find_detail(result, "class-2"), 3);
  EXPECT_NEAR(*find_detail(result, "share-1") + *find_detail(result, "share-2"), 1, 0.1);
  EXPECT_FALSE(find_detail(result, "class-4"));
  const auto map = mpq::gst::attached_label_map(frame->buffer.get());
  ASSERT_NE(map, nullptr);
  const std::string map_caps = mpq::gst::to_string(gst_sample_get_caps(map.get()));
  EXPECT_NE(map_caps.find("format=(string)GRAY8, width=(int)64, height=(int)48"), std::string::npos)
      << map_caps;
  const mpq::gst::ReadMap labels(gst_sample_get_buffer(map.get()));
  ASSERT_EQ(labels.size(), 64U * 48U);
  EXPECT_EQ(labels.data()[0], 1);
  EXPECT_EQ(labels.data()[64 * 48 - 1], 2);
}

TEST_F(MpqSegformer, ListsTheLargestClassesAlone) {
  const auto frame = one(64, 48, "top-k=1");
  ASSERT_TRUE(frame);
  const Result result = mpq::gst::attached_results(frame->buffer.get()).at(0);
  EXPECT_TRUE(result.label == "1" || result.label == "2") << result.label;
  EXPECT_FALSE(find_detail(result, "class-2"));
}

TEST_F(MpqSegformer, PutsTheLabelMapInThePicturesPlace) {
  for (const std::string precision : {" precision=float32", " precision=bfloat16"})
    for (const auto& [width, height] : {std::pair{64, 48}, {33, 31}, {1, 1}, {30, 401}, {1279, 3}}) {
      Harness harness(element("output=label-map" + precision), caps(width, height));
      const BufferPtr eight = harness.push(flag(width, height), 7);
      ASSERT_NE(eight, nullptr);
      EXPECT_EQ(GST_BUFFER_PTS(eight.get()), 7U);
      const std::string made = harness.caps();
      EXPECT_NE(made.find("format=(string)GRAY8"), std::string::npos) << made;
      EXPECT_NE(made.find("width=(int)" + std::to_string(width) + ","), std::string::npos) << made;
      EXPECT_NE(made.find("framerate=(fraction)25/1"), std::string::npos) << made;
      EXPECT_EQ(mpq::gst::attached_results(eight.get()).size(), 1U);
      const mpq::gst::ReadMap small(eight.get());
      ASSERT_EQ(small.size(), stride(width, 1) * static_cast<std::size_t>(height));

      Harness wide(element("output=label-map-16" + precision), caps(width, height));
      const BufferPtr sixteen = wide.push(flag(width, height), 7);
      ASSERT_NE(sixteen, nullptr);
      EXPECT_NE(wide.caps().find("format=(string)GRAY16_LE"), std::string::npos) << wide.caps();
      const mpq::gst::ReadMap large(sixteen.get());
      ASSERT_EQ(large.size(), stride(width, 2) * static_cast<std::size_t>(height));
      for (const std::size_t y : {0, height - 1})
        for (const std::size_t x : {0, width - 1}) {
          const int wanted = 2 * static_cast<int>(x) < width ? 1 : 2;
          EXPECT_EQ(small.data()[y * stride(width, 1) + x], wanted) << width << "x" << height;
          EXPECT_EQ(GST_READ_UINT16_LE(large.data() + y * stride(width, 2) + 2 * x), wanted);
        }
    }
}

TEST_F(MpqSegformer, FollowsASizeThatChangesMidStreamWithItsCaps) {
  Harness harness(element("output=label-map"), caps(64, 48));
  EXPECT_NE(harness.push(flag(64, 48), 0), nullptr);
  for (const int width : {100, 7}) {
    gst_harness_set_src_caps_str(harness.get(), caps(width, 48).c_str());
    const BufferPtr map = harness.push(flag(width, 48), 0);
    ASSERT_NE(map, nullptr);
    EXPECT_EQ(gst_buffer_get_size(map.get()), stride(width, 1) * 48);
    EXPECT_NE(harness.caps().find("width=(int)" + std::to_string(width)), std::string::npos)
        << harness.caps();
  }
}

TEST_F(MpqSegformer, ColoursThePictureWithTheFilesColours) {
  std::ofstream(folder_ / "labels.txt") << "grass\n#0a141e brick\n#28323c sky\n";
  const std::string colours = "output=overlay legend=false labels-file=" + (folder_ / "labels.txt");
  const auto covered = one(64, 48, colours + " opacity=1");
  ASSERT_TRUE(covered);
  EXPECT_EQ(Bytes(covered->bytes.begin(), covered->bytes.begin() + 3), (Bytes{10, 20, 30}));
  EXPECT_EQ(Bytes(covered->bytes.end() - 3, covered->bytes.end()), (Bytes{40, 50, 60}));
  const auto half = one(64, 48, colours + " opacity=0.5");
  ASSERT_TRUE(half);
  EXPECT_EQ(Bytes(half->bytes.begin(), half->bytes.begin() + 3), (Bytes{133, 10, 15}));
}

TEST_F(MpqSegformer, NamesTheClassesOnTheColouredPicture) {
  if (!mpq::gst::TextOverlay::available()) GTEST_SKIP() << "needs the meson option overlay";
  std::ofstream(folder_ / "labels.txt") << "grass\n#0000ff brick\n#00ff00 sky\n";
  const std::string options = "output=overlay opacity=0 labels-file=" + (folder_ / "labels.txt");
  const auto frame = one(320, 240, options);
  ASSERT_TRUE(frame);
  int green = 0, right = 0;
  for (std::size_t i = 0; i < frame->bytes.size(); i += 3) {
    green += frame->bytes[i] == 0 && frame->bytes[i + 1] == 255 && frame->bytes[i + 2] == 0 ? 1 : 0;
    right += i / 3 % 320 > 200 && frame->bytes[i + 1] != 0 ? 1 : 0;
  }
  EXPECT_GT(green, 16);  // the square before "sky"
  EXPECT_LT(green, 400);
  EXPECT_EQ(right, 0);
}

TEST_F(MpqSegformer, ShowsOrDropsWhatIsLate) {
  // A frame that is late before there is any answer has no map to leave with.
  for (const std::string policy : {"block", "drop", "skip-inference"}) {
    Pipeline p(line(64, 48, "output=label-map max-lateness=0 late-policy=" + policy));
    const Bytes bytes = flag(64, 48);
    const auto push = [&](GstClockTime pts) { mpq::test::push(p, "in", bytes.data(), bytes.size(), pts); };
    push(0);
    p.set_state(GST_STATE_PLAYING);
    ASSERT_TRUE(p.pull());
    g_usleep(20000);
    push(0);
    push(3600 * GST_SECOND);
    mpq::test::end_of_stream(p, "in");
    ASSERT_TRUE(p.wait()) << p.error();
    const auto rest = p.pull_all();
    ASSERT_EQ(rest.size(), policy == "drop" ? 1U : 2U) << policy;
    EXPECT_EQ(find_detail(*p.pooled("speed"), "late-frames"), policy == "block" ? 0 : 1);
    EXPECT_EQ(rest.front().bytes, rest.back().bytes);
    EXPECT_EQ(rest.front().bytes[0], 1);
    EXPECT_EQ(find_detail(mpq::gst::attached_results(rest.front().buffer.get()).at(0), "stale").has_value(),
              policy == "skip-inference");
  }
}

TEST_F(MpqSegformer, SaysWhatIsWrongWithItsFilesBeforeAnythingRuns) {
  std::ofstream(folder_ / "broken") << "no weights";
  std::ofstream(folder_ / "short") << "one\ntwo\n";
  TinySegformer("decode_head").write(folder_ / "encoder");
  TinySegformer("", 300).write(folder_ / "many");
  for (const auto& [options, part] : std::vector<std::pair<std::string, std::string>>{
           {"", "no model is named"},
           {"model-file=/nowhere/x.safetensors", "/nowhere/x.safetensors"},
           {"model-file=" + (folder_ / "broken"), "broken"},
           {"model-file=" + (folder_ / "encoder"), "encoder holds no SegFormer"},
           {"model-file=" + (folder_ / "many") + " output=label-map", "no room for the 300 classes"},
           {"model-file=" + model_ + " labels-file=/nowhere/labels", "/nowhere/labels"},
           {"model-file=" + model_ + " labels-file=" + (folder_ / "short"),
            "has 2 lines, but the model 3 classes"},
           {"model-file=" + model_ + " fit=native", "20x20 is too small"},
           {"model-file=" + model_ + " device=tpu", "tpu"}}) {
    Pipeline p("videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=20,height=20 ! mpqsegformer " +
               options + " ! fakesink");
    EXPECT_FALSE(p.run()) << options;
    EXPECT_NE(p.error().find(part), std::string::npos) << p.error();
  }
  // 300 classes have room in GRAY16_LE, and in the meta.
  for (const std::string output : {"label-map-16", "pass"}) {
    Pipeline p(
        "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=20,height=20 ! mpqsegformer model-file=" +
        (folder_ / "many") + " output=" + output + " ! fakesink");
    EXPECT_TRUE(p.run()) << p.error();
  }
}

TEST_F(MpqSegformer, BranchesShareWeightsAndBatches) {
  const std::string branch =
      "queue ! " + element("batch-size=4 output=label-map").replace(13, 7, "") + " ! fakesink ";
  Pipeline p("videotestsrc num-buffers=10 ! video/x-raw,format=RGB,width=64,height=48 ! tee name=t ! " +
             branch + "t. ! " + branch + "t. ! " + branch);
  ASSERT_TRUE(p.run()) << p.error();
  EXPECT_EQ(std::count_if(p.results().begin(), p.results().end(),
                          [](const Result& result) { return result.metric == "segmentation"; }),
            30);
}

TEST_F(MpqSegformer, StartsAndStopsAgainWithAnotherOutput) {
  Pipeline p("videotestsrc num-buffers=2 ! video/x-raw,width=64,height=48 ! " + element() +
             " ! fakesink name=f");
  for (int i = 0; i < 30; ++i) {
    gst_util_set_object_arg(G_OBJECT(p.element("s").get()), "output", i % 2 == 0 ? "label-map" : "pass");
    ASSERT_TRUE(p.run()) << p.error();
    const mpq::gst::ObjectPtr<GstPad> pad(gst_element_get_static_pad(p.element("s").get(), "src"));
    const mpq::gst::CapsPtr current(gst_pad_get_current_caps(pad.get()));
    if (current) {
      EXPECT_NE(mpq::gst::to_string(current.get()).find(i % 2 == 0 ? "GRAY8" : "RGB"), std::string::npos);
    }
    ASSERT_TRUE(p.set_state(GST_STATE_NULL)) << i;
  }
}

}  // namespace
