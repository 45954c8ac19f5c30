// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The encoder's bytes against the cwebp tool, and what it takes and refuses.
#include <gtest/gtest.h>

#include <cmath>
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

constexpr const char* preset_names[] = {"default", "picture", "photo", "drawing", "icon", "text"};

std::string cwebp(const EncoderOptions& o, const std::string& input = "") {
  return std::string("cwebp -quiet -preset ") + preset_names[static_cast<int>(o.preset)] + " -q " +
         std::to_string(o.quality) + " -m " + std::to_string(o.method) + (o.lossless ? " -lossless" : "") +
         (o.near_lossless < 100 ? " -near_lossless " + std::to_string(o.near_lossless) : "") + " -alpha_q " +
         std::to_string(o.alpha_quality) + (o.exact ? " -exact" : "") + input + " -o out -- in";
}

std::vector<std::uint8_t> encode(Encoder& encoder, const Picture& picture, const EncoderOptions& options) {
  const auto bytes = encoder.encode(picture.view(), options).bytes;
  return {bytes.begin(), bytes.end()};
}

void expect_bytes_of_cwebp(Encoder& encoder, const Picture& picture, const EncoderOptions& options) {
  const auto expected = test::encode_with(cwebp(options), picture);
  ASSERT_FALSE(expected.empty()) << cwebp(options);
  EXPECT_EQ(encode(encoder, picture, options), expected)
      << cwebp(options) << " of " << picture.width() << "x" << picture.height();
}

TEST(WebpEncoder, WritesTheBytesOfCwebpForEachQualityAndMethod) {
  MPQ_REQUIRE_TOOL("cwebp", "webp");
  Encoder encoder;
  for (const auto& [width, height] : test::odd_sizes)
    for (const float quality : {0.0F, 5.0F, 37.5F, 75.0F, 100.0F})
      for (const int method : {0, 2, 4, 6})
        for (const bool lossless : {false, true})
          expect_bytes_of_cwebp(encoder, synthetic(PixelFormat::rgb24, width, height),
                                {.quality = quality, .method = method, .lossless = lossless});
}

TEST(WebpEncoder, WritesTheBytesOfCwebpForEachPreset) {
  MPQ_REQUIRE_TOOL("cwebp", "webp");
  Encoder encoder;
  for (const auto preset :
       {Preset::default_, Preset::picture, Preset::photo, Preset::drawing, Preset::icon, Preset::text})
    for (const float quality : {0.0F, 50.0F, 90.0F})
      expect_bytes_of_cwebp(encoder, synthetic(PixelFormat::rgb24, 65, 47),
                            {.quality = quality, .preset = preset});
}

TEST(WebpEncoder, WritesTheBytesOfCwebpForAlphaThatIsUsedOrNot) {
  MPQ_REQUIRE_TOOL("cwebp", "webp");
  Encoder encoder;
  for (const auto& [width, height] : test::odd_sizes)
    for (const bool opaque : {false, true})
      for (const bool lossless : {false, true})
        for (const bool exact : {false, true})
          for (const int alpha_quality : {100, 40})
            expect_bytes_of_cwebp(
                encoder, test::with_alpha(width, height, opaque),
                {.quality = 60, .lossless = lossless, .alpha_quality = alpha_quality, .exact = exact});
}

TEST(WebpEncoder, WritesTheBytesOfCwebpForGray) {
  MPQ_REQUIRE_TOOL("cwebp", "webp");
  Encoder encoder;
  for (const auto& [width, height] : test::odd_sizes)
    for (const bool lossless : {false, true})
      expect_bytes_of_cwebp(encoder, synthetic(PixelFormat::gray8, width, height),
                            {.quality = 50, .lossless = lossless});
}

TEST(WebpEncoder, WritesTheBytesOfCwebpForNearLossless) {
  MPQ_REQUIRE_TOOL("cwebp", "webp");
  Encoder encoder;
  for (const int level : {0, 40, 80})
    expect_bytes_of_cwebp(encoder, synthetic(PixelFormat::rgb24, 65, 47),
                          {.quality = 50, .lossless = true, .near_lossless = level});
}

