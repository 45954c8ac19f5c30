// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpqwebpenc and mpqwebpdec in pipelines.
#include "codecs/webp/webp.h"
#include "tests/support/video_codec_conformance.h"
#include "tests/support/video_pipeline.h"

namespace mpq::test {
namespace {

using Coded = VideoCodec::Coded;

Coded webp_of(const Picture& picture) {
  webp::Encoder encoder;
  const auto bytes = encoder.encode(picture.view(), {.quality = 95}).bytes;
  return {bytes.begin(), bytes.end()};
}

/// 16383x16383, as the frame header of its VP8 data says (RFC 6386 section 9.1).
Coded huge(Coded webp) {
  for (const std::size_t at : {26U, 28U}) webp[at] = 16383 & 255, webp[at + 1] = 16383 >> 8;
  return webp;
}

/// 1 GB long, as its RIFF header says.
Coded endless(Coded webp) {
  webp[7] = 0x40;
  return webp;
}

INSTANTIATE_TEST_SUITE_P(Webp, VideoCodecConformance,
                         testing::Values(VideoCodec{.encoder = "mpqwebpenc quality=95",
                                                    .decoder = "mpqwebpdec",
                                                    .caps = "image/webp",
                                                    .psnr = 35,
                                                    .outputs = {"RGB", "I420", "RGBA"},
                                                    .encode = webp_of,
                                                    .make_huge = huge,
                                                    .make_endless = endless,
                                                    .stock_encoder = "webpenc quality=95",
                                                    .stock_decoder = "webpdec",
                                                    .carriers = {"multipartmux ! multipartdemux"}}));

TEST(MpqWebp, KeepsEveryPixelWithoutLoss) {
  for (const PixelFormat format : {PixelFormat::rgb24, PixelFormat::rgba32}) {
    const Picture picture = synthetic(format, 61, 45);  // with varying alpha
    const auto frames = run_pictures("mpqwebpenc lossless=true ! mpqwebpdec", {picture});
    EXPECT_EQ(to_picture(frames.at(0)).pixels(), picture.pixels());
  }
}

TEST(MpqWebpDec, GivesTransparencyUnlessAskedForRgb) {
  const Picture picture = synthetic(PixelFormat::rgba32, 16, 16);
  const auto coded = webp_of(picture);
  EXPECT_EQ(caps_field(run_coded("mpqwebpdec", "image/webp", {coded}).at(0).caps, "format"), "RGBA");
  const auto rgb = run_coded("mpqwebpdec ! video/x-raw,format=RGB", "image/webp", {coded});
  EXPECT_EQ(caps_field(rgb.at(0).caps, "format"), "RGB");
}

TEST(MpqWebp, KeepsLimitedRangeYuvUntouchedByColourConversions) {
  const Picture picture = synthetic(PixelFormat::i420, 61, 45);
  const auto coded = run_pictures("mpqwebpenc quality=95", {picture}, ",colorimetry=bt601");
  EXPECT_EQ(coded.at(0).bytes, webp_of(picture));
  webp::Decoder decoder;
  Picture decoded(PixelFormat::i420, 61, 45);
  decoder.decode(coded[0].bytes, decoded.mutable_view());
  const auto frames = run_coded("mpqwebpdec ! video/x-raw,format=I420", coded[0].caps, {coded[0].bytes});
  EXPECT_EQ(to_picture(frames.at(0)).pixels(), decoded.pixels());
}

}  // namespace
}  // namespace mpq::test
