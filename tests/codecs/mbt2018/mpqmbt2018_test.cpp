// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpqmbt2018enc and mpqmbt2018dec in pipelines, with small generated networks.
#include <gtest/gtest.h>

#include <fstream>

#include "codecs/mbt2018/mbt2018.h"
#include "core/error.h"
#include "generated_model.h"
#include "models/model_store.h"
#include "support/sanitized.h"
#include "support/tools.h"
#include "support/video_pipeline.h"

namespace mpq::test {
namespace {

using mbt2018::Variant;
using Coded = std::vector<std::uint8_t>;

const std::string coded_caps = "video/x-mpq,parsed=true,framerate=25/1,codec=";

constexpr mbt2018::Nano nano{6, 1, 8, 1, 5, 7, 9};

struct Case {
  Variant variant;
  const char* overlap;
  std::optional<mbt2018::Nano> nano = std::nullopt;
};

void PrintTo(const Case& c, std::ostream* stream) {
  *stream << mbt2018::name(c.variant) << (c.nano ? "-nano" : "") << ", overlap=" << c.overlap;
}

class MpqMbt2018 : public testing::TestWithParam<Case> {
 protected:
  MpqMbt2018() { write(model_, 4, 6); }

  void write(const std::string& file, int n, int m) const {
    write_mbt2018(file, mbt2018_tensors({GetParam().variant, n, m, 0, GetParam().nano}));
  }
  std::string encoder(const std::string& more = "precision=float32 threads=1") const {
    return "mpqmbt2018enc name=e model-file=" + model_ + " overlap=" + GetParam().overlap + ' ' + more;
  }
  std::string decoder(const std::string& more = "precision=float32 threads=1") const {
    return "mpqmbt2018dec name=d model-file=" + model_ + " overlap=" + GetParam().overlap + ' ' + more;
  }
  std::string caps() const { return coded_caps + mbt2018::name(GetParam().variant); }

  TemporaryFolder folder_;
  const std::string model_ = folder_ / "model.safetensors";
};

TEST_P(MpqMbt2018, CarriesPicturesOfAnySize) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 7}, {7, 1}, {63, 65}, {64, 64}, {130, 70}}) {
    SCOPED_TRACE(testing::Message() << width << 'x' << height);
    const std::vector<Picture> pictures{synthetic(PixelFormat::rgb24, width, height),
                                        smooth_picture(PixelFormat::rgb24, width, height, 20)};
    const auto frames = run_pictures(encoder() + " ! " + decoder(), pictures);
    ASSERT_EQ(frames.size(), 2U);
    mbt2018::Encoder library(
        mbt2018::Codec::load(model_, {.precision = nn::Precision::float32, .threads = 1}));
    mbt2018::Decoder reader(
        mbt2018::Codec::load(model_, {.precision = nn::Precision::float32, .threads = 1}));
    for (std::size_t i = 0; i < 2; ++i) {
      Picture expected(PixelFormat::rgb24, width, height);
      reader.decode(library.encode(pictures[i].view()).bytes, expected.mutable_view());
      EXPECT_EQ(to_picture(frames[i]).pixels(), expected.pixels());
      EXPECT_EQ(frames[i].pts, i * frame_time);
      EXPECT_EQ(frames[i].duration, frame_time);
    }
  }
}

TEST_P(MpqMbt2018, StreamsDecodeWhateverTheSettingsOnEitherSide) {
  std::vector<Picture> pictures;
  for (int i = 0; i < 6; ++i)
    pictures.push_back(synthetic(PixelFormat::rgb24, 64 + i, 70, 0, i % 2 == 0 ? 120 : 3));
  for (const auto& [writer, reader] :
       {std::pair{"precision=float32 threads=1", "precision=bfloat16 threads=2"},
        {"precision=bfloat16 threads=2", "precision=float32 threads=1"}}) {
    for (const Picture& picture : pictures) {
      const auto coded = run_pictures(encoder(writer), {picture});
      ASSERT_EQ(coded.size(), 1U);
      EXPECT_EQ(run_coded(decoder(reader), coded[0].caps, {coded[0].bytes}).size(), 1U);
    }
  }
}

