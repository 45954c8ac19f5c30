// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Where a WebP picture starts and ends in a run of bytes.
#include <gtest/gtest.h>

#include "codecs/webp/webp.h"
#include "made_webps.h"
#include "tests/support/damage.h"

namespace mpq::webp {
namespace {

using Bytes = std::vector<std::uint8_t>;
using test::code_of;

Bytes header(std::size_t declared, const std::string& tag = "WEBP") {
  const std::string text = "RIFF" + test::little_endian_32(declared) + tag;
  return {text.begin(), text.end()};
}

TEST(WebpFrameLength, IsThatOfTheFirstPictureWhateverFollows) {
  const Bytes picture = test::webp_of(test::synthetic(PixelFormat::rgb24, 20, 10), {});
  Bytes two = picture;
  two.insert(two.end(), picture.begin(), picture.end());
  EXPECT_EQ(frame_length(picture), picture.size());
  EXPECT_EQ(frame_length(two), picture.size());
}

TEST(WebpFrameLength, IsUnknownUntilTheLastByteButDeclaredEarlier) {
  const Bytes picture = test::webp_of(test::synthetic(PixelFormat::rgb24, 20, 10), {});
  for (std::size_t n = 0; n < picture.size(); ++n) {
    ASSERT_EQ(frame_length({picture.data(), n}), std::nullopt) << n;
    ASSERT_EQ(declared_length({picture.data(), n}), n < 12 ? std::nullopt : std::optional(picture.size()))
        << n;
  }
}

TEST(WebpFrameLength, TakesSizesUpToTheBoundsOfTheFormat) {
  EXPECT_EQ(declared_length(header(12)), 20U);
  EXPECT_EQ(declared_length(header(0xFFFFFFF6)), 0xFFFFFFFEU);
}

TEST(WebpFrameLength, RefusesImpossibleSizes) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{11}, std::size_t{0xFFFFFFF7}, std::size_t{0xFFFFFFFF}})
    EXPECT_EQ(code_of([&] { frame_length(header(size)); }), ErrorCode::corrupt_data) << size;
}

TEST(WebpFrameLength, RefusesOtherBytes) {
  EXPECT_EQ(code_of([] { frame_length(header(100, "WAVE")); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([] { frame_length(Bytes{'R', 'I', 'F', 'X'}); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([] { frame_length(Bytes{0}); }), ErrorCode::corrupt_data);
}

TEST(WebpFrameScanner, FindsTheEndWhenTheLastByteHasArrived) {
  const Bytes picture = test::webp_of(test::synthetic(PixelFormat::rgb24, 20, 10), {});
  FrameScanner scanner;
  for (std::size_t n = 0; n < picture.size(); ++n)
    ASSERT_EQ(scanner.length({picture.data(), n}), std::nullopt) << n;
  EXPECT_EQ(scanner.length(picture), picture.size());
}

TEST(WebpFrameScanner, EndsAPictureThatWasCutShortWhereTheNextStarts) {
  const Bytes picture = test::webp_of(test::synthetic(PixelFormat::rgb24, 20, 10), {});
  for (const std::size_t cut : {std::size_t{12}, picture.size() / 2, picture.size() - 1}) {
    Bytes bytes(picture.begin(), picture.begin() + static_cast<std::ptrdiff_t>(cut));
    bytes.insert(bytes.end(), picture.begin(), picture.end());
    FrameScanner scanner;
    std::optional<std::size_t> length;
    std::size_t n = 0;
    while (!length && n < bytes.size()) length = scanner.length({bytes.data(), ++n});
    EXPECT_EQ(length, cut) << n;
    scanner.reset();
    EXPECT_EQ(scanner.length(picture), picture.size());
  }
}

TEST(WebpFindStart, CountsTheBytesBeforeTheNextPicture) {
  Bytes bytes = {'R', 'I', 'R'};
  const Bytes wave = header(100, "WAVE"), picture = header(100);
  bytes.insert(bytes.end(), wave.begin(), wave.end());
  bytes.insert(bytes.end(), picture.begin(), picture.end());
  EXPECT_EQ(find_start(bytes), 15U);
  EXPECT_EQ(find_start(picture), 0U);
  EXPECT_EQ(find_start(Bytes{1, 2, 3}), 3U);
}

TEST(WebpFindStart, KeepsWhatMayBecomeAStart) {
  EXPECT_EQ(find_start(Bytes{0, 'R', 'I'}), 1U);
  const Bytes half = {'R', 'I', 'F', 'F', 1, 2, 3, 4, 'W', 'E'};
  EXPECT_EQ(find_start(half), 0U);
}

}  // namespace
}  // namespace mpq::webp
