// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The reference pictures are Pillow 9.4's.
#include "core/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "support/npy.h"
#include "support/shared.h"

namespace {

using mpq::ImageView;
using mpq::MutableImageView;
using mpq::PixelFormat;
using mpq::ResizeFilter;
using mpq::Resizer;
using Pixels = std::vector<std::uint8_t>;

Pixels resized(PixelFormat format, const Pixels& in, int width, int height, int out_width, int out_height,
               ResizeFilter filter) {
  const std::ptrdiff_t pixel = bytes_per_pixel(format);
  Pixels out(static_cast<std::size_t>(pixel * out_width * out_height));
  const ImageView source{format, width, height, {{{in.data(), pixel * width}}}};
  const MutableImageView target{format, out_width, out_height, {{{out.data(), pixel * out_width}}}};
  Resizer(width, height, out_width, out_height, filter).resize(source, target);
  return out;
}

Pixels resized_row(const Pixels& in, int out_width, ResizeFilter filter = ResizeFilter::bilinear) {
  return resized(PixelFormat::gray8, in, static_cast<int>(in.size()), 1, out_width, 1, filter);
}

// Halving by a triangle of support 2: weights 1/4 3/4 3/4 1/4 over their sum; at the edge 3/4 3/4 1/4.
TEST(Resizer, HalvesByTheWidenedTriangle) {
  EXPECT_EQ(resized_row({0, 0, 0, 0, 80, 80, 80, 80}, 4), (Pixels{0, 10, 70, 80}));
  EXPECT_EQ(resized_row({70, 0, 0, 0, 0, 0, 0, 0}, 4), (Pixels{30, 0, 0, 0}));
}

TEST(Resizer, DoublesByPlainInterpolationBetweenPixelCentres) {
  EXPECT_EQ(resized_row({0, 100}, 4), (Pixels{0, 25, 75, 100}));
}

// Keys' cubic at distances 1/4, 3/4, 5/4, 7/4 with a = -1/2: 111/128, 29/128, -9/128, -3/128.
TEST(Resizer, CubicWeightsMayBeNegativeAndResultsAreClipped) {
  EXPECT_EQ(resized_row({0, 0, 0, 0, 128, 128, 128, 128}, 16, ResizeFilter::bicubic),
            (Pixels{0, 0, 0, 0, 0, 0, 0, 29 - 3, 111 - 9, 128 + 9, 128 + 3, 128, 128, 128, 128, 128}));
}

TEST(Resizer, LeavesAPictureOfTheRightSizeAsItIs) {
  const Pixels in{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(resized(PixelFormat::gray8, in, 3, 2, 3, 2, ResizeFilter::bicubic), in);
}

TEST(Resizer, IsPillowsBilinearOnAPhotograph) {
  MPQ_REQUIRE_SHARED(folder, "parity/vit_base_hf");
  const auto in = mpq::test::read_npy(folder / "in_image_rgb8.npy");
  const auto expected = mpq::test::read_npy(folder / "out_resized_rgb8.npy");
  EXPECT_EQ(resized(PixelFormat::rgb24, in.data, static_cast<int>(in.shape[1]), static_cast<int>(in.shape[0]),
                    224, 224, ResizeFilter::bilinear),
            expected.data);
}

// timm's transform: short side to 248, then the centre of 224 by 224.
TEST(Resizer, IsPillowsBicubicOnAPhotograph) {
  MPQ_REQUIRE_SHARED(folder, "parity/vit_tiny_real");
  const auto in = mpq::test::read_npy(folder / "in_image1_rgb8.npy");
  const auto expected = mpq::test::read_npy(folder / "in_pixel_values1_rgb8.npy");
  const int height = static_cast<int>(in.shape[0]), width = static_cast<int>(in.shape[1]);
  ASSERT_GT(height, width);
  const int out_height = 248 * height / width;
  const Pixels all =
      resized(PixelFormat::rgb24, in.data, width, height, 248, out_height, ResizeFilter::bicubic);
  Pixels crop;
  const int top = static_cast<int>(std::nearbyint((out_height - 224) / 2.0));
  for (int y = top; y < top + 224; ++y) {
    const auto row = all.begin() + 3 * (y * 248 + (248 - 224) / 2);
    crop.insert(crop.end(), row, row + 3 * 224);
  }
  EXPECT_EQ(crop, expected.data);
}

TEST(Resizer, RefusesSizesAndFormatsItWasNotMadeFor) {
  EXPECT_THROW(Resizer(0, 1, 1, 1, ResizeFilter::bilinear), mpq::Error);
  EXPECT_THROW(Resizer(1, 1, 1, 70000, ResizeFilter::bilinear), mpq::Error);
  Pixels pixels(64);
  Resizer resizer(2, 2, 1, 1, ResizeFilter::bilinear);
  const ImageView in{PixelFormat::gray8, 3, 2, {{{pixels.data(), 3}}}};
  const MutableImageView out{PixelFormat::gray8, 1, 1, {{{pixels.data(), 1}}}};
  EXPECT_THROW(resizer.resize(in, out), mpq::Error);
}

}  // namespace
