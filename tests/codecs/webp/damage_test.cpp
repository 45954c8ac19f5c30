// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Truncated and bit-flipped WebP: an error with its cause, or a picture, with a warning where rows are
// missing.
#include <gtest/gtest.h>

#include "codecs/webp/webp.h"
#include "made_webps.h"
#include "tests/support/damage.h"

namespace mpq::webp {
namespace {

using test::Picture;
using Bytes = std::span<const std::uint8_t>;

enum class Kind { lossy, lossless, lossy_alpha };

std::vector<std::uint8_t> sample(Kind kind) {
  const Picture picture = kind == Kind::lossy_alpha ? test::with_alpha(61, 45, false)
                                                    : test::synthetic(PixelFormat::rgb24, 61, 45);
  return test::webp_of(picture, {.quality = 40, .method = 2, .lossless = kind == Kind::lossless});
}

/// As an application would: no more than a million pixels, and each format that the header offers.
void decode_all(Bytes bytes) {
  Decoder decoder;
  const ImageHeader header = decoder.read_header(bytes);
  if (std::int64_t{header.width} * header.height > 1 << 20) return;
  for (const PixelFormat format : header.formats) {
    Picture picture(format, header.width, header.height);
    decoder.decode(bytes, picture.mutable_view());
  }
}

void check_length(Bytes bytes) {
  const std::size_t start = find_start(bytes);
  ASSERT_LE(start, bytes.size());
  test::succeeds_or_explains([&] {
    const auto length = frame_length(bytes.subspan(start));
    ASSERT_TRUE(!length || (*length >= 20 && *length <= bytes.size() - start));
  });
}

class WebpDamage : public testing::TestWithParam<Kind> {};

TEST_P(WebpDamage, TruncatedPicturesGiveAnErrorOrAPicture) {
  test::for_each_truncation(sample(GetParam()), 5, [](Bytes bytes) {
    test::succeeds_or_explains([&] { decode_all(bytes); });
    EXPECT_TRUE(test::succeeds_or_explains([&] { frame_length(bytes); }));
  });
}

TEST_P(WebpDamage, FlippedBitsGiveAnErrorOrAPicture) {
  int pictures = 0;
  test::for_each_bit_flip(sample(GetParam()), 3000, [&](Bytes bytes) {
    pictures += test::succeeds_or_explains([&] { decode_all(bytes); });
    check_length(bytes);
  });
  EXPECT_GT(pictures, 30);
  EXPECT_LT(pictures, 3000);
}

INSTANTIATE_TEST_SUITE_P(, WebpDamage, testing::Values(Kind::lossy, Kind::lossless, Kind::lossy_alpha));

class WebpCutPicture : public testing::TestWithParam<PixelFormat> {};

TEST_P(WebpCutPicture, KeepsItsRowsThenIsBlackAndSaysSo) {
  const auto webp = test::webp_of(test::synthetic(PixelFormat::rgb24, 100, 200), {.quality = 50});
  Decoder decoder;
  Picture whole(GetParam(), 100, 200), cut(GetParam(), 100, 200, 5);
  decoder.decode(webp, whole.mutable_view());
  const auto info = decoder.decode(Bytes(webp).first(webp.size() / 2), cut.mutable_view());
  ASSERT_EQ(info.warnings.size(), 1U);
  EXPECT_NE(info.warnings[0].find("cut short after row "), std::string::npos);
  EXPECT_TRUE(cut.padding_is_untouched());
  for (std::size_t x = 0; x < cut.row_bytes(0); ++x) {
    ASSERT_EQ(cut.at(0, 20, x), whole.at(0, 20, x));
    const bool alpha = GetParam() == PixelFormat::rgba32 && x % 4 == 3;
    ASSERT_EQ(cut.at(0, 199, x), alpha ? 255 : GetParam() == PixelFormat::i420 ? 16 : 0);
  }
}

INSTANTIATE_TEST_SUITE_P(, WebpCutPicture,
                         testing::Values(PixelFormat::rgb24, PixelFormat::rgba32, PixelFormat::i420));

TEST(WebpHopelessBytes, AreCorruptData) {
  const auto webp = sample(Kind::lossy);
  const std::vector<std::uint8_t> zeros(100);
  Decoder decoder;
  Picture picture(PixelFormat::rgb24, 61, 45);
  EXPECT_EQ(test::code_of([&] { decoder.read_header({}); }), ErrorCode::corrupt_data);
  EXPECT_EQ(test::code_of([&] { decoder.read_header(zeros); }), ErrorCode::corrupt_data);
  EXPECT_EQ(test::code_of([&] { decoder.decode(Bytes(webp).first(40), picture.mutable_view()); }),
            ErrorCode::corrupt_data);
}

}  // namespace
}  // namespace mpq::webp