TEST_P(MpqMbt2018, SaysWhatItCoded) {
  const auto coded = run_pictures(encoder(), {synthetic(PixelFormat::rgb24, 40, 30)});
  ASSERT_EQ(coded.size(), 1U);
  EXPECT_EQ(caps_field(coded[0].caps, "codec"), mbt2018::name(GetParam().variant));
  EXPECT_EQ(caps_field(coded[0].caps, "width"), "40");
  const stream::Frame frame = stream::read(coded[0].bytes);
  EXPECT_EQ(frame.header.shape, (std::vector<std::uint32_t>{30, 40}));
  EXPECT_EQ(frame.length, coded[0].bytes.size());
}

TEST_P(MpqMbt2018, TakesGrayAndSizesThatChange) {
  Pipeline p(between_apps(encoder() + " ! " + decoder()));
  push_picture(p, synthetic(PixelFormat::gray8, 40, 30), 0);
  push_picture(p, synthetic(PixelFormat::rgb24, 70, 20), frame_time);
  push_picture(p, synthetic(PixelFormat::rgb24, 30, 90), 2 * frame_time);
  end_of_stream(p, "in");
  ASSERT_TRUE(p.run()) << p.error();
  const auto frames = p.pull_all();
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(caps_field(frames[0].caps, "width"), "40");
  EXPECT_EQ(caps_field(frames[1].caps, "width"), "70");
  EXPECT_EQ(caps_field(frames[2].caps, "height"), "90");
}

TEST_P(MpqMbt2018, AnotherModelsFrameIsRefusedWithBothNames) {
  const auto coded = run_pictures(encoder(), {synthetic(PixelFormat::rgb24, 40, 30)});
  const std::string other = folder_ / "other.safetensors";
  write(other, 6, 4);
  const std::string line = "appsrc name=in format=time ! mpqmbt2018dec threads=1 model-file=" + other +
                           " ! appsink name=out sync=false";
  Pipeline p(line);
  push_with_caps(p, coded[0].caps, coded[0].bytes, 0);
  end_of_stream(p, "in");
  EXPECT_FALSE(p.run());
  EXPECT_NE(p.error().find(other), std::string::npos) << p.error();
  EXPECT_NE(
      p.error().find("was coded with the " + std::string(mbt2018::name(GetParam().variant)) + " model "),
      std::string::npos)
      << p.error();
  EXPECT_NE(p.error().find("Set model-file"), std::string::npos) << p.error();
}

TEST_P(MpqMbt2018, DamagedFramesAreSkippedAndCounted) {
  const auto coded = run_pictures(encoder(), std::vector(3, synthetic(PixelFormat::rgb24, 40, 30)));
  Pipeline p("appsrc name=in format=time ! " + decoder() + " ! appsink name=out sync=false");
  for (std::size_t i = 0; i < 3; ++i) {
    Coded bytes = coded[i].bytes;
    if (i == 1) bytes[bytes.size() / 2] ^= 4;
    push_with_caps(p, coded[i].caps, bytes, i * frame_time);
  }
  end_of_stream(p, "in");
  ASSERT_TRUE(p.run()) << p.error();
  EXPECT_EQ(p.pull_all().size(), 2U);
  EXPECT_EQ(p.warnings().size(), 1U);
  EXPECT_EQ(find_detail(*p.pooled("speed"), "skipped-frames"), 1);
}

// Damage that the frame's own CRC does not show, as if the arithmetic differed: the latents' CRC does.
TEST_P(MpqMbt2018, OtherLatentsThanThoseCodedAreAnError) {
  const auto coded = run_pictures(encoder(), {synthetic(PixelFormat::rgb24, 40, 30)});
  const stream::Frame frame = stream::read(coded[0].bytes);
  mbt2018::Decoder decoder(mbt2018::Codec::load(model_, {.precision = nn::Precision::float32, .threads = 1}));
  Picture picture(PixelFormat::rgb24, 40, 30);
  for (std::size_t i = 0; i < frame.sections[0].size(); ++i) {
    Coded section(frame.sections[0].begin(), frame.sections[0].end()), damaged;
    section[i] = static_cast<std::uint8_t>(section[i] ^ 1U << (i % 8));
    const std::array<std::span<const std::uint8_t>, 1> sections{section};
    stream::write(frame.header, sections, &damaged);
    EXPECT_THROW(decoder.decode(damaged, picture.mutable_view()), Error) << i;
  }
}

