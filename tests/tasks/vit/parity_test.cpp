// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// ViT-B/16 with Hugging Face's names, block by block; and how far bfloat16 is from float32.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cmath>
#include <fstream>
#include <memory>

#include "core/resize.h"
#include "support/parity.h"
#include "support/sanitized.h"
#include "support/shared.h"
#include "tasks/vit/network.h"

namespace {

using mpq::test::ParityCase;
using mpq::test::read_floats;
using mpq::test::sanitized;
using namespace mpq::vit;

constexpr mpq::nn::Options float32{.precision = mpq::nn::Precision::float32, .threads = 1};
constexpr mpq::nn::Options bfloat16{.precision = mpq::nn::Precision::bfloat16, .threads = 1};

std::vector<float> values(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  return {dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel()};
}

/// Every so many tokens, as the case keeps them.
std::vector<float> every(const at::Tensor& tokens, std::int64_t step) {
  return values(tokens.slice(1, 0, tokens.size(1), step));
}

/// AddressSanitizer keeps a byte of its own for each eight.
double with_shadow(double bytes) {
  return sanitized() ? 1.125 * bytes : bytes;
}

/// Bytes of this process, as the kernel calls them.
double memory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return 1024 * std::stod(line.substr(name.size() + 1));
  return 0;
}

/// ||a - b|| / ||b||
double relative_error(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0, norm = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    error += std::pow(double{a[i]} - b[i], 2);
    norm += std::pow(double{b[i]}, 2);
  }
  return std::sqrt(error / norm);
}

/// ViT-B of the parity case, written once.
class VitBase : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto folder = mpq::test::shared_file("parity/vit_base_hf");
    if (folder.empty()) return;
    folder_ = std::make_unique<mpq::test::TemporaryFolder>();
    const std::string file = *folder_ / "vit_base.safetensors";
    if (ParityCase(folder).write_checkpoint(file)) weights_ = file;
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static inline std::unique_ptr<mpq::test::TemporaryFolder> folder_;
  static inline std::string weights_;
};

// While a file is loaded, and when two elements have it. The first test: memory that others left would hide
// it.
TEST_F(VitBase, IsInMemoryOnce) {
  MPQ_REQUIRE_SHARED(folder, "parity/vit_base_hf");
  if (weights_.empty()) GTEST_SKIP() << "needs python3-numpy";
  const auto bytes = static_cast<double>(std::filesystem::file_size(weights_));
  for (const auto& [options, most] : {std::pair{float32, 1.3}, std::pair{bfloat16, 0.8}}) {
    at::ones({1}).to(at::kBFloat16);              // LibTorch itself is there
    std::ofstream("/proc/self/clear_refs") << 5;  // the peak begins here
    const double before = memory("VmRSS");
    const auto first = Model::load(weights_, {}, options);
    const double growth = (memory("VmHWM") - before) / bytes, kept = memory("VmRSS");
    RecordProperty("growth_" + std::string(first->precision()), std::to_string(growth));
    EXPECT_LT(growth, with_shadow(most)) << first->precision();
    const auto second = Model::load(weights_, {}, options);
    EXPECT_LT(memory("VmRSS") - kept, 0.02 * bytes) << first->precision();
  }
}

TEST_F(VitBase, GivesHuggingFacesHiddenStatesAndLogits) {
  MPQ_REQUIRE_SHARED(folder, "parity/vit_base_hf");
  if (weights_.empty()) GTEST_SKIP() << "needs python3-numpy";
  const ParityCase parity(folder);
  std::vector<float> pixels = parity.input("pixel_values");
  const auto model = Model::load(weights_, {}, float32);
  const Model::Network& network = model->network();
  const c10::InferenceMode guard;
  at::Tensor x = network.embed(at::from_blob(pixels.data(), {1, 3, 224, 224}, at::kFloat));
  parity.expect("hidden_embeddings", every(x, 8));
  for (std::size_t i = 0; i < network.blocks.size(); ++i) {
    x = network.block(i, x, x.size(1));
    if (i == 0) parity.expect("hidden_block0", every(x, 8));
  }
  parity.expect("hidden_block11", every(x, 16));
  parity.expect("logits", model->logits(pixels, 1));
}

TEST_F(VitBase, Bfloat16LogitsAreNear) {
  MPQ_REQUIRE_SHARED(folder, "parity/vit_base_hf");
  if (weights_.empty()) GTEST_SKIP() << "needs python3-numpy";
  const auto model = Model::load(weights_, {}, bfloat16);
  const double error = relative_error(model->logits(ParityCase(folder).input("pixel_values"), 1),
                                      read_floats(folder / "out_logits.npy"));
  RecordProperty("bfloat16_relative_error", std::to_string(error));
  EXPECT_LT(error, 0.02);
}

TEST(VitParity, PublishedPixelsAreOurs) {
  MPQ_REQUIRE_SHARED(folder, "parity/vit_base_hf");
  const ParityCase parity(folder);
  const auto file = mpq::checkpoint::open(folder / "in_image_rgb8.npy");
  const auto& tensor = file->tensors().front();
  const auto data = file->read(tensor);
  const auto height = static_cast<int>(tensor.shape[0]), width = static_cast<int>(tensor.shape[1]);
  Preprocessor preprocessor(width, height, 224, {});
  Pixels pixels;
  preprocessor.run(
      {mpq::PixelFormat::rgb24, width, height, {{{data.bytes.data(), std::ptrdiff_t{3} * width}}}}, &pixels);
  mpq::test::expect_close(pixels, parity.input("pixel_values"), 0, 1e-6);
}

TEST(VitParity, Bfloat16LogitsOfATrainedNetworkAreNearThoseOfFloat32) {
  MPQ_REQUIRE_SHARED(folder, "parity/vit_tiny_real");
  MPQ_REQUIRE_SHARED(weights, "weights/vit_tiny_patch16_224.safetensors");
  const auto model = Model::load(weights, {}, bfloat16);
  const double error = relative_error(model->logits(read_floats(folder / "in_pixel_values0.npy"), 1),
                                      read_floats(folder / "out_logits0.npy"));
  RecordProperty("bfloat16_relative_error", std::to_string(error));
  EXPECT_LT(error, 0.05);
}

}  // namespace
