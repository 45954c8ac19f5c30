// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The decoder's pixels against the djpeg tool, its formats, and the kinds of JPEG that it refuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "codecs/jpeg/jpeg.h"
#include "made_jpegs.h"
#include "tests/support/damage.h"
#include "tests/support/tools.h"

namespace mpq::jpeg {
namespace {

using test::code_of;
using test::jpeg_of;
using test::Picture;
using test::synthetic;
using enum PixelFormat;
using Formats = std::vector<PixelFormat>;

/// Decodes into rows with padding and proves that nothing else was written.
Picture decode(const std::vector<std::uint8_t>& jpeg, PixelFormat format) {
  Decoder decoder;
  const ImageHeader header = decoder.read_header(jpeg);
  Picture picture(format, header.width, header.height, 9);
  EXPECT_TRUE(decoder.decode(jpeg, picture.mutable_view()).warnings.empty());
  EXPECT_TRUE(picture.padding_is_untouched());
  return picture;
}

TEST(JpegDecoder, DecodesThePixelsOfDjpeg) {
  MPQ_REQUIRE_TOOL("djpeg", "libjpeg-turbo-progs");
  for (const auto& [width, height] : test::odd_sizes)
    for (const auto subsampling :
         {Subsampling::s420, Subsampling::s422, Subsampling::s444, Subsampling::gray})
      for (const bool progressive : {false, true}) {
        const auto jpeg = jpeg_of(synthetic(rgb24, width, height), {50, subsampling, progressive});
        const bool gray = subsampling == Subsampling::gray;
        const auto ours = decode(jpeg, gray ? gray8 : rgb24).pixels();
        EXPECT_EQ(ours, test::decode_with("djpeg -outfile out in", jpeg, ours.size()))
            << width << "x" << height;
        const auto luma = decode(jpeg, gray8).pixels();
        EXPECT_EQ(luma, test::decode_with("djpeg -grayscale -outfile out in", jpeg, luma.size()));
      }
}

TEST(JpegDecoder, SeesThatTheMemoryOfAHeaderHoldsAnotherPictureByNow) {
  auto first = jpeg_of(synthetic(rgb24, 64, 48), {.quality = 50});
  auto second = jpeg_of(synthetic(rgb24, 48, 64), {.quality = 90});
  second.resize(std::max(first.size(), second.size()));
  first.resize(second.size());
  const auto expected = decode(second, rgb24).pixels();
  Decoder decoder;
  EXPECT_EQ(decoder.read_header(first).width, 64);
  std::copy(second.begin(), second.end(), first.begin());
  Picture picture(rgb24, 48, 64);
  decoder.decode(first, picture.mutable_view());
  EXPECT_EQ(picture.pixels(), expected);
}

TEST(JpegDecoder, GivesRgbaOpaqueAlphaAndThePixelsOfRgb) {
  const auto jpeg = jpeg_of(synthetic(rgb24, 21, 11), {.quality = 50});
  Picture rgb = decode(jpeg, rgb24), rgba = decode(jpeg, rgba32);
  for (std::size_t y = 0; y < 11; ++y)
    for (std::size_t x = 0; x < 84; ++x)
      ASSERT_EQ(rgba.at(0, y, x), x % 4 == 3 ? 255 : rgb.at(0, y, x / 4 * 3 + x % 4)) << x << "," << y;
}

TEST(JpegDecoder, ReturnsThePlanesThatWereEncoded) {
  for (const auto& [width, height] : test::odd_sizes)
    for (const PixelFormat format : {i420, y42b, y444})
      for (const int padding : {0, 6}) {
        const Picture original = synthetic(format, width, height, padding);
        const auto jpeg = jpeg_of(original, test::options_for(format, 100));
        EXPECT_LE(test::largest_difference(decode(jpeg, format).pixels(), original.pixels()), 2)
            << width << "x" << height;
      }
}

/// Red, by the equations of JFIF 1.02: Y = 0.299 * 255, Cb = 128 - 0.1687 * 255, Cr = 128 + 0.5 * 255
/// (clipped).
constexpr std::uint8_t red_y = 76, red_cb = 85, red_cr = 255;

TEST(JpegDecoder, GivesTheChromaOfRedInTheOrderCbCr) {
  Picture red(rgb24, 8, 8);
  for (std::size_t y = 0; y < 8; ++y)
    for (std::size_t x = 0; x < 24; ++x) red.at(0, y, x) = x % 3 == 0 ? 255 : 0;
  Picture planes = decode(jpeg_of(red, {100, Subsampling::s444}), y444);
  EXPECT_NEAR(planes.at(0, 4, 4), red_y, 1);
  EXPECT_NEAR(planes.at(1, 4, 4), red_cb, 1);
  EXPECT_NEAR(planes.at(2, 4, 4), red_cr, 1);
}

TEST(JpegDecoder, GivesRedForItsPlanes) {
  Picture planes(y42b, 16, 8);
  const std::uint8_t values[] = {red_y, red_cb, red_cr};
  for (std::size_t p = 0; p < 3; ++p)
    for (std::size_t y = 0; y < 8; ++y)
      for (std::size_t x = 0; x < planes.row_bytes(p); ++x) planes.at(p, y, x) = values[p];
  Picture red = decode(jpeg_of(planes, test::options_for(y42b, 100)), rgb24);
  EXPECT_NEAR(red.at(0, 4, 12), 255, 2);
  EXPECT_NEAR(red.at(0, 4, 13), 0, 2);
  EXPECT_NEAR(red.at(0, 4, 14), 0, 2);
}

TEST(JpegDecoder, GivesGrayAndTheYPlaneTheSameSamples) {
  const auto jpeg = jpeg_of(synthetic(rgb24, 23, 37), {.quality = 30});
  const auto gray = decode(jpeg, gray8).pixels();
  auto luma = decode(jpeg, i420).pixels();
  luma.resize(gray.size());
  EXPECT_EQ(luma, gray);
}

TEST(JpegDecoder, ListsTheFormatsOfEachKindOfStreamBestFirst) {
  Decoder decoder;
  const auto formats = [&](Subsampling s) {
    return decoder.read_header(jpeg_of(synthetic(rgb24, 9, 5), {.subsampling = s})).formats;
  };
  EXPECT_EQ(formats(Subsampling::s420), (Formats{rgb24, i420, rgba32, gray8}));
  EXPECT_EQ(formats(Subsampling::s422), (Formats{rgb24, y42b, rgba32, gray8}));
  EXPECT_EQ(formats(Subsampling::s444), (Formats{rgb24, y444, rgba32, gray8}));
  EXPECT_EQ(formats(Subsampling::gray), (Formats{gray8, rgb24, rgba32}));
  EXPECT_EQ(decoder.read_header(test::libjpeg_picture(JCS_RGB, 3)).formats, (Formats{rgb24, rgba32, gray8}));
}

TEST(JpegDecoder, RefusesATargetOfAnotherSizeOrFormat) {
  const auto jpeg = jpeg_of(synthetic(rgb24, 9, 5), {});
  Decoder decoder;
  for (Picture target : {Picture(rgb24, 5, 9), Picture(y444, 9, 5), Picture(rgb24, 9, 6)})
    EXPECT_EQ(code_of([&] { decoder.decode(jpeg, target.mutable_view()); }), ErrorCode::invalid_argument);
}

TEST(JpegDecoder, RefusesCmykAndNamesTheRemedy) {
  try {
    Decoder().read_header(test::libjpeg_picture(JCS_CMYK, 4));
    FAIL() << "CMYK was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_NE(error.remedy().find("RGB"), std::string::npos);
  }
}

TEST(JpegDecoder, RefusesTwelveBitSamples) {
  auto jpeg = jpeg_of(synthetic(rgb24, 9, 5), {});
  const std::uint8_t frame[] = {0xFF, 0xC0, 0, 17, 8};  // SOF0 of three components, 8 bits
  const auto at = std::search(jpeg.begin(), jpeg.end(), std::begin(frame), std::end(frame));
  ASSERT_NE(at, jpeg.end());
  at[4] = 12;
  EXPECT_EQ(code_of([&] { Decoder().read_header(jpeg); }), ErrorCode::unsupported);
}

TEST(JpegDecoder, LimitsTheNumberOfScans) {
  Picture target(gray8, 8, 8);
  Decoder decoder;
  EXPECT_NO_THROW(decoder.decode(test::picture_with_many_scans(49), target.mutable_view()));  // 99 scans
  EXPECT_EQ(code_of([&] { decoder.decode(test::picture_with_many_scans(50), target.mutable_view()); }),
            ErrorCode::limit_exceeded);
}

TEST(JpegDecoder, DoesNotLendAPicturesTablesToTheNext) {
  const auto jpeg = jpeg_of(synthetic(rgb24, 16, 16), {});
  Picture target(rgb24, 16, 16);
  Decoder decoder;
  decoder.decode(jpeg, target.mutable_view());
  const auto without_tables = test::without_segments(jpeg, 0xDB);
  EXPECT_EQ(code_of([&] { decoder.decode(without_tables, target.mutable_view()); }), ErrorCode::corrupt_data);
}

TEST(JpegDecoder, DecodesMotionJpegWithoutHuffmanTables) {
  const auto jpeg = jpeg_of(synthetic(rgb24, 16, 16), {});
  EXPECT_EQ(decode(test::without_segments(jpeg, 0xC4), rgb24).pixels(), decode(jpeg, rgb24).pixels());
}

}  // namespace
}  // namespace mpq::jpeg
