// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Truncated and bit-flipped JPEG: an error with its cause, or a picture with the library's warnings.
#include <gtest/gtest.h>

#include "codecs/jpeg/jpeg.h"
#include "made_jpegs.h"
#include "tests/support/damage.h"

namespace mpq::jpeg {
namespace {

using test::Picture;
using Bytes = std::span<const std::uint8_t>;

std::vector<std::uint8_t> sample(bool progressive) {
  return test::jpeg_of(test::synthetic(PixelFormat::rgb24, 61, 45),
                       {.quality = 40, .progressive = progressive});
}

/// As an application would: no more than a million pixels, and each format that the header offers.
void decode_all(Decoder& decoder, Bytes bytes) {
  const ImageHeader header = decoder.read_header(bytes);
  if (std::int64_t{header.width} * header.height > 1 << 20) return;
  for (const PixelFormat format : header.formats) {
    Picture picture(format, header.width, header.height);
    decoder.decode(bytes, picture.mutable_view());
  }
}

void scan_all(Bytes bytes) {
  std::size_t start = find_start(bytes);
  while (start < bytes.size()) {
    const auto length = frame_length(bytes.subspan(start));
    if (!length) return;
    ASSERT_GE(*length, 2U);
    ASSERT_LE(*length, bytes.size() - start);
    start += *length;
    start += find_start(bytes.subspan(start));
  }
}

class JpegDamage : public testing::TestWithParam<bool> {};

TEST_P(JpegDamage, TruncatedPicturesGiveAnErrorOrAPicture) {
  Decoder decoder;
  test::for_each_truncation(sample(GetParam()), 3, [&](Bytes bytes) {
    test::succeeds_or_explains([&] { decode_all(decoder, bytes); });
    EXPECT_TRUE(test::succeeds_or_explains([&] { frame_length(bytes); }));
  });
}

TEST_P(JpegDamage, FlippedBitsGiveAnErrorOrAPicture) {
  Decoder decoder;
  int pictures = 0;
  test::for_each_bit_flip(sample(GetParam()), 4000, [&](Bytes bytes) {
    pictures += test::succeeds_or_explains([&] { decode_all(decoder, bytes); });
    scan_all(bytes);
  });
  EXPECT_GT(pictures, 1000);
  EXPECT_LT(pictures, 4000);
}

INSTANTIATE_TEST_SUITE_P(, JpegDamage, testing::Bool(),
                         [](const auto& kind) { return kind.param ? "Progressive" : "Baseline"; });

TEST(JpegDamagedPicture, ATruncatedScanGivesThePictureAndTheLibrarysWarning) {
  const auto jpeg = sample(false);
  Picture picture(PixelFormat::rgb24, 61, 45);
  Decoder decoder;
  const auto cut = decoder.decode(Bytes(jpeg).first(jpeg.size() * 3 / 4), picture.mutable_view());
  ASSERT_FALSE(cut.warnings.empty());
  EXPECT_EQ(cut.warnings.front(), "Premature end of JPEG file");
  EXPECT_TRUE(decoder.decode(jpeg, picture.mutable_view()).warnings.empty());
}

TEST(JpegDamagedPicture, HopelessBytesAreCorruptData) {
  Decoder decoder;
  const std::vector<std::uint8_t> zeros(100), start = {0xFF, 0xD8};
  EXPECT_EQ(test::code_of([&] { decoder.read_header({}); }), ErrorCode::corrupt_data);
  EXPECT_EQ(test::code_of([&] { decoder.read_header(zeros); }), ErrorCode::corrupt_data);
  EXPECT_EQ(test::code_of([&] { decoder.read_header(start); }), ErrorCode::corrupt_data);
}

}  // namespace
}  // namespace mpq::jpeg
