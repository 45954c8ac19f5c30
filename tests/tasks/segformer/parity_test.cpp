// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// SegFormer-b0 with Hugging Face's names, stage by stage; and how far bfloat16 is from float32.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "support/parity.h"
#include "support/shared.h"
#include "tasks/segformer/largest_class.h"
#include "tasks/segformer/network.h"

namespace {

using mpq::test::ParityCase;
using mpq::test::read_floats;
using namespace mpq::segformer;

constexpr mpq::nn::Options float32{.precision = mpq::nn::Precision::float32, .threads = 1};
constexpr mpq::nn::Options bfloat16{.precision = mpq::nn::Precision::bfloat16, .threads = 1};

std::vector<float> values(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  return {dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel()};
}

/// An rgb8 array of a case.
struct Photograph {
  explicit Photograph(const std::filesystem::path& npy) : file(mpq::checkpoint::open(npy)) {
    data = file->read(file->tensors()[0]);
  }
  mpq::ImageView view() const {
    const auto& shape = file->tensors()[0].shape;
    const auto height = static_cast<int>(shape[0]), width = static_cast<int>(shape[1]);
    return {mpq::PixelFormat::rgb24, width, height, {{{data.bytes.data(), std::ptrdiff_t{3} * width}}}};
  }
  std::shared_ptr<const mpq::checkpoint::Checkpoint> file;
  mpq::checkpoint::Data data;
};

/// How many of the labels differ from those of the case, of 1.
double differing(const LabelMap& map, const std::filesystem::path& npy) {
  const std::vector<float> wanted = read_floats(npy);
  EXPECT_EQ(map.labels.size(), wanted.size());
  double count = 0;
  for (std::size_t i = 0; i < wanted.size() && i < map.labels.size(); ++i)
    count += static_cast<float>(map.labels[i]) != wanted[i] ? 1 : 0;
  return count / static_cast<double>(wanted.size());
}

/// SegFormer-b0 of the parity case, written once.
class SegformerB0 : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto folder = mpq::test::shared_file("parity/segformer_b0_hf");
    if (folder.empty()) return;
    folder_ = std::make_unique<mpq::test::TemporaryFolder>();
    const std::string file = *folder_ / "segformer_b0.safetensors";
    if (ParityCase(folder).write_checkpoint(file)) weights_ = file;
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static inline std::unique_ptr<mpq::test::TemporaryFolder> folder_;
  static inline std::string weights_;
};

TEST_F(SegformerB0, GivesHuggingFacesHiddenStatesAndLogits) {
  MPQ_REQUIRE_SHARED(folder, "parity/segformer_b0_hf");
  if (weights_.empty()) GTEST_SKIP() << "needs python3-numpy";
  const ParityCase parity(folder);
  std::vector<float> pixels = parity.input("small_pixel_values");
  const auto model = Model::load(weights_, float32);
  EXPECT_EQ(variant(model->shape()), "b0");
  const Model::Network& network = model->network();
  const c10::InferenceMode guard;
  at::Tensor x = at::from_blob(pixels.data(), {1, 3, 96, 128}, at::kFloat);
  Tokens tokens = network.embed(0, x);
  parity.expect("small_patch_embed0", values(tokens.values.slice(1, 0, tokens.values.size(1), 4)));
  tokens.values = network.layer(0, 0, tokens);
  parity.expect("small_block00", values(tokens.values.slice(1, 0, tokens.values.size(1), 4)));
  std::vector<Tokens> encoded;
  for (std::size_t i = 0; i < stages; ++i) {
    encoded.push_back(network.encode(i, x));
    x = encoded.back().picture();
    const std::int64_t step = i == 0 ? 2 : 1;
    parity.expect("small_stage" + std::to_string(i),
                  values(x.slice(2, 0, x.size(2), step).slice(3, 0, x.size(3), step)));
  }
  parity.expect("small_logits", values(network.decode(encoded).permute({0, 3, 1, 2})));
}

