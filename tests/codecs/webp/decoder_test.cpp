// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The decoder's pixels against the dwebp tool, its formats, and what it refuses.
#include <gtest/gtest.h>

#include <utility>

#include "codecs/webp/webp.h"
#include "made_webps.h"
#include "tests/support/damage.h"
#include "tests/support/tools.h"

namespace mpq::webp {
namespace {

using test::code_of;
using test::Picture;
using test::synthetic;
using test::webp_of;
using enum PixelFormat;
using Formats = std::vector<PixelFormat>;

/// Decodes into rows with padding and proves that nothing else was written.
Picture decode(const std::vector<std::uint8_t>& webp, PixelFormat format) {
  Decoder decoder;
  const ImageHeader header = decoder.read_header(webp);
  Picture picture(format, header.width, header.height, 9);
  EXPECT_TRUE(decoder.decode(webp, picture.mutable_view()).warnings.empty());
  EXPECT_TRUE(picture.padding_is_untouched());
  return picture;
}

TEST(WebpDecoder, DecodesThePixelsOfDwebp) {
  MPQ_REQUIRE_TOOL("dwebp", "webp");
  for (const auto& [width, height] : test::odd_sizes)
    for (const float quality : {0.0F, 75.0F}) {
      const auto webp = webp_of(synthetic(rgb24, width, height), {.quality = quality});
      const auto rgb = decode(webp, rgb24).pixels(), yuv = decode(webp, i420).pixels();
      EXPECT_EQ(rgb, test::decode_with("dwebp -quiet -nodither -ppm -o out -- in", webp, rgb.size()));
      EXPECT_EQ(yuv, test::decode_with("dwebp -quiet -nodither -yuv -o out -- in", webp, yuv.size()));
    }
}

TEST(WebpDecoder, DecodesTheAlphaOfDwebp) {
  MPQ_REQUIRE_TOOL("dwebp", "webp");
  for (const auto& [width, height] : test::odd_sizes)
    for (const bool lossless : {false, true}) {
      const auto webp = webp_of(test::with_alpha(width, height, false), {.lossless = lossless});
      const auto rgba = decode(webp, rgba32).pixels();
      EXPECT_EQ(rgba, test::decode_with("dwebp -quiet -nodither -pam -o out -- in", webp, rgba.size()));
    }
}

TEST(WebpDecoder, ReturnsTheVeryPixelsOfLosslessPictures) {
  for (const auto& [width, height] : test::odd_sizes) {
    const Picture rgb = synthetic(rgb24, width, height), gray = synthetic(gray8, width, height);
    EXPECT_EQ(decode(webp_of(rgb, {.lossless = true}), rgb24).pixels(), rgb.pixels());
    const Picture rgba = test::with_alpha(width, height, false);
    EXPECT_EQ(decode(webp_of(rgba, {.lossless = true, .exact = true}), rgba32).pixels(), rgba.pixels());
    Picture decoded = decode(webp_of(gray, {.lossless = true}), rgb24), source = gray;
    for (std::size_t x = 0; x < decoded.row_bytes(0); ++x)
      ASSERT_EQ(decoded.at(0, 0, x), source.at(0, 0, x / 3));
  }
}

TEST(WebpDecoder, ReturnsThePlanesThatWereEncoded) {
  const Picture planes = synthetic(i420, 64, 48, 0, 2);
  const auto decoded = decode(webp_of(planes, {.quality = 100}), i420).pixels();
  EXPECT_LE(test::largest_difference(decoded, planes.pixels()), 8);
}

TEST(WebpDecoder, GivesLimitedRangeBt601ForRed) {
  Picture red(rgb24, 16, 16);
  for (std::size_t y = 0; y < 16; ++y)
    for (std::size_t x = 0; x < 48; ++x) red.at(0, y, x) = x % 3 == 0 ? 255 : 0;
  Picture planes = decode(webp_of(red, {.quality = 100}), i420);
  EXPECT_NEAR(planes.at(0, 8, 8), 16 + 219 * 0.299, 1.5);
  EXPECT_NEAR(planes.at(1, 4, 4), 128 - 224 * 0.299 / 1.772, 1.5);
  EXPECT_NEAR(planes.at(2, 4, 4), 240, 1.5);
}

TEST(WebpDecoder, DropsTheAlphaWhereRgbIsAskedFor) {
  const auto webp = webp_of(test::with_alpha(21, 11, false), {.quality = 50});
  Picture rgb = decode(webp, rgb24), rgba = decode(webp, rgba32);
  for (std::size_t y = 0; y < 11; ++y)
    for (std::size_t x = 0; x < 63; ++x) ASSERT_EQ(rgb.at(0, y, x), rgba.at(0, y, x / 3 * 4 + x % 3));
}

TEST(WebpDecoder, GivesOpaqueAlphaWhereThereIsNone) {
  Picture rgba = decode(webp_of(synthetic(rgb24, 21, 11), {}), rgba32);
  for (std::size_t x = 3; x < 84; x += 4) ASSERT_EQ(rgba.at(0, 10, x), 255);
}

TEST(WebpDecoder, ListsTheFormatsOfEachKindOfStreamBestFirst) {
  Decoder decoder;
  const auto header = [&](const Picture& picture, bool lossless) {
    return decoder.read_header(webp_of(picture, {.lossless = lossless}));
  };
  EXPECT_EQ(header(synthetic(rgb24, 9, 5), false).formats, (Formats{rgb24, i420, rgba32}));
  EXPECT_EQ(header(synthetic(rgb24, 9, 5), true).formats, (Formats{rgb24, rgba32}));
  EXPECT_EQ(header(test::with_alpha(9, 5, true), false).formats, (Formats{rgb24, i420, rgba32}));
  const auto alpha = header(test::with_alpha(9, 5, false), false);
  EXPECT_EQ(alpha.formats, (Formats{rgba32, rgb24}));
  EXPECT_TRUE(alpha.has_alpha);
}

TEST(WebpDecoder, RefusesATargetOfAnotherSizeOrFormat) {
  const auto webp = webp_of(synthetic(rgb24, 9, 5), {});
  Decoder decoder;
  for (Picture target : {Picture(rgb24, 5, 9), Picture(y444, 9, 5), Picture(rgb24, 9, 6)})
    EXPECT_EQ(code_of([&] { decoder.decode(webp, target.mutable_view()); }), ErrorCode::invalid_argument);
}

TEST(WebpDecoder, RefusesAnimationsAndNamesTheRemedy) {
  try {
    Decoder().read_header(test::animation());
    FAIL() << "an animation was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_FALSE(error.remedy().empty());
  }
}

}  // namespace
}  // namespace mpq::webp