TEST_P(MpqMbt2018, ReadsFilesThroughItsParser) {
  const std::string file = folder_ / "pictures.mpq";
  Pipeline writer("videotestsrc num-buffers=3 ! video/x-raw,format=RGB,width=80,height=48 ! " + encoder() +
                  " ! filesink location=" + file);
  ASSERT_TRUE(writer.run()) << writer.error();
  for (const char* parser : {"", "mpqparse ! "}) {
    Pipeline reader("filesrc location=" + file + " blocksize=100 ! " + parser + decoder() +
                    " ! appsink name=out sync=false");
    ASSERT_TRUE(reader.run()) << parser << reader.error();
    EXPECT_EQ(reader.pull_all().size(), 3U) << parser;
  }
}

TEST_P(MpqMbt2018, ErrorsSayWhatToDo) {
  const auto error_of = [](const std::string& element) {
    Pipeline p("videotestsrc num-buffers=1 ! " + element + " ! fakesink");
    EXPECT_FALSE(p.run());
    return p.error();
  };
  EXPECT_NE(error_of("mpqmbt2018enc model-file=\"\"").find("Set model-file"), std::string::npos);
  const std::string none = error_of("mpqmbt2018enc model-file=" + (folder_ / "none.pth"));
  EXPECT_NE(none.find("none.pth"), std::string::npos) << none;
  std::ofstream(folder_ / "text.pth") << "not a model";
  const std::string text = error_of("mpqmbt2018enc model-file=" + (folder_ / "text.pth"));
  EXPECT_NE(text.find("text.pth"), std::string::npos) << text;
}

