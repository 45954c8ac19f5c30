// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tasks/segformer/segformer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "core/error.h"
#include "support/tools.h"
#include "tasks/segformer/classes.h"
#include "tiny_segformer.h"

namespace {

using mpq::Error;
using mpq::test::Picture;
using mpq::test::TemporaryFolder;
using mpq::test::TinySegformer;
using namespace mpq::segformer;

constexpr mpq::nn::Options float32{.precision = mpq::nn::Precision::float32, .threads = 1};
constexpr mpq::nn::Options bfloat16{.precision = mpq::nn::Precision::bfloat16, .threads = 1};

/// Red, then green, then blue from the left to the right.
Picture flag(int width, int height) {
  Picture picture(mpq::PixelFormat::rgb24, width, height, 5);
  for (std::size_t y = 0; y < picture.rows(0); ++y)
    for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x)
      for (std::size_t c = 0; c < 3; ++c)
        picture.at(0, y, 3 * x + c) = x * 3 / static_cast<std::size_t>(width) == c ? 255 : 0;
  return picture;
}

std::string message(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.what()) + "\n" + error.remedy();
  }
  return "nothing was thrown";
}

TEST(Segformer, TellsRedFromGreenFromBlueInPicturesOfAnySize) {
  const TemporaryFolder folder;
  TinySegformer().write(folder / "tiny.safetensors");
  for (const auto& options : {float32, bfloat16})
    for (const auto& [width, height] : {std::pair{512, 512}, {1, 1}, {333, 57}, {96, 700}})
      for (const bool native : {false, true}) {
        if (native && height < 29) continue;
        Preprocessing preprocessing;
        if (native) preprocessing.width = preprocessing.height = 0;
        Segmenter segmenter(Model::load(folder / "tiny.safetensors", options), preprocessing);
        const LabelMap& map = segmenter.segment(flag(width, height).view());
        ASSERT_EQ(map.width, width);
        ASSERT_EQ(map.height, height);
        const auto row = map.labels.end() - width;
        EXPECT_EQ(row[0], 1) << width << " " << native;
        if (width == 1) continue;
        EXPECT_EQ(row[width / 2], 0) << width << " " << native;
        EXPECT_EQ(row[width - 1], 2) << width << " " << native;
      }
}

TEST(Segformer, RunsOnDevicesOtherThanTheCpu) {
  const TemporaryFolder folder;
  TinySegformer().write(folder / "tiny.safetensors");
  for (mpq::nn::Options options : {float32, bfloat16}) {
    options.device = "privateuseone";
    Segmenter there(Model::load(folder / "tiny.safetensors", options), {.width = 0, .height = 0});
    const LabelMap& map = there.segment(flag(120, 60).view());
    EXPECT_EQ(map.labels.front(), 1);
    EXPECT_EQ(map.labels[60], 0);
    EXPECT_EQ(map.labels.back(), 2);
  }
}

TEST(Segformer, RefusesPicturesThatAreTooSmallForItsKeys) {
  const TemporaryFolder folder;
  TinySegformer().write(folder / "tiny.safetensors");
  const auto model = Model::load(folder / "tiny.safetensors", bfloat16);
  EXPECT_EQ(model->least_side(), 29);
  Segmenter native(model, {.width = 0, .height = 0});
  native.segment(flag(29, 29).view());
  const std::string said = message([&] { native.segment(flag(100, 28).view()); });
  EXPECT_NE(said.find("100x28 is too small"), std::string::npos) << said;
  EXPECT_NE(said.find("at least 29x29"), std::string::npos) << said;
}

