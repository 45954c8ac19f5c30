// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The elements with the model that comes with mpq: without model-file, and at a bit rate.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>

#include "codecs/mbt2018/architecture.h"
#include "generated_model.h"
#include "models/model_store.h"
#include "support/sanitized.h"
#include "support/shared.h"
#include "support/tools.h"
#include "support/video_pipeline.h"

namespace mpq::test {
namespace {

#define MPQ_REQUIRE_SHIPPED_MODEL() \
  if (!stored_model(default_codec_model)) GTEST_SKIP() << "needs the folder models of the sources"

TEST(MpqMbt2018Shipped, NeedsNoModelFile) {
  MPQ_REQUIRE_SHIPPED_MODEL();
  const Picture picture = smooth_picture(PixelFormat::rgb24, 160, 120);
  const auto frames = run_pictures("mpqmbt2018enc threads=1 ! mpqmbt2018dec threads=1", {picture, picture});
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_GT(picture_psnr(to_picture(frames[1]), picture), 25);
}

TEST(MpqMbt2018Shipped, DecodebinPlaysIt) {
  MPQ_REQUIRE_SHIPPED_MODEL();
  const TemporaryFolder folder;
  const std::string file = folder / "film.mpq";
  Pipeline writer(
      "videotestsrc num-buffers=2 ! video/x-raw,width=80,height=48 ! mpqmbt2018enc threads=1 ! filesink "
      "location=" +
      file);
  ASSERT_TRUE(writer.run()) << writer.error();
  Pipeline reader("filesrc location=" + file + " ! decodebin ! appsink name=out sync=false");
  ASSERT_TRUE(reader.run()) << reader.error();
  EXPECT_EQ(reader.pull_all().size(), 2U);
}

TEST(MpqMbt2018Shipped, WhereItIsMissingTheErrorSaysSo) {
  const std::string before = getenv("MPQ_SHIPPED_MODELS") == nullptr ? "" : getenv("MPQ_SHIPPED_MODELS");
  const TemporaryFolder folder;
  setenv("MPQ_SHIPPED_MODELS", (folder / "none").c_str(), 1);
  setenv("MPQ_MODEL_PATH", (folder / "none").c_str(), 1);
  Pipeline p("videotestsrc num-buffers=1 ! mpqmbt2018enc ! fakesink");
  EXPECT_FALSE(p.run());
  EXPECT_NE(p.error().find("mbt2018-nano, which comes with mpq, is not installed"), std::string::npos)
      << p.error();
  EXPECT_NE(p.error().find("MPQ_SHIPPED_MODELS"), std::string::npos) << p.error();
  setenv("MPQ_SHIPPED_MODELS", before.c_str(), 1);
  unsetenv("MPQ_MODEL_PATH");
}

TEST(MpqMbt2018Shipped, CompressaisFilesDoNotHoldItsPictures) {
  MPQ_REQUIRE_SHIPPED_MODEL();
  Pipeline p("videotestsrc num-buffers=1 ! mpqmbt2018enc container=compressai ! fakesink");
  EXPECT_FALSE(p.run());
  EXPECT_NE(p.error().find("Use container=mpq"), std::string::npos) << p.error();
}

/// Where no number is written a latent is its mean, which follows from the latents before it: what grows from
/// one to the next shows far from the edges, as patterns that cost many bits.
TEST(MpqMbt2018Shipped, IsStableInLargePicturesAtTheLowestRate) {
  MPQ_REQUIRE_SHIPPED_MODEL();
  MPQ_REQUIRE_SHARED(kodak, "data/kodak/kodim10.png");
  Pipeline p(
      "filesrc location=" + kodak.string() +
      " ! pngdec ! videoconvert ! video/x-raw,format=RGB ! tee name=t"
      " t. ! queue ! psnr.ref_sink"
      " t. ! queue ! mpqmbt2018enc quality=1 threads=1 ! mpqrate ! mpqmbt2018dec threads=1 ! psnr.dist_0"
      " mpqpsnr name=psnr ! fakesink");
  ASSERT_TRUE(p.run(120)) << p.error();
  EXPECT_LT(p.pooled("rate").value().value, 0.05);
  EXPECT_GT(p.pooled("psnr").value().value, 25);
}

// Photographs as films of 25 frames a second.
class MpqMbt2018Bitrate : public testing::TestWithParam<const char*> {
 protected:
  static std::string photograph(const std::filesystem::path& file, int frames) {
    return "filesrc location=" + file.string() +
           " ! pngdec ! imagefreeze num-buffers=" + std::to_string(frames) +
           " ! videoscale ! videoconvert ! video/x-raw,format=RGB,width=192,height=128,framerate=25/1 ! ";
  }
  static std::string encoder(int bitrate) {
    return std::string("mpqmbt2018enc name=e threads=1 overlap=") + GetParam() +
           " bitrate=" + std::to_string(bitrate);
  }
  /// kbit/s of some frames at 25 a second.
  static double rate(const std::vector<Received>& frames, std::size_t first, std::size_t count) {
    double bytes = 0;
    for (std::size_t i = first; i < first + count; ++i)
      bytes += static_cast<double>(frames.at(i).bytes.size());
    return bytes * 8 * 25 / static_cast<double>(count) / 1000;
  }
};

TEST_P(MpqMbt2018Bitrate, IsKeptWithinAFewPercentByAPhotograph) {
  MPQ_REQUIRE_SHIPPED_MODEL();
  MPQ_REQUIRE_SHARED(kodak, "data/kodak/kodim11.png");
  constexpr int bitrate = 150;
  Pipeline p(photograph(kodak, 100) + encoder(bitrate) + " ! appsink name=out sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  const auto frames = p.pull_all();
  ASSERT_EQ(frames.size(), 100U);
  EXPECT_NEAR(rate(frames, 0, 100) / bitrate, 1, 0.05);
  EXPECT_NEAR(rate(frames, 75, 25) / bitrate, 1, 0.05);
}

TEST_P(MpqMbt2018Bitrate, IsKeptAgainAfterAnotherSceneAndAnotherBitrate) {
  MPQ_REQUIRE_SHIPPED_MODEL();
  MPQ_REQUIRE_SHARED(first, "data/kodak/kodim04.png");
  MPQ_REQUIRE_SHARED(second, "data/kodak/kodim05.png");
  Pipeline p(photograph(first, 50) + "concat name=c ! " + encoder(200) +
             " ! appsink name=out sync=false max-buffers=1 " + photograph(second, 100) + "c.");
  ASSERT_TRUE(p.set_state(GST_STATE_PLAYING));
  std::vector<Received> frames;
  for (int i = 0; i < 150; ++i) {
    if (i == 90) g_object_set(p.element("e").get(), "bitrate", 400, nullptr);
    auto frame = p.pull();
    ASSERT_TRUE(frame) << p.error();
    frames.push_back(std::move(*frame));
  }
  EXPECT_NEAR(rate(frames, 25, 25) / 200, 1, 0.05);
  EXPECT_NEAR(rate(frames, 65, 25) / 200, 1, 0.05);
  EXPECT_NEAR(rate(frames, 125, 25) / 400, 1, 0.05);
}

// Sanitizers take a minute for each.
INSTANTIATE_TEST_SUITE_P(Overlap, MpqMbt2018Bitrate,
                         testing::ValuesIn(sanitized() ? std::vector{"on"} : std::vector{"off", "on"}));

TEST(MpqMbt2018Shipped, TheBitrateIsATag) {
  MPQ_REQUIRE_SHIPPED_MODEL();
  Pipeline p(
      "videotestsrc num-buffers=2 ! video/x-raw,width=64,height=64 ! mpqmbt2018enc threads=1 bitrate=150 ! "
      "appsink name=out sync=false");
  ASSERT_TRUE(p.set_state(GST_STATE_PLAYING));
  ASSERT_TRUE(p.set_state(GST_STATE_READY));  // a stream that begins anew has it, too
  ASSERT_TRUE(p.set_state(GST_STATE_PLAYING));
  ASSERT_TRUE(p.pull()) << p.error();
  const gst::ObjectPtr<GstPad> pad(gst_element_get_static_pad(p.element("out").get(), "sink"));
  GstEvent* const event = gst_pad_get_sticky_event(pad.get(), GST_EVENT_TAG, 0);
  ASSERT_NE(event, nullptr);
  GstTagList* tags = nullptr;
  gst_event_parse_tag(event, &tags);
  guint bitrate = 0;
  EXPECT_TRUE(gst_tag_list_get_uint(tags, GST_TAG_NOMINAL_BITRATE, &bitrate));
  EXPECT_EQ(bitrate, 150000U);
  gst_event_unref(event);
}

TEST(MpqMbt2018OneRate, HasNoBitrateToChoose) {
  const TemporaryFolder folder;
  const std::string model = folder / "model.safetensors";
  write_mbt2018(model, mbt2018_tensors({mbt2018::Variant::mbt2018, 4, 6}));
  for (const char* container : {"mpq", "compressai"}) {
    Pipeline p("videotestsrc num-buffers=1 ! mpqmbt2018enc bitrate=100 model-file=" + model +
               " container=" + container + " ! fakesink");
    EXPECT_FALSE(p.run());
    EXPECT_NE(p.error().find("Set bitrate to 0"), std::string::npos) << p.error();
  }
  Pipeline p("videotestsrc ! video/x-raw,width=64,height=64 ! mpqmbt2018enc name=e model-file=" + model +
             " ! appsink name=out sync=false max-buffers=1 drop=true");
  ASSERT_TRUE(p.set_state(GST_STATE_PLAYING));
  ASSERT_TRUE(p.pull()) << p.error();
  g_object_set(p.element("e").get(), "bitrate", 100, nullptr);
  EXPECT_FALSE(p.wait());
  EXPECT_NE(p.error().find("Set bitrate to 0"), std::string::npos) << p.error();
}

}  // namespace
}  // namespace mpq::test
