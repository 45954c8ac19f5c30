// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/png/png.h"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "core/error.h"
#include "tests/codecs/png/made_pngs.h"
#include "tests/support/pictures.h"

namespace mpq::test {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Values = std::vector<std::uint16_t>;
using Formats = std::vector<PixelFormat>;

constexpr std::uint64_t no_limit = 1 << 20;

Bytes decode(const Bytes& file, PixelFormat format) {
  png::Decoder decoder;
  const ImageHeader header = decoder.read_header(file);
  Picture picture(format, header.width, header.height, 5);
  EXPECT_TRUE(decoder.decode(file, picture.mutable_view()).warnings.empty());
  EXPECT_TRUE(picture.padding_is_untouched());
  return picture.pixels();
}

void expect_error(ErrorCode code, const std::function<void()>& use) {
  try {
    use();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
  }
}

TEST(Png, GrayIsGrayInEveryFormat) {
  const Bytes file = png_of(2, 2, {0, 7, 200, 255});
  const ImageHeader header = png::Decoder().read_header(file);
  EXPECT_EQ(header.width, 2);
  EXPECT_EQ(header.height, 2);
  EXPECT_FALSE(header.has_alpha);
  EXPECT_EQ(header.formats, (Formats{PixelFormat::gray8, PixelFormat::rgb24, PixelFormat::rgba32}));
  EXPECT_EQ(decode(file, PixelFormat::gray8), (Bytes{0, 7, 200, 255}));
  EXPECT_EQ(decode(file, PixelFormat::rgb24), (Bytes{0, 0, 0, 7, 7, 7, 200, 200, 200, 255, 255, 255}));
  EXPECT_EQ(decode(file, PixelFormat::rgba32),
            (Bytes{0, 0, 0, 255, 7, 7, 7, 255, 200, 200, 200, 255, 255, 255, 255, 255}));
}

TEST(Png, FewerBitsAreScaledForTheEyeAndKeptForLabels) {
  const Bytes file = png_of(4, 1, {0b00011011}, {PNG_COLOR_TYPE_GRAY, 2});
  EXPECT_EQ(decode(file, PixelFormat::gray8), (Bytes{0, 85, 170, 255}));
  const png::Samples samples = png::Decoder().read_samples(file, no_limit);
  EXPECT_EQ(samples.channels, 1);
  EXPECT_EQ(samples.depth, 2);
  EXPECT_EQ(samples.values, (Values{0, 1, 2, 3}));
}

TEST(Png, SixteenBitsAreRoundedForTheEyeAndKeptForLabels) {
  const Bytes file = png_of(2, 1, {0x01, 0x02, 0xFE, 0xFF}, {PNG_COLOR_TYPE_GRAY, 16});
  EXPECT_EQ(decode(file, PixelFormat::gray8), (Bytes{1, 254}));  // 258 / 257 = 1.004, 65279 / 257 = 254.004
  EXPECT_EQ(png::Decoder().read_samples(file, no_limit).values, (Values{0x0102, 0xFEFF}));
}

TEST(Png, PalettesAreColoursForTheEyeAndIndicesForLabels) {
  const Bytes file = png_of(3, 1, {3, 0, 1}, {PNG_COLOR_TYPE_PALETTE, 8});
  EXPECT_EQ(decode(file, PixelFormat::rgb24), (Bytes{3, 30, 103, 0, 0, 100, 1, 10, 101}));
  const png::Samples samples = png::Decoder().read_samples(file, no_limit);
  EXPECT_EQ(samples.channels, 1);
  EXPECT_EQ(samples.values, (Values{3, 0, 1}));
}

TEST(Png, TransparencyIsAlphaOrDropped) {
  const Bytes file = png_of(2, 1, {9, 8, 7, 6, 1, 2, 3, 4}, {PNG_COLOR_TYPE_RGBA, 8});
  EXPECT_TRUE(png::Decoder().read_header(file).has_alpha);
  EXPECT_EQ(decode(file, PixelFormat::rgba32), (Bytes{9, 8, 7, 6, 1, 2, 3, 4}));
  EXPECT_EQ(decode(file, PixelFormat::rgb24), (Bytes{9, 8, 7, 1, 2, 3}));
  const Bytes colour = png_of(2, 1, {1, 2, 3, 1, 2, 4}, {PNG_COLOR_TYPE_RGB, 8, PNG_INTERLACE_NONE, true});
  EXPECT_EQ(decode(colour, PixelFormat::rgba32), (Bytes{1, 2, 3, 0, 1, 2, 4, 255}));
  const Bytes palette = png_of(2, 1, {0, 1}, {PNG_COLOR_TYPE_PALETTE, 8, PNG_INTERLACE_NONE, true});
  EXPECT_EQ(decode(palette, PixelFormat::rgba32), (Bytes{0, 0, 100, 255, 1, 10, 101, 0}));
  const Bytes gray = png_of(2, 1, {5, 6, 7, 8}, {PNG_COLOR_TYPE_GRAY_ALPHA, 8});
  EXPECT_EQ(decode(gray, PixelFormat::rgba32), (Bytes{5, 5, 5, 6, 7, 7, 7, 8}));
}

TEST(Png, InterlacedIsTheSamePicture) {
  Bytes pixels(30 * 17);
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
  const Bytes file = png_of(30, 17, pixels, {PNG_COLOR_TYPE_GRAY, 8, PNG_INTERLACE_ADAM7});
  EXPECT_EQ(decode(file, PixelFormat::gray8), pixels);
  EXPECT_EQ(png::Decoder().read_samples(file, no_limit).values, Values(pixels.begin(), pixels.end()));
}

TEST(Png, EveryCutAndEveryFlippedByteIsAnErrorOrAPicture) {
  const Bytes file = png_of(3, 2, {1, 2, 3, 4, 5, 6});
  for (std::size_t size = 0; size < file.size(); ++size) {
    const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    expect_error(ErrorCode::corrupt_data, [&] { png::Decoder().read_samples(cut, no_limit); });
  }
  // A checksum covers each byte; but libpng 1.6.48 no longer minds the one behind the pixels.
  for (std::size_t i = 0; i < file.size(); ++i) {
    Bytes damaged = file;
    damaged[i] ^= 0x10;
    try {
      EXPECT_EQ(png::Decoder().read_samples(damaged, no_limit).values, (Values{1, 2, 3, 4, 5, 6})) << i;
      EXPECT_GE(i, file.size() - 12) << "no checksum was compared";  // IEND
    } catch (const Error&) {
      continue;
    }
  }
}

TEST(Png, WrongTargetsAndLargePicturesAreRefused) {
  const Bytes file = png_of(2, 2, {0, 7, 200, 255});
  Picture other(PixelFormat::gray8, 3, 2), yuv(PixelFormat::y444, 2, 2);
  expect_error(ErrorCode::invalid_argument, [&] { png::Decoder().decode(file, other.mutable_view()); });
  expect_error(ErrorCode::invalid_argument, [&] { png::Decoder().decode(file, yuv.mutable_view()); });
  expect_error(ErrorCode::limit_exceeded, [&] { png::Decoder().read_samples(file, 3); });
}

}  // namespace
}  // namespace mpq::test
