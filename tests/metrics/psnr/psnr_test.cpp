// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pictures: layouts, sizes and depths, against values by hand and against NumPy's.
#include "metrics/psnr/psnr.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "core/error.h"
#include "tests/support/npy.h"
#include "tests/support/shared.h"

namespace mpq::psnr {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

/// Pixels of `size` bytes in which R, G and B are at `offsets`.
Picture packed(const Bytes& bytes, int width, int height, int size, std::array<int, 3> offsets, int pad = 0) {
  Picture picture{3, 8, {}};
  for (std::size_t i = 0; i < 3; ++i) {
    picture.components[i] = {bytes.data() + offsets[i], width * size + pad, size, width, height};
  }
  return picture;
}

template <class Sample>
Picture plane(const std::vector<Sample>& samples, int width, int height, int depth = 8 * sizeof(Sample)) {
  Picture picture{1, depth, {}};
  picture.components[0] = {samples.data(), width * static_cast<int>(sizeof(Sample)), sizeof(Sample), width,
                           height};
  return picture;
}

/// The same sum, sample by sample.
double plain_sum(const Component& a, const Component& b) {
  double sum = 0;
  for (int y = 0; y < a.height; ++y) {
    for (int x = 0; x < a.width; ++x) {
      const auto at = [&](const Component& c) {
        return int{static_cast<const std::uint8_t*>(c.data)[y * c.row_stride + x * c.pixel_stride]};
      };
      sum += (at(a) - at(b)) * (at(a) - at(b));
    }
  }
  return sum;
}

void expect_plain_sums(const Picture& a, const Picture& b) {
  const SquaredErrors errors = squared_error(a, b);
  for (int i = 0; i < a.component_count; ++i) {
    EXPECT_EQ(errors[i].sum, plain_sum(a.components[i], b.components[i])) << "component " << i;
    EXPECT_EQ(errors[i].samples, static_cast<std::uint64_t>(a.components[i].width) * a.components[i].height);
  }
}

void expect_error(ErrorCode code, const Picture& a, const Picture& b) {
  try {
    squared_error(a, b);
    ADD_FAILURE() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code);
  }
}

nlohmann::json expected_values(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return nlohmann::json::parse(stream);
}

TEST(Psnr, AgreesWithNumpy) {
  MPQ_REQUIRE_SHARED(file, "parity/classic_measures/expected.json");
  const nlohmann::json expected_file = expected_values(file);
  for (const auto& example : expected_file["psnr"]) {
    const auto a = test::read_npy(file.parent_path() / example["a"].get<std::string>());
    const auto b = test::read_npy(file.parent_path() / example["b"].get<std::string>());
    const int height = static_cast<int>(a.shape.at(0)), width = static_cast<int>(a.shape.at(1));
    ASSERT_EQ(a.shape.at(2), 3u);
    const auto errors = squared_error(packed(a.data, width, height, 3, {0, 1, 2}),
                                      packed(b.data, width, height, 3, {0, 1, 2}));
    const FrameScore frame = score(errors, 3, 255);
    const double mse = example["mse_all_samples"];
    EXPECT_NEAR(frame.mse, mse, 1e-9 * mse);
    EXPECT_EQ(frame.identical, mse == 0);
    if (mse == 0) continue;
    EXPECT_NEAR(frame.psnr, example["psnr_db"].get<double>(), 1e-9 * frame.psnr);
    for (std::size_t i = 0; i < 3; ++i) {
      const double expected = example["psnr_db_per_channel"][i];
      EXPECT_NEAR(frame.component_psnr[i], expected, 1e-9 * expected);
    }
  }
}

