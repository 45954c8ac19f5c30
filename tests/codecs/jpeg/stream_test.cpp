// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Where a JPEG picture starts and ends in a run of bytes.
#include <gtest/gtest.h>

#include "codecs/jpeg/jpeg.h"
#include "made_jpegs.h"
#include "tests/support/damage.h"

namespace mpq::jpeg {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Bytes soi = {0xFF, 0xD8}, eoi = {0xFF, 0xD9};
const Bytes scan_header = {0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0};

TEST(JpegFrameLength, IsThatOfTheFirstPictureWhateverFollows) {
  for (const bool progressive : {false, true}) {
    const auto jpeg = test::jpeg_of(test::synthetic(PixelFormat::rgb24, 40, 30), {90, {}, progressive});
    EXPECT_EQ(frame_length(jpeg), jpeg.size());
    EXPECT_EQ(frame_length(jpeg + Bytes{1, 2, 3}), jpeg.size());
    EXPECT_EQ(frame_length(jpeg + jpeg), jpeg.size());
  }
}

TEST(JpegFrameLength, IsUnknownUntilTheLastByte) {
  const auto jpeg = test::jpeg_of(test::synthetic(PixelFormat::rgb24, 20, 10), {});
  FrameScanner scanner;
  for (std::size_t n = 0; n < jpeg.size(); ++n) {
    ASSERT_EQ(frame_length({jpeg.data(), n}), std::nullopt) << n;
    ASSERT_EQ(scanner.length({jpeg.data(), n}), std::nullopt) << n;
  }
  EXPECT_EQ(scanner.length(jpeg), jpeg.size());
  scanner.reset();
  EXPECT_EQ(scanner.length(jpeg), jpeg.size());
}

TEST(JpegFrameLength, PassesOverThumbnailsStuffedBytesFillBytesAndRestarts) {
  const Bytes thumbnail = Bytes{0xFF, 0xE1, 0, 8, 0xFF, 0xD8, 0xFF, 0xD9, 0, 0};
  const Bytes data = {7, 0xFF, 0x00, 0xFF, 0xD3, 0xFF, 0xFF, 0x00, 0xFF, 0xFF};
  const Bytes picture = soi + thumbnail + scan_header + data + eoi;
  EXPECT_EQ(frame_length(picture), picture.size());
}

TEST(JpegFrameLength, EndsACutPictureWhereTheNextBegins) {
  const Bytes cut = soi + scan_header + Bytes{1, 2, 3};
  EXPECT_EQ(frame_length(cut + soi + Bytes{0xFF, 0xE0}), cut.size());
}

TEST(JpegFrameLength, SurvivesASegmentThatDeclaresNoLength) {
  const Bytes picture = soi + Bytes{0xFF, 0xE0, 0, 0} + eoi;
  EXPECT_EQ(frame_length(picture), picture.size());
}

TEST(JpegFrameLength, WaitsForASegmentThatIsLongerThanTheBytes) {
  EXPECT_EQ(frame_length(soi + Bytes{0xFF, 0xE0, 0xFF, 0xFF} + eoi), std::nullopt);
}

TEST(JpegFrameLength, RefusesBytesWithoutSoi) {
  EXPECT_EQ(test::code_of([] { frame_length(Bytes{0xFF, 0xD9}); }), ErrorCode::corrupt_data);
  EXPECT_EQ(frame_length(Bytes{}), std::nullopt);
}

TEST(JpegFindStart, CountsTheBytesBeforeTheNextPicture) {
  EXPECT_EQ(find_start(soi + Bytes{0xFF, 0xE0}), 0U);
  EXPECT_EQ(find_start(Bytes{1, 0xFF, 0, 0xFF} + soi + Bytes{0xFF}), 4U);
  EXPECT_EQ(find_start(Bytes{1, 2, 3}), 3U);
}

TEST(JpegFindStart, KeepsWhatMayBecomeAStart) {
  EXPECT_EQ(find_start(Bytes{1, 0xFF}), 1U);
  EXPECT_EQ(find_start(Bytes{1, 0xFF, 0xD8}), 1U);
  EXPECT_EQ(find_start(Bytes{1, 0xFF, 0xD8, 0}), 4U);
}

}  // namespace
}  // namespace mpq::jpeg