TEST(Segformer, ThreadsThatShareAModelGetTheirOwnPicturesMaps) {
  const TemporaryFolder folder;
  TinySegformer().write(folder / "tiny.safetensors");
  for (const auto& options : {float32, bfloat16}) {
    const auto model = Model::load(folder / "tiny.safetensors", options);
    EXPECT_EQ(Model::load(folder / "tiny.safetensors", options), model);
    std::vector<std::thread> threads;
    std::array<int, 4> wrong{};
    for (std::size_t i = 0; i < wrong.size(); ++i)
      threads.emplace_back([&, i] {
        Segmenter segmenter(model, {.width = 0, .height = 0}, 4);
        const int width = i % 2 == 0 ? 120 : 90;  // of one batch, two sizes
        Picture picture = flag(width, 60);
        for (int round = 0; round < 10; ++round) {
          const LabelMap& map = segmenter.segment(picture.view());
          wrong[i] += map.labels.front() != 1 || map.labels.back() != 2 || map.width != width ? 1 : 0;
        }
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, (std::array<int, 4>{}));
  }
}

TEST(Segformer, NamesWhatIsWrongWithAFile) {
  const TemporaryFolder folder;
  for (const auto& [leave_out, part] : std::vector<std::pair<std::string, std::string>>{
           {"decode_head.classifier", "decode_head.classifier.weight"},
           {"decode_head.batch_norm.running_var", "batch_norm.running_var"},
           {"segformer.encoder.block.2", "stage 2 has no layers"},
           {"segformer.encoder.block.1.0.mlp.dense2.bias", "layer.1.0.contract.bias"},
           {"segformer", "embed.0.proj.weight"}}) {
    const std::string file = folder / (leave_out + ".safetensors");
    TinySegformer(leave_out).write(file);
    const std::string said = message([&] { Model::load(file, float32); });
    EXPECT_NE(said.find(part), std::string::npos) << said;
    EXPECT_NE(said.find(file), std::string::npos) << said;
  }
  EXPECT_NE(message([&] { Model::load("/nowhere", float32); }).find("/nowhere"), std::string::npos);
  TinySegformer().write(folder / "tiny.safetensors");
  for (const std::string config :
       {"no JSON", "{\"num_attention_heads\": [1, 2]}", "{\"num_attention_heads\": [3, 1, 1, 1]}",
        "{\"strides\": [0, 2, 2, 2]}"}) {
    std::ofstream(folder / "config.json") << config;
    EXPECT_THROW(Model::load(folder / "tiny.safetensors", float32), Error) << config;
  }
}

TEST(Segformer, ReadsConfigurationsBesideTheWeights) {
  const TemporaryFolder folder;
  TinySegformer().write(folder / "tiny.safetensors");
  std::ofstream(folder / "config.json")
      << R"({"num_attention_heads": [2, 1, 4, 8], "id2label": {"0": "field", "2": "sky"}})";
  const auto model = Model::load(folder / "tiny.safetensors", float32);
  EXPECT_EQ(model->shape().stage[2].heads, 4);
  EXPECT_EQ(model->labels(), (std::vector<std::string>{"field", "", "sky"}));

  const std::string file = folder / "preprocessor_config.json";
  EXPECT_EQ(read_preprocessing(file).width, 512);
  std::ofstream(file) << R"({"size": {"height": 640, "width": 320}, "image_mean": [0, 0, 0]})";
  EXPECT_EQ(read_preprocessing(file).height, 640);
  EXPECT_EQ(read_preprocessing(file).width, 320);
  EXPECT_EQ(read_preprocessing(file).mean[2], 0);
  std::ofstream(file) << R"({"size": 128})";
  EXPECT_EQ(read_preprocessing(file).height, 128);
  for (const std::string wrong :
       {"{\"size\": {}}", "{\"size\": -1}", "{\"resample\": 3}", "{\"image_std\": 1}", "["}) {
    std::ofstream(file) << wrong;
    const std::string said = message([&] { read_preprocessing(file); });
    EXPECT_NE(said.find(file), std::string::npos) << said;
  }
}

TEST(Segformer, PublishedShapesHaveNames) {
  const auto shape = [](int width, std::array<int, 4> depths) {
    Shape s;
    for (std::size_t i = 0; i < depths.size(); ++i) s.stage[i] = {.width = width, .depth = depths[i]};
    return s;
  };
  EXPECT_EQ(variant(shape(32, {2, 2, 2, 2})), "b0");
  EXPECT_EQ(variant(shape(64, {2, 2, 2, 2})), "b1");
  EXPECT_EQ(variant(shape(64, {3, 4, 6, 3})), "b2");
  EXPECT_EQ(variant(shape(64, {3, 6, 40, 3})), "b5");
  EXPECT_EQ(variant(shape(16, {1, 1, 1, 1})), "SegFormer");
}

TEST(SegformerClasses, HaveNamesAndColoursOfAFile) {
  const TemporaryFolder folder;
  const std::string file = folder / "labels.txt";
  std::ofstream(file) << "wall\r\n#0a80FF the sky\n#102030\n\n";
  const Classes classes = read_classes(file, 3);
  EXPECT_EQ(classes.names, (std::vector<std::string>{"wall", "the sky", ""}));
  EXPECT_EQ(classes.name(1), "the sky");
  EXPECT_EQ(classes.name(2), "2");
  EXPECT_EQ(classes.colours[0], (Colour{128, 0, 0}));  // the second of Pascal VOC
  EXPECT_EQ(classes.colours[1], (Colour{10, 128, 255}));
  EXPECT_EQ(classes.colours[2], (Colour{16, 32, 48}));
  for (const auto& [content, part] : std::vector<std::pair<std::string, std::string>>{
           {"wall\nsky\n", "has 2 lines, but the model 3 classes"},
           {"", "has 0 lines"},
           {"a\nb\nc\nd\n", "has 4 lines"},
           {"a\n#12345 b\nc\n", "line 2"},
           {"a\nb\n#12345g c\n", "line 3"}}) {
    std::ofstream(file) << content;
    const std::string said = message([&] { read_classes(file, 3); });
    EXPECT_NE(said.find(part), std::string::npos) << said;
    EXPECT_NE(said.find(file), std::string::npos) << said;
  }
  EXPECT_NE(message([&] { read_classes("/nowhere", 3); }).find("/nowhere"), std::string::npos);
  EXPECT_NE(message([&] { read_classes(folder / "", 3); }).find("cannot be read"), std::string::npos);
}

TEST(SegformerClasses, ColourAPictureAsMuchAsAskedFor) {
  const LabelMap map{2, 1, {1, 0}};
  Classes classes = classes_with({}, 2);
  classes.colours = {{0, 0, 0}, {255, 100, 0}};
  for (const auto& [opacity, left, right] : {std::tuple{0.0, 40, 40}, {0.5, 70, 20}, {1.0, 100, 0}}) {
    Picture picture(mpq::PixelFormat::rgb24, 2, 1, 7);
    for (std::size_t i = 0; i < 6; ++i) picture.at(0, 0, i) = 40;
    colour(map, classes, opacity, picture.mutable_view());
    EXPECT_EQ(picture.at(0, 0, 1), left);
    EXPECT_EQ(picture.at(0, 0, 4), right);
    EXPECT_TRUE(picture.padding_is_untouched());
  }
}

}  // namespace
