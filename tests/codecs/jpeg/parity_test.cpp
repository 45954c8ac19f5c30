// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Sizes and PSNR of real photographs at quality 5 against the pinned values of the reference implementation.
#include <gtest/gtest.h>

#include "codecs/jpeg/jpeg.h"
#include "tests/support/classic_images.h"
#include "tests/support/shared.h"
#include "tests/support/tools.h"

namespace mpq::jpeg {
namespace {

std::vector<std::uint8_t> decode_rgb(std::span<const std::uint8_t> jpeg, int width, int height) {
  test::Picture picture(PixelFormat::rgb24, width, height);
  EXPECT_TRUE(Decoder().decode(jpeg, picture.mutable_view()).warnings.empty());
  return picture.pixels();
}

TEST(JpegParity, StoredPicturesDecodeToThePinnedPsnr) {
  MPQ_REQUIRE_SHARED(classic, "parity/classic_measures");
  MPQ_REQUIRE_SHARED(kodak, "data/kodak");
  const auto images = test::classic_images(classic, kodak, ".jpg");
  ASSERT_EQ(images.size(), 4U);
  for (const auto& [original, name, coded, bytes, psnr] : images) {
    const auto decoded = decode_rgb(test::read_file(coded), original.width(), original.height());
    EXPECT_NEAR(test::psnr(decoded, original.pixels()), psnr, 0.02) << name;
  }
}

TEST(JpegParity, QualityFiveGivesThePinnedSizeAndPsnr) {
  MPQ_REQUIRE_SHARED(classic, "parity/classic_measures");
  MPQ_REQUIRE_SHARED(kodak, "data/kodak");
  const auto images = test::classic_images(classic, kodak, ".jpg");
  ASSERT_EQ(images.size(), 4U);
  Encoder encoder;
  for (const auto& [original, name, coded, bytes, psnr] : images) {
    const auto jpeg = encoder.encode(original.view(), {}).bytes;
    EXPECT_NEAR(static_cast<double>(jpeg.size()), bytes, bytes * 0.005) << name;
    const auto decoded = decode_rgb(jpeg, original.width(), original.height());
    EXPECT_NEAR(test::psnr(decoded, original.pixels()), psnr, 0.02) << name;
  }
}

}  // namespace
}  // namespace mpq::jpeg
