// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Which files are read and which are refused, what may be compared, what is computed once.
#include "metrics/lpips/lpips.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "core/processors.h"
#include "lpips_weights.h"
#include "metrics/lpips/architecture.h"
#include "support/pictures.h"
#include "support/shared.h"
#include "support/tools.h"

namespace {

using namespace mpq::lpips;
using mpq::Error;
using mpq::ErrorCode;
using mpq::PixelFormat;
using mpq::test::MadeTensor;
using mpq::test::Picture;

constexpr mpq::nn::Options float32{.precision = mpq::nn::Precision::float32};

Picture red(int share, int width = 24, int height = 20) {
  Picture picture(PixelFormat::rgb24, width, height, 5);
  for (std::size_t y = 0; y < picture.rows(0); ++y)
    for (std::size_t x = 0; x < picture.row_bytes(0); ++x)
      picture.at(0, y, x) = static_cast<std::uint8_t>(x % 3 == 0 ? share : 90);
  return picture;
}

class Lpips : public testing::Test {
 protected:
  /// Writes a file and returns its name.
  std::string file(const std::vector<MadeTensor>& tensors,
                   const std::string& name = "lpips.safetensors") const {
    mpq::test::write_tensors(folder_ / name, tensors);
    return folder_ / name;
  }

  static double distance(const std::shared_ptr<const Model>& model, int one, int other) {
    const Picture a = red(one), b = red(other);
    const mpq::ImageView distorted[] = {b.view()};
    return Scorer(model).score(a.view(), distorted).at(0).distance;
  }

  static void expect_error(ErrorCode code, const std::string& part, const std::string& weights,
                           const std::string& backbone = {}) {
    try {
      Model::load(weights, backbone, float32);
      ADD_FAILURE() << "no error: " << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_NE((std::string(error.what()) + error.remedy()).find(part), std::string::npos) << error.what();
      EXPECT_NE(error.remedy(), "") << error.what();
    }
  }

