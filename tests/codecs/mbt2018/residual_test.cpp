// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The residual transforms by our kernels against the same by LibTorch.
#include <gtest/gtest.h>

#include "codecs/mbt2018/residual_float.h"
#include "codecs/mbt2018/residual_layers.h"
#include "generated_model.h"
#include "tests/support/pictures.h"
#include "tests/support/tools.h"

namespace mpq::test {
namespace {

using namespace mbt2018;

const Architecture nano{Variant::mbt2018, 32, 48, 0, Nano{32, 2, 64, 1, 40, 24, 56}};
const nn::Placement float32{at::kCPU, at::kFloat, 1};

class Mbt2018Residual : public testing::Test {
 protected:
  void SetUp() override {
    if (!FloatResidual::pays(nano, float32)) GTEST_SKIP() << "for processors with AVX2 or AVX-512 alone";
    const std::string file = folder_ / "model.safetensors";
    write_mbt2018(file, mbt2018_tensors(nano));
    model_ = open(file);
    const LayerReader reader(model_->weights, float32);
    weights_ = std::make_unique<ResidualWeights>(reader, *nano.nano);
  }

  TemporaryFolder folder_;
  std::optional<Model> model_;
  std::unique_ptr<ResidualWeights> weights_;
};

double relative_error(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

TEST_F(Mbt2018Residual, OurKernelsGiveWhatLibTorchGives) {
  const FloatResidual ours(*weights_);
  const ResidualLayers theirs(*weights_, float32);
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 7}, {63, 65}, {130, 64}, {450, 200}}) {
    SCOPED_TRACE(text(width, 'x', height));
    const Padding padding(width, height);
    const Picture picture = synthetic(PixelFormat::rgb24, width, height, 5);
    const at::Tensor y = ours.analyse(picture.view(), padding);
    const at::Tensor expected = theirs.analyse(picture.view(), padding);
    ASSERT_EQ(y.sizes(), expected.sizes());
    EXPECT_LT(relative_error(y, expected), 1e-5);
    Picture a(PixelFormat::rgb24, width, height, 7), b(PixelFormat::rgb24, width, height, 7);
    ours.synthesise(expected, padding, a.mutable_view());
    theirs.synthesise(expected, padding, b.mutable_view());
    EXPECT_TRUE(a.padding_is_untouched());
    const auto x = a.pixels(), z = b.pixels();
    int different = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_LE(std::abs(x[i] - z[i]), 1);
      different += x[i] != z[i] ? 1 : 0;
    }
    EXPECT_LE(different, x.size() / 1000 + 1);
  }
}

TEST_F(Mbt2018Residual, TheNumberOfThreadsDoesNotMatter) {
  const FloatResidual ours(*weights_);
  const Padding padding(450, 200);
  const Picture picture = synthetic(PixelFormat::rgb24, 450, 200, 5);
  std::vector<at::Tensor> y;
  std::vector<std::vector<std::uint8_t>> pictures;
  for (const int threads : {1, 3})
    nn::run({at::kCPU, at::kFloat, threads}, "testing", [&] {
      y.push_back(ours.analyse(picture.view(), padding));
      Picture synthesised(PixelFormat::rgb24, 450, 200, 7);
      ours.synthesise(y[0], padding, synthesised.mutable_view());
      pictures.push_back(synthesised.pixels());
    });
  EXPECT_TRUE(at::equal(y[0], y[1]));
  EXPECT_EQ(pictures[0], pictures[1]);
}

}  // namespace
}  // namespace mpq::test
