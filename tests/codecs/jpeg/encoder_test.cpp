// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The encoder's bytes against the cjpeg tool, and what it takes and refuses.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>

#include "codecs/jpeg/jpeg.h"
#include "made_jpegs.h"
#include "tests/support/damage.h"
#include "tests/support/tools.h"

namespace mpq::jpeg {
namespace {

using test::code_of;
using test::Picture;
using test::synthetic;

constexpr int qualities[] = {1, 5, 50, 95, 100};
constexpr Subsampling subsamplings[] = {Subsampling::s420, Subsampling::s422, Subsampling::s444,
                                        Subsampling::gray};

std::string cjpeg(const EncoderOptions& options) {
  std::string command = "cjpeg -baseline -quality " + std::to_string(options.quality);
  if (options.subsampling == Subsampling::s420) command += " -sample 2x2";
  if (options.subsampling == Subsampling::s422) command += " -sample 2x1";
  if (options.subsampling == Subsampling::s444) command += " -sample 1x1";
  if (options.subsampling == Subsampling::gray) command += " -grayscale";
  if (options.progressive) command += " -progressive";
  if (options.optimize_coding) command += " -optimize";
  return command + " -outfile out in";
}

std::vector<std::uint8_t> encode(Encoder& encoder, const Picture& picture, const EncoderOptions& options) {
  const auto bytes = encoder.encode(picture.view(), options).bytes;
  return {bytes.begin(), bytes.end()};
}

/// `source` has one byte a pixel; the result has equal channels, or neutral chroma.
Picture colored(const Picture& gray, PixelFormat format, int padding) {
  Picture source = gray, picture(format, gray.width(), gray.height(), padding);
  for (std::size_t p = 0; p < static_cast<std::size_t>(plane_count(format)); ++p)
    for (std::size_t y = 0; y < picture.rows(p); ++y)
      for (std::size_t x = 0; x < picture.row_bytes(p); ++x)
        picture.at(p, y, x) =
            p > 0 ? 128 : source.at(0, y, x / static_cast<std::size_t>(bytes_per_pixel(format)));
  return picture;
}

void expect_bytes(Encoder& encoder, const Picture& picture, const EncoderOptions& options,
                  const std::vector<std::uint8_t>& expected) {
  ASSERT_FALSE(expected.empty()) << cjpeg(options);
  EXPECT_EQ(encode(encoder, picture, options), expected)
      << cjpeg(options) << " of " << picture.width() << "x" << picture.height();
}

class JpegEncoderIdentity : public testing::TestWithParam<std::tuple<bool, bool>> {
 protected:
  /// All sizes, subsamplings and qualities, with one encoder, for this test's kind of coding.
  void for_each_case(const std::function<void(Encoder&, int, int, const EncoderOptions&)>& use) const {
    const auto [progressive, optimize] = GetParam();
    Encoder encoder;
    for (const auto& [width, height] : test::odd_sizes)
      for (const Subsampling subsampling : subsamplings)
        for (const int quality : qualities)
          use(encoder, width, height, {quality, subsampling, progressive, optimize});
  }
};

TEST_P(JpegEncoderIdentity, WritesTheBytesOfCjpegForRgb) {
  MPQ_REQUIRE_TOOL("cjpeg", "libjpeg-turbo-progs");
  for_each_case([](Encoder& encoder, int width, int height, const EncoderOptions& options) {
    const Picture picture = synthetic(PixelFormat::rgb24, width, height);
    const auto expected = test::encode_with(cjpeg(options), picture);
    expect_bytes(encoder, synthetic(PixelFormat::rgb24, width, height, 5), options, expected);
  });
}

TEST_P(JpegEncoderIdentity, WritesTheBytesOfCjpegForGrayAndForNeutralYuv) {
  MPQ_REQUIRE_TOOL("cjpeg", "libjpeg-turbo-progs");
  for_each_case([](Encoder& encoder, int width, int height, const EncoderOptions& options) {
    const Picture gray = synthetic(PixelFormat::gray8, width, height);
    const auto expected = test::encode_with(cjpeg(options), colored(gray, PixelFormat::rgb24, 0));
    for (const auto format : {PixelFormat::i420, PixelFormat::y42b, PixelFormat::y444}) {
      const auto own = test::options_for(format, options.quality).subsampling;
      if (options.subsampling == own || options.subsampling == Subsampling::gray)
        expect_bytes(encoder, colored(gray, format, 3), options, expected);
    }
    if (options.subsampling == Subsampling::gray)
      for (const Subsampling ignored : subsamplings) {
        EncoderOptions any = options;
        any.subsampling = ignored;
        expect_bytes(encoder, gray, any, expected);
      }
  });
}

INSTANTIATE_TEST_SUITE_P(, JpegEncoderIdentity, testing::Combine(testing::Bool(), testing::Bool()));

TEST(JpegEncoder, IgnoresAlpha) {
  const Picture rgba = synthetic(PixelFormat::rgba32, 19, 9, 7);
  Picture source = rgba, rgb(PixelFormat::rgb24, 19, 9);
  for (std::size_t y = 0; y < 9; ++y)
    for (std::size_t x = 0; x < 57; ++x) rgb.at(0, y, x) = source.at(0, y, x / 3 * 4 + x % 3);
  Encoder encoder;
  EXPECT_EQ(encode(encoder, rgba, {}), encode(encoder, rgb, {}));
}

TEST(JpegEncoder, ForgetsThePreviousPicturesTablesWhenTheOptionsChange) {
  const Picture picture = synthetic(PixelFormat::rgb24, 40, 40);
  Encoder fresh, used;
  encode(used, picture, {.quality = 50, .optimize_coding = true});
  EXPECT_EQ(encode(used, picture, {.quality = 50}), encode(fresh, picture, {.quality = 50}));
}

TEST(JpegEncoder, APicturesOwnerKeepsItsBytes) {
  auto encoder = std::make_unique<Encoder>();
  const Picture picture = synthetic(PixelFormat::rgb24, 64, 48);
  const std::vector<std::uint8_t> expected = encode(*encoder, picture, {.quality = 90});
  const EncodedImage kept = encoder->encode(picture.view(), {.quality = 90});
  encode(*encoder, picture, {.quality = 20});
  encoder = nullptr;
  EXPECT_EQ(std::vector<std::uint8_t>(kept.bytes.begin(), kept.bytes.end()), expected);
}

TEST(JpegEncoder, StillWorksAfterAnError) {
  const Picture picture = synthetic(PixelFormat::rgb24, 40, 40);
  Encoder fresh, used;
  EXPECT_EQ(code_of([&] { used.encode(picture.view(), {.quality = 101}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(encode(used, picture, {}), encode(fresh, picture, {}));
}

/// By another way than the library's: everything but marker segments, whose data is between SOS and the next.
std::size_t count_scan_bytes(const std::vector<std::uint8_t>& jpeg) {
  std::size_t count = 0;
  bool scan = false;
  for (std::size_t i = 2; i < jpeg.size();) {
    const bool marker = jpeg[i] == 0xFF && jpeg[i + 1] != 0;
    if (marker && jpeg[i + 1] == 0xD9) break;
    if (marker) scan = jpeg[i + 1] == 0xDA;
    if (!marker && scan) ++count;
    i += marker ? 2U + static_cast<std::size_t>(jpeg[i + 2] * 256 + jpeg[i + 3]) : 1U;
  }
  return count;
}

TEST(JpegEncoder, CountsTheBytesOfAllScans) {
  for (const bool progressive : {false, true}) {
    Encoder encoder;
    const auto coded =
        encoder.encode(synthetic(PixelFormat::rgb24, 70, 50).view(), {.progressive = progressive});
    EXPECT_EQ(coded.entropy_coded_bytes, count_scan_bytes({coded.bytes.begin(), coded.bytes.end()}));
    EXPECT_GT(coded.entropy_coded_bytes, 0U);
  }
}

TEST(JpegEncoder, RefusesSettingsAndPicturesItCannotCode) {
  Encoder encoder;
  const Picture rgb = synthetic(PixelFormat::rgb24, 8, 8), yuv = synthetic(PixelFormat::i420, 8, 8);
  EXPECT_EQ(code_of([&] { encoder.encode(rgb.view(), {.quality = 0}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { encoder.encode(yuv.view(), {.subsampling = Subsampling::s444}); }),
            ErrorCode::invalid_argument);
  ImageView bad = rgb.view();
  bad.planes[0].stride = 23;
  EXPECT_EQ(code_of([&] { encoder.encode(bad, {}); }), ErrorCode::invalid_argument);
  bad = rgb.view();
  bad.width = 0;
  EXPECT_EQ(code_of([&] { encoder.encode(bad, {}); }), ErrorCode::invalid_argument);
  const Picture wide(PixelFormat::gray8, max_dimension + 1, 1);
  EXPECT_EQ(code_of([&] { encoder.encode(wide.view(), {}); }), ErrorCode::unsupported);
}

}  // namespace
}  // namespace mpq::jpeg