  mpq::test::TemporaryFolder folder_;
};

TEST_F(Lpips, OfOneColourIsTheDistanceByHand) {
  const auto model = Model::load(file(mpq::test::red_squeezenet()), {}, float32);
  EXPECT_EQ(model->backbone(), Backbone::squeezenet);
  EXPECT_STREQ(model->precision(), "float32");
  for (const auto& [one, other] : {std::pair{200, 255}, std::pair{255, 0}, std::pair{140, 141}})
    EXPECT_NEAR(distance(model, one, other), mpq::test::red_distance(one, other), 1e-6) << one;
}

TEST_F(Lpips, EveryBranchGetsItsOwnScoreAndMap) {
  Scorer scorer(Model::load(file(mpq::test::red_squeezenet()), {}, float32));
  const Picture reference = red(200);
  const std::vector<Picture> pictures{red(255), red(200), red(150), red(220)};
  std::vector<mpq::ImageView> views;
  for (const Picture& picture : pictures) views.push_back(picture.view());
  const auto scores = scorer.score(reference.view(), views, 2);
  ASSERT_EQ(scores.size(), 4U);
  EXPECT_NEAR(scores[0].distance, mpq::test::red_distance(200, 255), 1e-6);
  EXPECT_EQ(scores[1].distance, 0);
  EXPECT_NEAR(scores[2].distance, mpq::test::red_distance(200, 150), 1e-6);
  EXPECT_NEAR(scores[3].distance, mpq::test::red_distance(200, 220), 1e-6);
  ASSERT_EQ(scores[0].layers.size(), 7U);
  EXPECT_EQ(scores[0].layers[1], 0);
  EXPECT_EQ(scores[1].layers, std::vector<double>(7));
  ASSERT_EQ(scores[0].map.size(), 24U * 20U);
  for (const float value : scores[0].map) EXPECT_NEAR(value, scores[0].distance, 1e-6);
  EXPECT_EQ(scores[1].map, std::vector<float>(24 * 20));
  EXPECT_TRUE(scores[2].map.empty());
}

// Pixels that change within the same memory, and sizes that change.
TEST_F(Lpips, AReferenceIsComputedAgainWhenItsPixelsChange) {
  const auto model = Model::load(file(mpq::test::red_squeezenet()), {}, float32);
  Scorer scorer(model);
  const Picture distorted = red(150), smaller = red(150, 20, 24);
  const mpq::ImageView views[] = {distorted.view()}, smaller_views[] = {smaller.view()};
  Picture reference = red(255);
  for (int i = 0; i < 2; ++i)
    EXPECT_NEAR(scorer.score(reference.view(), views)[0].distance, mpq::test::red_distance(255, 150), 1e-6);
  for (std::size_t y = 0; y < 20; ++y)
    for (std::size_t x = 0; x < 24; ++x) reference.at(0, y, 3 * x) = 200;
  EXPECT_NEAR(scorer.score(reference.view(), views)[0].distance, mpq::test::red_distance(200, 150), 1e-6);
  const Picture other = red(255, 20, 24);
  EXPECT_NEAR(scorer.score(other.view(), smaller_views)[0].distance, mpq::test::red_distance(255, 150), 1e-6);
}

TEST_F(Lpips, ReadsEveryPublishedLayoutOfNames) {
  const auto whole = mpq::test::red_squeezenet();
  std::vector<MadeTensor> linear, backbone, state, list;
  for (const MadeTensor& tensor : whole)
    (tensor.name.starts_with("lin") ? linear : backbone).push_back(tensor);
  list = linear;
  for (std::size_t i = 0; i < list.size(); ++i)
    list[i] = {std::to_string(i), {list[i].shape[1], 1, 1}, list[i].values};
  // As LPIPS().state_dict() has them, the linear layers twice.
  const std::vector<std::string> slices{"0", "3.|4.", "6.|7.", "9.", "10.", "11.", "12."};
  for (MadeTensor tensor : backbone) {
    const std::string number = tensor.name.substr(9);
    for (std::size_t i = 0; i < slices.size(); ++i)
      for (const std::string& begin :
           {slices[i].substr(0, slices[i].find('|')), slices[i].substr(slices[i].find('|') + 1)})
        if (tensor.name.starts_with("features.") && number.starts_with(begin))
          tensor.name = "net.slice" + std::to_string(i + 1) + "." + number;
    state.push_back(tensor);
  }
  for (MadeTensor tensor : linear) {
    state.push_back(tensor);
    tensor.name = "lins." + tensor.name.substr(3);
    state.push_back(tensor);
  }
  state.push_back({"scaling_layer.shift", {1, 3, 1, 1}, {0, 0, 0}});
  backbone.push_back({"classifier.1.weight", {2, 1}, {1, 2}});
  const double expected = mpq::test::red_distance(255, 150);
  const std::string features = file(backbone, "features.safetensors");
  for (const auto& [weights, other] : {std::pair{file(linear, "linear.safetensors"), features},
                                       {file(list, "list.safetensors"), features},
                                       {file(state, "state.safetensors"), std::string()}}) {
    EXPECT_NEAR(distance(Model::load(weights, other, float32), 255, 150), expected, 1e-6) << weights;
    EXPECT_EQ(missing_backbone(weights).has_value(), !other.empty());
  }
}

TEST_F(Lpips, RefusesFilesThatDoNotFitAndSaysWhy) {
  const auto whole = mpq::test::red_squeezenet();
  std::vector<MadeTensor> linear, backbone;
  for (const MadeTensor& tensor : whole)
    (tensor.name.starts_with("lin") ? linear : backbone).push_back(tensor);
  const std::string linear_file = file(linear, "linear"), backbone_file = file(backbone, "features"),
                    whole_file = file(whole, "whole");
  const std::string alex =
      file(mpq::test::made_linear(Backbone::alexnet, [](std::size_t, std::size_t) { return 1.0F; }), "alex");
  expect_error(ErrorCode::io, "/nowhere", "/nowhere/lpips.pth");
  expect_error(ErrorCode::invalid_argument, "SqueezeNet", linear_file);
  expect_error(ErrorCode::mismatch, "missing: linear.0", backbone_file);
  expect_error(ErrorCode::mismatch, "no LPIPS weights", linear_file, linear_file);
  expect_error(ErrorCode::mismatch, "linear layers of AlexNet", alex, backbone_file);
  expect_error(ErrorCode::invalid_argument, "needs no second file", whole_file, backbone_file);
  expect_error(ErrorCode::mismatch, "no LPIPS weights", file({{"x", {1}, {1}}}, "other"));

  auto broken = whole;
  broken[4].values.at(7) = std::numeric_limits<float>::quiet_NaN();
  expect_error(ErrorCode::corrupt_data, broken[4].name, file(broken, "nan"));
  broken = whole;
  broken[2].shape = {16, 64};
  expect_error(ErrorCode::mismatch, broken[2].name, file(broken, "shape"));
  broken = whole;
  broken.pop_back();
  expect_error(ErrorCode::mismatch, "linear.6", file(broken, "short"));
  std::ofstream(folder_ / "text") << "no weights";
  expect_error(ErrorCode::unsupported, "text", folder_ / "text");
}

TEST_F(Lpips, WeightsAreInMemoryOnce) {
  const std::string name = file(mpq::test::red_squeezenet());
  const auto model = Model::load(name, {}, float32);
  EXPECT_EQ(Model::load(name, {}, float32), model);
  auto other = float32;
  other.threads = mpq::usable_processors() + 1;
  EXPECT_NE(Model::load(name, {}, other), model);
}

TEST_F(Lpips, PicturesMustAgreeAndBeLargeEnough) {
  EXPECT_EQ(smallest_side(Backbone::alexnet), 31);
  EXPECT_EQ(smallest_side(Backbone::vgg16), 16);
  EXPECT_EQ(smallest_side(Backbone::squeezenet), 17);
  Scorer scorer(Model::load(file(mpq::test::red_squeezenet()), {}, float32));
  const auto code = [&](const Picture& reference, const Picture& distorted) {
    const mpq::ImageView views[] = {distorted.view()};
    try {
      scorer.score(reference.view(), views);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  };
  EXPECT_EQ(code(red(1), red(1, 24, 21)), ErrorCode::mismatch);
  EXPECT_EQ(code(red(1, 16, 40), red(2, 16, 40)), ErrorCode::unsupported);
  EXPECT_EQ(code(red(1), Picture(PixelFormat::gray8, 24, 20)), ErrorCode::invalid_argument);
  const Picture small = red(255, 17, 17), other = red(100, 17, 17);
  const mpq::ImageView views[] = {other.view()};
  EXPECT_NEAR(scorer.score(small.view(), views)[0].distance, mpq::test::red_distance(255, 100), 1e-6);
}

// Also with the kernels that only bfloat16 has, and with layers whose sizes are odd.
TEST_F(Lpips, Bfloat16IsNearFloat32WithEveryBackbone) {
  for (const Backbone backbone : {Backbone::alexnet, Backbone::vgg16, Backbone::squeezenet}) {
    const std::string name = file(mpq::test::random_lpips(backbone));
    const Picture a = mpq::test::synthetic(PixelFormat::rgb24, 67, 45),
                  b = mpq::test::synthetic(PixelFormat::rgb24, 67, 45, 0, 40);
    const mpq::ImageView views[] = {b.view()};
    const auto score = [&](mpq::nn::Precision precision) {
      return Scorer(Model::load(name, {}, {.precision = precision})).score(a.view(), views).at(0);
    };
    const Score wide = score(mpq::nn::Precision::float32), narrow = score(mpq::nn::Precision::bfloat16);
    EXPECT_GT(wide.distance, 0.01);
    EXPECT_NEAR(narrow.distance / wide.distance, 1, 0.01) << name_of(backbone);
    for (std::size_t i = 0; i < wide.layers.size(); ++i)  // of VGG16 the last looks at 2 x 4 places
      EXPECT_NEAR(narrow.layers[i] / wide.layers[i], 1, 0.04) << name_of(backbone) << ' ' << i;
  }
}

TEST_F(Lpips, RunsOnDevicesOtherThanTheCpu) {
  for (const Backbone backbone : {Backbone::alexnet, Backbone::vgg16, Backbone::squeezenet}) {
    const std::string name = file(mpq::test::random_lpips(backbone));
    const Picture a = mpq::test::synthetic(PixelFormat::rgb24, 67, 45),
                  b = mpq::test::synthetic(PixelFormat::rgb24, 67, 45, 0, 40);
    const mpq::ImageView views[] = {b.view(), a.view()};
    const auto score = [&](const std::string& device, mpq::nn::Precision precision) {
      Scorer scorer(Model::load(name, {}, {.device = device, .precision = precision}));
      auto scores = scorer.score(a.view(), views, 1);
      EXPECT_EQ(scores.at(1).distance, 0);
      return scores.at(0);
    };
    const Score here = score("cpu", mpq::nn::Precision::float32);
    for (const auto& [precision, tolerance] :
         {std::pair{mpq::nn::Precision::float32, 1e-5}, {mpq::nn::Precision::bfloat16, 0.01}}) {
      if (backbone == Backbone::vgg16 && precision != mpq::nn::Precision::float32) continue;  // slow
      const Score there = score("privateuseone", precision);
      EXPECT_NEAR(there.distance / here.distance, 1, tolerance) << name_of(backbone);
      ASSERT_EQ(there.map.size(), here.map.size());
      for (std::size_t i = 0; i < here.map.size(); i += 100)
        EXPECT_NEAR(there.map[i] / here.map[i], 1, 20 * tolerance) << name_of(backbone) << ' ' << i;
    }
  }
}

// richzhang's and torchvision's own files, and all of it as ONNX.
TEST_F(Lpips, OfThePublishedSqueezeNetIsTheSameFromEveryFile) {
  MPQ_REQUIRE_SHARED(weights, "weights/lpips_squeeze");
  const auto files = Model::load(weights / "lin_v0.1/squeeze.pth", weights / "squeeze.backbone.pth", float32);
  const auto onnx = Model::load(weights / "lpips_sq.onnx", {}, float32);
  EXPECT_GT(distance(files, 255, 100), 0.01);
  EXPECT_EQ(distance(files, 255, 100), distance(onnx, 255, 100));
  EXPECT_EQ(missing_backbone(weights / "lin_v0.1/alex.pth"), Backbone::alexnet);
  EXPECT_EQ(missing_backbone(weights / "lin_v0.1/vgg.pth"), Backbone::vgg16);
}

}  // namespace