TEST_P(MpqMbt2018, DropsAndCountsWhatComesTooLate) {
  // A clock that runs and frames whose times are long past: all but those before the clock runs are late.
  Pipeline p(
      "videotestsrc num-buffers=50 is-live=true ! video/x-raw,format=RGB,width=64,height=64,framerate=500/1 "
      "! "
      "identity sleep-time=20000 ! " +
      encoder("precision=float32 threads=1 late-policy=drop max-lateness=1000000") +
      " ! appsink name=out sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  const auto speed = p.pooled("speed");
  ASSERT_TRUE(speed);
  const double late = find_detail(*speed, "late-frames").value_or(-1);
  EXPECT_GT(late, 20);
  EXPECT_EQ(static_cast<double>(p.pull_all().size()) + late, 50);
}

TEST_P(MpqMbt2018, DecodebinFindsTheInstalledModel) {
  const std::string name = std::string(mbt2018::name(GetParam().variant)) + "-9", file = folder_ / "film.mpq";
  const std::filesystem::path folder = std::filesystem::path(model_).parent_path() / name;
  std::filesystem::create_directory(folder);
  std::filesystem::copy(model_, folder / "weights.safetensors");
  StoredModel model;
  model.name = name;
  model.folder = folder;
  model.file = "weights.safetensors";
  write_record(model);
  setenv("MPQ_MODEL_PATH", folder.parent_path().c_str(), 1);
  Pipeline writer("videotestsrc num-buffers=2 ! video/x-raw,format=RGB,width=80,height=48 ! " + encoder() +
                  " ! filesink location=" + file);
  ASSERT_TRUE(writer.run()) << writer.error();
  Pipeline reader("filesrc location=" + file + " ! decodebin ! appsink name=out sync=false");
  ASSERT_TRUE(reader.run()) << reader.error();
  EXPECT_EQ(reader.pull_all().size(), 2U);
  std::filesystem::remove_all(folder);
  Pipeline lost("filesrc location=" + file + " ! mpqparse ! mpqmbt2018dec ! fakesink");
  EXPECT_FALSE(lost.run());
  EXPECT_NE(lost.error().find("mpq-models list"), std::string::npos) << lost.error();
  unsetenv("MPQ_MODEL_PATH");
}

TEST_P(MpqMbt2018, ExchangesFilesWithCompressai) {
  const std::string settings = " container=compressai threads=1 model-file=" + model_;
  if (GetParam().nano) {
    Pipeline p("videotestsrc num-buffers=1 ! video/x-raw,format=RGB ! mpqmbt2018enc" + settings +
               " ! fakesink");
    EXPECT_FALSE(p.run());
    EXPECT_NE(p.error().find("CompressAI has no mbt2018-nano"), std::string::npos) << p.error();
    return;
  }
  const Picture picture = smooth_picture(PixelFormat::rgb24, 70, 40);
  const auto coded = run_pictures("mpqmbt2018enc compressai-quality=3" + settings, {picture, picture});
  ASSERT_EQ(coded.size(), 2U);
  EXPECT_EQ(coded[0].caps.substr(0, 18), "image/x-compressai");
  EXPECT_EQ(coded[0].bytes.at(1), 2);
  EXPECT_EQ(run_coded("mpqmbt2018dec" + settings, coded[0].caps, {coded[0].bytes, coded[1].bytes}).size(),
            2U);
  const std::string file = folder_ / "two.bin";
  Pipeline writer("videotestsrc num-buffers=2 ! video/x-raw,format=RGB,width=70,height=40 ! mpqmbt2018enc" +
                  settings + " ! filesink location=" + file);
  ASSERT_TRUE(writer.run()) << writer.error();
  Pipeline reader("filesrc location=" + file + " blocksize=100 ! image/x-compressai ! mpqmbt2018dec" +
                  settings + " ! appsink name=out sync=false");
  ASSERT_TRUE(reader.run()) << reader.error();
  EXPECT_EQ(reader.pull_all().size(), 2U);
}

TEST_P(MpqMbt2018, PresetsNameTheModels) {
  const gst::ObjectPtr<GstElement> element(gst_element_factory_make("mpqmbt2018enc", nullptr));
  gst_object_ref_sink(element.get());
  const std::string name = mbt2018::name(GetParam().variant);
  ASSERT_TRUE(gst_preset_load_preset(GST_PRESET(element.get()), (name + " quality 8").c_str()));
  gchar* model = nullptr;
  g_object_get(element.get(), "model-file", &model, nullptr);
  EXPECT_EQ(gst::CharPtr(model).get(), name + "-8");
}

TEST_P(MpqMbt2018, QualityChoosesTheRateOfAVariableModel) {
  write_mbt2018(model_, mbt2018_tensors({GetParam().variant, 4, 6, 5, GetParam().nano}));
  for (const auto& [quality, step] : {std::pair{1, 0}, {50, 507}, {100, 1024}}) {
    const auto coded = run_pictures(encoder("threads=1 quality=" + std::to_string(quality)),
                                    {synthetic(PixelFormat::rgb24, 40, 30)});
    ASSERT_EQ(coded.size(), 1U);
    const auto bytes = stream::read(coded[0].bytes).sections.at(1);
    EXPECT_EQ(bytes[0] * 256 + bytes[1], step);
    EXPECT_EQ(run_coded(decoder(), coded[0].caps, {coded[0].bytes}).size(), 1U);
  }
}

TEST_P(MpqMbt2018, StartsAndStopsManyTimes) {
  Pipeline p("videotestsrc ! video/x-raw,format=RGB,width=64,height=64 ! " + encoder() + " ! " + decoder() +
             " ! fakesink");
  const int times = mpq::test::sanitized() ? 5 : 20;  // each builds the coder's tables
  for (int i = 0; i < times; ++i) {
    ASSERT_TRUE(p.set_state(GST_STATE_PLAYING));
    ASSERT_TRUE(p.set_state(GST_STATE_NULL));
  }
}

TEST_P(MpqMbt2018, GoesOnAfterAFlushingSeek) {
  Pipeline p("videotestsrc num-buffers=70 ! video/x-raw,format=RGB,width=64,height=64,framerate=25/1 ! " +
             encoder() + " ! " + decoder() + " ! appsink name=out sync=false max-buffers=3");
  ASSERT_TRUE(p.set_state(GST_STATE_PLAYING));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(p.pull());
  const GstClockTime there = 2 * GST_SECOND;
  ASSERT_TRUE(gst_element_seek_simple(p.get(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, there));
  for (std::size_t i = 0; i < 20; ++i) {
    const auto frame = p.pull();
    ASSERT_TRUE(frame) << p.error();
    EXPECT_EQ(frame->pts, there + i * frame_time);
  }
  EXPECT_TRUE(p.set_state(GST_STATE_NULL));
}

INSTANTIATE_TEST_SUITE_P(Variants, MpqMbt2018,
                         testing::Values(Case{Variant::mbt2018, "off"}, Case{Variant::mean, "off"},
                                         Case{Variant::hyperprior, "off"},
                                         Case{Variant::mbt2018, "off", nano}, Case{Variant::mbt2018, "on"},
                                         Case{Variant::mean, "on"}, Case{Variant::mbt2018, "on", nano}));

}  // namespace
}  // namespace mpq::test