TEST(Psnr, IsInfiniteForIdenticalPictures) {
  const Bytes a(12, 7);
  const FrameScore frame = score(squared_error(plane(a, 4, 3), plane(a, 4, 3)), 1, 255);
  EXPECT_EQ(frame.psnr, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(frame.identical);
}

TEST(Psnr, IsZeroForBlackAgainstWhite) {
  const Bytes black(64, 0), white(64, 255);
  const FrameScore frame = score(squared_error(plane(black, 8, 8), plane(white, 8, 8)), 1, 255);
  EXPECT_EQ(frame.mse, 255.0 * 255.0);
  EXPECT_EQ(frame.psnr, 0);
  EXPECT_FALSE(frame.identical);
}

TEST(Psnr, TakesSixteenBitSamples) {
  const std::vector<std::uint16_t> black(999, 0), white(999, 65535);
  const auto errors = squared_error(plane(black, 333, 3), plane(white, 333, 3));
  EXPECT_EQ(errors[0].sum, 999 * 65535.0 * 65535.0);
  EXPECT_EQ(score(errors, 1, 65535).psnr, 0);
}

TEST(Psnr, TakesThePeakFromTheDepth) {
  const std::vector<std::uint16_t> a(10, 1023), b(10, 1022);
  const Picture picture = plane(a, 10, 1, 10);
  EXPECT_EQ(picture.peak(), 1023);
  const FrameScore frame = score(squared_error(picture, plane(b, 10, 1, 10)), 1, picture.peak());
  EXPECT_DOUBLE_EQ(frame.psnr, 20 * std::log10(1023.0));
}

TEST(Psnr, WeighsComponentsByTheirSamples) {
  const Bytes luma_a(16, 10), luma_b(16, 12), chroma(4, 0), chroma_b(4, 1);
  Picture a{3, 8, {}}, b{3, 8, {}};
  a.components = {
      Component{luma_a.data(), 4, 1, 4, 4}, {chroma.data(), 2, 1, 2, 2}, {chroma.data(), 2, 1, 2, 2}};
  b.components = a.components;
  b.components[0].data = luma_b.data();
  b.components[2].data = chroma_b.data();
  const FrameScore frame = score(squared_error(a, b), 3, 255);
  EXPECT_DOUBLE_EQ(frame.mse, (16 * 4 + 4 * 1) / 24.0);
  EXPECT_EQ(frame.component_mse, (std::array<double, 3>{4, 0, 1}));
  EXPECT_TRUE(std::isinf(frame.component_psnr[1]));
}

TEST(Psnr, HandlesOddSizes) {
  for (const auto& [width, height] :
       {std::pair{1, 1}, {1, 7}, {7, 1}, {4097, 3}, {63, 2}, {65, 2}, {1089, 1}}) {
    const auto size = static_cast<std::size_t>(width * height);
    const Bytes a = noise(3 * size, 1), b = noise(3 * size, 2);
    expect_plain_sums(plane(a, width, height), plane(b, width, height));
    expect_plain_sums(packed(a, width, height, 3, {0, 1, 2}), packed(b, width, height, 3, {0, 1, 2}));
  }
}

TEST(Psnr, HandlesEveryOrderOfPackedBytes) {
  const int width = 131, height = 5;
  for (const auto& [size, order] : {std::pair{3, std::array{0, 1, 2}},
                                    {3, {2, 1, 0}},
                                    {4, {0, 1, 2}},
                                    {4, {3, 2, 1}},
                                    {4, {0, 1, 3}},
                                    {4, {2, 1, 0}}}) {
    const Bytes a = noise(static_cast<std::size_t>(width * height * size), 1);
    const Bytes b = noise(a.size(), 2);
    expect_plain_sums(packed(a, width, height, size, order), packed(b, width, height, size, order));
    expect_plain_sums(packed(a, width, height, size, {0, 1, 2}), packed(b, width, height, size, order));
  }
}

// The fourth byte of the last pixel may belong to nobody; AddressSanitizer sees who reads it.
TEST(Psnr, ReadsNothingBehindTheLastComponent) {
  const auto a = std::make_unique<std::uint8_t[]>(7), b = std::make_unique<std::uint8_t[]>(7);
  b[6] = 3;
  Picture pa{3, 8, {}}, pb{3, 8, {}};
  for (std::size_t i = 0; i < 3; ++i) {
    pa.components[i] = {a.get() + i, 7, 4, 2, 1};
    pb.components[i] = {b.get() + i, 7, 4, 2, 1};
  }
  EXPECT_EQ(squared_error(pa, pb)[2].sum, 9);
}

TEST(Psnr, HandlesPaddedAndFlippedRows) {
  const Bytes a = noise(3000, 1), b = noise(3000, 2);
  Picture pa = packed(a, 70, 9, 3, {0, 1, 2}, 17), pb = packed(b, 70, 9, 3, {0, 1, 2}, 5);
  expect_plain_sums(pa, pb);
  for (Component& c : pa.components) {
    c.data = static_cast<const std::uint8_t*>(c.data) + 8 * c.row_stride;
    c.row_stride = -c.row_stride;
  }
  expect_plain_sums(pa, pb);
  pa.component_count = pb.component_count = 1;
  expect_plain_sums(pa, pb);
}

TEST(Psnr, HandlesSamplesFarApart) {
  const Bytes a = noise(600, 1), b = noise(600, 2);
  Picture pa = plane(a, 20, 5), pb = plane(b, 20, 5);
  pa.components[0].pixel_stride = 2;  // as the luma of YUY2
  pa.components[0].row_stride = 40;
  expect_plain_sums(pa, pb);
  expect_plain_sums(pa, pa);
}

TEST(Psnr, DoesNotOverflowOnLargePictures) {
  const int size = 4096;
  const Bytes black(3 * size * size, 0), white(3 * size * size, 255);
  const double all = 65025.0 * size * size;
  EXPECT_EQ(squared_error(plane(black, size, size), plane(white, size, size))[0].sum, all);
  const auto rgb =
      squared_error(packed(black, size, size, 3, {0, 1, 2}), packed(white, size, size, 3, {0, 1, 2}));
  for (const SquaredError& error : rgb) EXPECT_EQ(error.sum, all);
}

TEST(Psnr, RefusesDifferentShapes) {
  const Bytes bytes(64, 0);
  const std::vector<std::uint16_t> words(64, 0);
  expect_error(ErrorCode::mismatch, plane(bytes, 8, 8), plane(bytes, 8, 7));
  expect_error(ErrorCode::mismatch, plane(bytes, 8, 8), plane(bytes, 7, 8));
  expect_error(ErrorCode::mismatch, plane(words, 8, 8, 10), plane(words, 8, 8, 12));
  expect_error(ErrorCode::mismatch, plane(bytes, 8, 2), packed(bytes, 8, 2, 3, {0, 1, 2}));
}

TEST(Psnr, RefusesPicturesThatCannotBe) {
  const Bytes bytes(64, 0);
  Picture empty = plane(bytes, 8, 0), none = plane(bytes, 8, 8), deep = plane(bytes, 8, 8, 17);
  Picture huge = plane(bytes, 1 << 30, 3);
  expect_error(ErrorCode::invalid_argument, empty, empty);
  expect_error(ErrorCode::invalid_argument, deep, deep);
  expect_error(ErrorCode::invalid_argument, huge, huge);
  none.component_count = 0;
  expect_error(ErrorCode::invalid_argument, none, none);
  none.component_count = 4;
  expect_error(ErrorCode::invalid_argument, none, none);
  expect_error(ErrorCode::invalid_argument, {1, 8, {}}, {1, 8, {}});
}

}  // namespace
}  // namespace mpq::psnr
