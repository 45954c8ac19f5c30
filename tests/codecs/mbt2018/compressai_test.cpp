// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Files of CompressAI's codec.py, made from the reference's own strings by the format's description.
#include "codecs/mbt2018/compressai.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "parity_picture.h"
#include "support/parity.h"
#include "support/shared.h"

namespace mpq::mbt2018 {
namespace {

using test::ParityCase;
using test::Picture;
using test::read_floats;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t width = test::parity_width, height = test::parity_height;

struct Case {
  const char* name;
  std::uint8_t id;
};

class CompressaiFiles : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    folder_ = test::shared_file(std::string("parity/") + GetParam().name);
    if (folder_.empty()) GTEST_SKIP() << "needs the development data: parity";
    if (!ParityCase(folder_).write_checkpoint(model_)) GTEST_SKIP() << "needs python3-numpy";
  }

  Bytes string(const char* name) const {
    const auto values = read_floats(folder_ / name);
    return {values.begin(), values.end()};
  }

  /// As CompressAI 1.2.2 writes it at quality 1; `depth` is the bytes of the bit depth, `id` the model's.
  Bytes file(std::uint8_t id, const Bytes& depth = {8}) const {
    Bytes all{id, 0, 0, 0, 0, height, 0, 0, 0, width};
    all.insert(all.end(), depth.begin(), depth.end());
    for (const auto number : Bytes{2, 3, 2}) all.insert(all.end(), {0, 0, 0, number});
    for (const char* name : {"out_y_string.npy", "out_z_string.npy"}) {
      const Bytes bytes = string(name);
      all.insert(all.end(), {0, 0, static_cast<std::uint8_t>(bytes.size() >> 8),
                             static_cast<std::uint8_t>(bytes.size() & 255)});
      all.insert(all.end(), bytes.begin(), bytes.end());
    }
    return all;
  }

  Picture picture(const char* name, int border) const { return test::parity_picture(folder_ / name, border); }

  test::TemporaryFolder temporary_;
  std::filesystem::path folder_;
  const std::string model_ = temporary_ / "model.safetensors";
};

TEST_P(CompressaiFiles, AreWrittenToTheByte) {
  CompressaiCodec codec(model_, 1, 1);
  const auto bytes = codec.encode(picture("in_image.npy", 0).view()).bytes;
  EXPECT_TRUE(Bytes(bytes.begin(), bytes.end()) == file(GetParam().id));
}

TEST_P(CompressaiFiles, AreReadWhateverTheVersionThatWroteThem) {
  CompressaiCodec codec(model_, 1, 1);
  const Picture expected = picture("out_x_hat_decompress.npy", test::parity_padding);
  const auto older = static_cast<std::uint8_t>(GetParam().id - 1);
  for (const Bytes& bytes : {file(GetParam().id), file(older), file(older, {})}) {
    EXPECT_EQ(compressai_length(bytes), bytes.size());
    EXPECT_EQ(codec.read_header(bytes).width, width);
    Picture decoded(PixelFormat::rgb24, width, height);
    codec.decode(bytes, decoded.mutable_view());
    EXPECT_LE(test::largest_difference(decoded.pixels(), expected.pixels()), 1);
  }
}

TEST_P(CompressaiFiles, WrongOnesAreErrors) {
  CompressaiCodec codec(model_, 1, 1);
  const Bytes good = file(GetParam().id);
  Picture picture(PixelFormat::rgb24, width, height);
  EXPECT_THROW(codec.read_header(file(0)), Error);
  EXPECT_THROW(codec.read_header(file(GetParam().id, {10})), Error);
  for (const std::size_t size : {0U, 1U, 10U, 22U, 26U, 30U})
    EXPECT_THROW(codec.decode(std::span(good).first(size), picture.mutable_view()), Error) << size;
  EXPECT_THROW(codec.decode(std::span(good).first(good.size() - 1), picture.mutable_view()), Error);
  Bytes damaged = good;
  damaged[5] = 200;  // another height
  EXPECT_THROW(codec.read_header(damaged), Error);
}

INSTANTIATE_TEST_SUITE_P(Cases, CompressaiFiles,
                         testing::Values(Case{"mbt2018_q1", 4}, Case{"mbt2018_mean_q1", 3},
                                         Case{"bmshj2018_hyperprior_q1", 2}));

}  // namespace
}  // namespace mpq::mbt2018