TEST_F(SegformerB0, GivesHuggingFacesSegmentationOfAPhotograph) {
  MPQ_REQUIRE_SHARED(folder, "parity/segformer_b0_hf");
  if (weights_.empty()) GTEST_SKIP() << "needs python3-numpy";
  // Generated weights leave many classes near each other; trained ones do not.
  for (const auto& [options, most] : {std::pair{float32, 0.001}, std::pair{bfloat16, 0.05}}) {
    Segmenter segmenter(Model::load(weights_, options), {});
    const Photograph photograph(folder / "in_image_rgb8.npy");
    const double wrong = differing(segmenter.segment(photograph.view()), folder / "out_segmentation.npy");
    RecordProperty(options.precision == float32.precision ? "float32_differing" : "bfloat16_differing",
                   std::to_string(wrong));
    EXPECT_LE(wrong, most);
  }
}

TEST_F(SegformerB0, Bfloat16LogitsAreNearThoseOfFloat32InPicturesOfAnySize) {
  MPQ_REQUIRE_SHARED(folder, "parity/segformer_b0_hf");
  if (weights_.empty()) GTEST_SKIP() << "needs python3-numpy";
  const ParityCase parity(folder);
  const auto exact = Model::load(weights_, float32), fast = Model::load(weights_, bfloat16);
  Logits wanted, given;
  for (const auto& [width, height] : {std::pair{128, 96}, {29, 29}, {118, 74}, {75, 221}, {32, 33}}) {
    // Pixels of the case, in whatever rows they fit.
    Pixels pixels{width, height, {}};
    const std::vector<float> source = parity.input("small_pixel_values");
    for (int i = 0; i < width * height * 3; ++i)
      pixels.values.push_back(source[static_cast<std::size_t>(i) % source.size()]);
    exact->logits(pixels, 1, &wanted);
    fast->logits(pixels, 1, &given);
    ASSERT_EQ(given.width, (width + 3) / 4);
    ASSERT_EQ(given.height, (height + 3) / 4);
    ASSERT_EQ(given.values.size(), wanted.values.size());
    double error = 0, norm = 0;
    for (std::size_t i = 0; i < wanted.values.size(); ++i) {
      error += std::pow(double{given.values[i]} - wanted.values[i], 2);
      norm += std::pow(double{wanted.values[i]}, 2);
    }
    RecordProperty("bfloat16_relative_error_" + std::to_string(width),
                   std::to_string(std::sqrt(error / norm)));
    EXPECT_LT(std::sqrt(error / norm), 0.02) << width << "x" << height;
  }
}

// What is published is done by PyTorch: enlarge all planes, then look for the largest.
TEST(LargestClass, IsThatOfTheEnlargedLogits) {
  const c10::InferenceMode guard;
  at::manual_seed(1);
  for (const auto& [from_height, from_width, height, width] :
       {std::array{16, 24, 64, 96}, {7, 5, 33, 47}, {1, 1, 9, 3}, {40, 30, 11, 13}, {24, 24, 180, 320}}) {
    const at::Tensor values = at::randn({1, 21, from_height, from_width});
    // Neighbours alike, as they are in pictures.
    const at::Tensor smooth = at::avg_pool2d(values, {3, 3}, {1, 1}, {1, 1});
    for (const at::Tensor& planes : {values, smooth}) {
      const at::Tensor rows = planes.permute({0, 2, 3, 1}).contiguous();
      const Logits logits{from_width, from_height, 21, ::values(rows)};
      LabelMap map{width, height, {}};
      largest_class(logits, 1, &map);
      const at::Tensor large = at::upsample_bilinear2d(planes, {height, width}, false);
      const at::Tensor wanted = large.argmax(1).contiguous();
      ASSERT_EQ(map.labels.size(), static_cast<std::size_t>(wanted.numel()));
      int wrong = 0;
      for (std::size_t i = 0; i < map.labels.size(); ++i)
        wrong += map.labels[i] != wanted.data_ptr<std::int64_t>()[i] ? 1 : 0;
      EXPECT_LE(wrong, static_cast<int>(map.labels.size() / 10000)) << width << "x" << height;
    }
  }
}

TEST(LargestClass, IsTheFirstOfEqualsAndNeverNotANumber) {
  LabelMap map{3, 2, {}};
  largest_class({1, 1, 4, {1, NAN, 2, 2}}, 1, &map);
  EXPECT_EQ(map.labels, std::vector<std::uint16_t>(6, 2));
  largest_class({2, 1, 2, {NAN, NAN, -1, 1}}, 1, &map);
  EXPECT_EQ(map.labels[2], 1);
}

}  // namespace