TEST(WebpEncoder, WritesTheBytesOfCwebpForPlanes) {
  MPQ_REQUIRE_TOOL("cwebp", "webp");
  Encoder encoder;
  for (const auto& [width, height] : test::odd_sizes)
    for (const bool lossless : {false, true}) {
      const EncoderOptions options{.quality = 20, .lossless = lossless};
      const Picture planes = synthetic(PixelFormat::i420, width, height);
      const test::TemporaryFolder folder;
      test::write_file(folder / "in", planes.pixels());
      const std::string size = " -s " + std::to_string(width) + " " + std::to_string(height);
      EXPECT_EQ(encode(encoder, planes, options), test::run_tool(cwebp(options, size), folder)) << size;
    }
}

TEST(WebpEncoder, ReadsOnlyTheRowsOfAPaddedPicture) {
  Encoder encoder;
  for (const auto format : {PixelFormat::rgb24, PixelFormat::rgba32, PixelFormat::gray8, PixelFormat::i420}) {
    const auto expected = encode(encoder, synthetic(format, 37, 23), {.quality = 50});
    EXPECT_EQ(encode(encoder, synthetic(format, 37, 23, 11), {.quality = 50}), expected);
  }
}

TEST(WebpEncoder, TakesChromaPlanesOfDifferentStrides) {
  Encoder encoder;
  const Picture planes = synthetic(PixelFormat::i420, 37, 23),
                padded = synthetic(PixelFormat::i420, 37, 23, 4);
  ImageView mixed = planes.view();
  mixed.planes[2] = padded.view().planes[2];
  const auto expected = encode(encoder, planes, {});
  const auto bytes = encoder.encode(mixed, {}).bytes;
  EXPECT_EQ(std::vector(bytes.begin(), bytes.end()), expected);
}

TEST(WebpEncoder, ForgetsTheOptionsOfThePreviousPicture) {
  const Picture picture = synthetic(PixelFormat::rgb24, 40, 40);
  Encoder fresh, used;
  encode(used, picture, {.quality = 90, .method = 0, .preset = Preset::text, .lossless = true});
  EXPECT_EQ(encode(used, picture, {}), encode(fresh, picture, {}));
}

TEST(WebpEncoder, CountsThePayloadOfItsImageChunks) {
  Encoder encoder;
  const auto simple = encoder.encode(synthetic(PixelFormat::rgb24, 20, 20).view(), {});
  const std::size_t padding = simple.entropy_coded_bytes % 2;
  EXPECT_EQ(simple.entropy_coded_bytes + padding, simple.bytes.size() - 20);  // RIFF size WEBP, VP8 size
  const auto alpha = encoder.encode(test::with_alpha(20, 20, false).view(), {});
  EXPECT_LE(alpha.entropy_coded_bytes,
            alpha.bytes.size() - 12 - 18 - 8 - 8);  // RIFF, VP8X, heads of ALPH, VP8
  EXPECT_GE(alpha.entropy_coded_bytes + 2, alpha.bytes.size() - 12 - 18 - 8 - 8);
}

TEST(WebpEncoder, RefusesSettingsAndPicturesItCannotCode) {
  Encoder encoder;
  const Picture rgb = synthetic(PixelFormat::rgb24, 8, 8), y444 = synthetic(PixelFormat::y444, 8, 8);
  for (const EncoderOptions& bad :
       {EncoderOptions{.quality = -1}, EncoderOptions{.quality = 101},
        EncoderOptions{.quality = std::nanf("")}, EncoderOptions{.method = 7},
        EncoderOptions{.near_lossless = -1}, EncoderOptions{.alpha_quality = 101}})
    EXPECT_EQ(code_of([&] { encoder.encode(rgb.view(), bad); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { encoder.encode(y444.view(), {}); }), ErrorCode::invalid_argument);
  ImageView missing = rgb.view();
  missing.planes[0].data = nullptr;
  EXPECT_EQ(code_of([&] { encoder.encode(missing, {}); }), ErrorCode::invalid_argument);
  const Picture wide(PixelFormat::gray8, max_dimension + 1, 1);
  EXPECT_EQ(code_of([&] { encoder.encode(wide.view(), {}); }), ErrorCode::unsupported);
}

}  // namespace
}  // namespace mpq::webp
