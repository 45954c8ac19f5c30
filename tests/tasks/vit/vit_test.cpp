// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The expected values are timm's and Hugging Face's own.
#include "tasks/vit/vit.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "support/reference.h"
#include "support/shared.h"

namespace {

using mpq::ImageView;
using mpq::PixelFormat;
using mpq::ResizeFilter;
using mpq::test::expect_close;
using mpq::test::read_floats;
using namespace mpq::vit;

// One thread: threads that wait for each other take long on a busy machine.
constexpr mpq::nn::Options float32{.precision = mpq::nn::Precision::float32, .threads = 1};
constexpr Preprocessing timm_eval{.fit = Fit::crop, .filter = ResizeFilter::bicubic, .short_side = 248};

struct Photograph {
  explicit Photograph(const std::filesystem::path& npy)
      : file(mpq::checkpoint::open(npy)), tensor(file->tensors()[0]) {
    data = file->read(tensor);
  }
  ImageView view() const {
    const auto height = static_cast<int>(tensor.shape[0]), width = static_cast<int>(tensor.shape[1]);
    return {PixelFormat::rgb24, width, height, {{{data.bytes.data(), 3 * width}}}};
  }
  std::shared_ptr<const mpq::checkpoint::Checkpoint> file;
  const mpq::checkpoint::Tensor& tensor;
  mpq::checkpoint::Data data;
};

TEST(Vit, TinyGivesTimmsLogits) {
  MPQ_REQUIRE_SHARED(parity, "parity/vit_tiny_real");
  MPQ_REQUIRE_SHARED(weights, "weights/vit_tiny_patch16_224.safetensors");
  const auto model = Model::load(weights, {}, float32);
  EXPECT_EQ(model->shape().depth, 12);
  EXPECT_EQ(model->shape().heads, 3);
  expect_close(model->logits(read_floats(parity / "in_pixel_values0.npy"), 1),
               read_floats(parity / "out_logits0.npy"), 1e-4, 4.26e-5);
}

TEST(Vit, TinyGivesTimmsLogitsOnDevicesOtherThanTheCpu) {
  MPQ_REQUIRE_SHARED(parity, "parity/vit_tiny_real");
  MPQ_REQUIRE_SHARED(weights, "weights/vit_tiny_patch16_224.safetensors");
  const auto model = Model::load(weights, {}, {.device = "privateuseone", .precision = float32.precision});
  expect_close(model->logits(read_floats(parity / "in_pixel_values0.npy"), 1),
               read_floats(parity / "out_logits0.npy"), 1e-4, 4.26e-5);
}

TEST(Vit, TinyGivesTimmsLogitsFromThePhotographItself) {
  MPQ_REQUIRE_SHARED(parity, "parity/vit_tiny_real");
  MPQ_REQUIRE_SHARED(weights, "weights/vit_tiny_patch16_224.safetensors");
  Classifier classifier(Model::load(weights, {}, float32), timm_eval);
  for (const std::string i : {"0", "1"}) {
    const Photograph photograph(parity / ("in_image" + i + "_rgb8.npy"));
    expect_close(classifier.logits(photograph.view()), read_floats(parity / ("out_logits" + i + ".npy")),
                 1e-4, i == "0" ? 4.26e-5 : 5e-5);
  }
}

TEST(Vit, LooksAtOtherSizesWithInterpolatedPositions) {
  MPQ_REQUIRE_SHARED(parity, "parity/vit_tiny_real");
  MPQ_REQUIRE_SHARED(weights, "weights/vit_tiny_patch16_224.safetensors");
  const Photograph photograph(parity / "in_image0_rgb8.npy");
  const auto trained = Classifier(Model::load(weights, {}, float32), timm_eval).logits(photograph.view());
  for (const int size : {208, 256}) {
    const auto model = Model::load(weights, {}, float32, size);
    EXPECT_EQ(model->shape().image_size, size);
    Preprocessing preprocessing = timm_eval;
    preprocessing.short_side = 0;
    const auto logits = Classifier(model, preprocessing).logits(photograph.view());
    EXPECT_EQ(best(logits, 1)[0].index, best(trained, 1)[0].index) << size;
    EXPECT_NE(logits, trained);
  }
  EXPECT_THROW(Model::load(weights, {}, float32, 225), mpq::Error);
}

TEST(Vit, PicturesOfABatchGetTheLogitsThatTheyGetAlone) {
  MPQ_REQUIRE_SHARED(parity, "parity/vit_tiny_real");
  MPQ_REQUIRE_SHARED(weights, "weights/vit_tiny_patch16_224.safetensors");
  const auto model = Model::load(weights, {}, float32);
  const Pixels first = read_floats(parity / "in_pixel_values0.npy"), second(first.rbegin(), first.rend());
  const std::array<const Pixels*, 3> batch{&first, &second, &first};
  const auto logits = model->logits(batch);
  ASSERT_EQ(logits.size(), batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i)
    expect_close(logits[i], model->logits(*batch[i], 1), 1e-4, 4e-5);
}

TEST(Vit, ElementsThatAskForTheSameShareOneModel) {
  MPQ_REQUIRE_SHARED(weights, "weights/vit_tiny_patch16_224.safetensors");
  MPQ_REQUIRE_SHARED(head, "weights/vit_tiny_heads/beans.safetensors");
  const auto model = Model::load(weights, {}, float32);
  EXPECT_EQ(Model::load(weights, {}, float32), model);
  const auto beans = Model::load(weights, head, float32);
  EXPECT_NE(beans, model);
  EXPECT_EQ(beans->labels(), (std::vector<std::string>{"angular_leaf_spot", "bean_rust", "healthy"}));
  EXPECT_EQ(beans->shape().classes, 3);
}

TEST(Vit, SaysWhatAForeignFileLacks) {
  MPQ_REQUIRE_SHARED(head, "weights/vit_tiny_heads/beans.safetensors");
  try {
    Model::load(head, {}, float32);
    FAIL() << "it loaded";
  } catch (const mpq::Error& error) {
    EXPECT_EQ(error.code(), mpq::ErrorCode::mismatch);
    EXPECT_NE(std::string(error.what()).find("cls_token"), std::string::npos) << error.what();
  }
  EXPECT_THROW(Model::load("/nowhere", {}, float32), mpq::Error);
}

TEST(VitBest, AreTheMostProbableFirst) {
  const auto scores = best({0, std::log(3.0F), std::log(4.0F), NAN}, 2);
  ASSERT_EQ(scores.size(), 2U);
  EXPECT_EQ(scores[0].index, 2);
  EXPECT_NEAR(scores[0].probability, 0.5, 1e-6);
  EXPECT_EQ(scores[1].index, 1);
  EXPECT_NEAR(scores[1].probability, 0.375, 1e-6);
  EXPECT_EQ(best({1}, 5).size(), 1U);
}

}  // namespace
