// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a decoder of the mpq stream gets: a made-up one, that paints a picture of a frame's size in one gray,
// behind mpqparse, picked by decodebin, and on a stream that nothing has parsed.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "gst/video_decoder.h"
#include "made_frames.h"
#include "tests/support/video_pipeline.h"

namespace mpq::gst {
namespace {

class GrayCodec {
 public:
  ImageHeader read_header(std::span<const std::uint8_t> bytes) {
    const auto shape = stream::read(bytes).header.shape;
    return {.width = static_cast<int>(shape[1]),
            .height = static_cast<int>(shape[0]),
            .formats = {PixelFormat::gray8},
            .has_alpha = false};
  }
  DecodedImageInfo decode(std::span<const std::uint8_t> bytes, const MutableImageView& target) {
    const auto gray = static_cast<std::uint8_t>(stream::read(bytes).header.latents_crc);
    for (int y = 0; y < target.height; ++y)
      std::fill_n(target.planes[0].data + y * target.planes[0].stride, target.width, gray);
    return {};
  }
};

class GrayDec final : public ImageDecoder<GrayCodec, stream::FrameScanner> {
 public:
  std::size_t find_start(Bytes bytes) override { return stream::find_start(bytes); }
  GstVideoColorimetry yuv_colorimetry() const override { return bt601_colorimetry(); }
};

const ElementInfo info{
    .type_name = "MpqTestGrayDec",
    .long_name = "Decoder of grays",
    .klass = "Codec/Decoder/Video",
    .description = "Paints pictures of the right size",
    .pads = {sink_pad("video/x-mpq, codec=(string){ mbt2018, mbt2018-mean, bmshj2018-hyperprior }"),
             src_pad("video/x-raw, format=GRAY8, width=[ 1, 65535 ], height=[ 1, 65535 ], "
                     "framerate=(fraction)[ 0, max ]")},
    .properties = {max_pixels_property()},
    .create = [] { return std::make_unique<GrayDec>(); },
};

}  // namespace
}  // namespace mpq::gst

namespace mpq::test {
namespace {

class MpqStreamDecoding : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    gst_element_register(nullptr, "mpqtestgraydec", GST_RANK_PRIMARY + 1,
                         gst::register_type(gst::VideoDecoder::kind(), gst::info));
  }

  void SetUp() override {
    const gst::CharPtr folder(g_dir_make_tmp("mpq-decoding-XXXXXX", nullptr));
    folder_ = folder.get();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Size and gray of each picture that comes out.
  std::vector<std::string> decode(const Data& bytes, const std::string& elements) const {
    const auto path = folder_ / "stream.dat";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    Pipeline pipeline("filesrc location=" + path.string() + " ! " + elements +
                      " ! appsink name=out sync=false");
    EXPECT_TRUE(pipeline.run()) << pipeline.error();
    std::vector<std::string> pictures;
    if (!pipeline.error().empty()) return pictures;
    for (const Received& picture : pipeline.pull_all())
      pictures.push_back(caps_field(picture.caps, "width") + 'x' + caps_field(picture.caps, "height") + ' ' +
                         std::to_string(picture.bytes.at(0)));
    return pictures;
  }

  std::filesystem::path folder_;
};

const Data first = picture_frame(900, 1, 32, 24), second = picture_frame(1200, 2, 16, 8),
           third = picture_frame(0, 3, 8, 64, stream::Codec::bmshj2018_hyperprior);
const std::vector<std::string> pictures{"32x24 1", "16x8 2", "8x64 3"};

TEST_F(MpqStreamDecoding, WorksBehindTheParser) {
  EXPECT_EQ(decode(join({first, second, third}), "mpqparse ! mpqtestgraydec"), pictures);
}

TEST_F(MpqStreamDecoding, IsPluggedByDecodebinWhateverTheName) {
  EXPECT_EQ(decode(join({first, second, third}), "decodebin"), pictures);
}

TEST_F(MpqStreamDecoding, WorksWithoutAParser) {
  EXPECT_EQ(decode(join({first, second, third}), "video/x-mpq,codec=mbt2018 ! mpqtestgraydec"), pictures);
}

TEST_F(MpqStreamDecoding, GoesOnBehindDamage) {
  Data damaged = first;
  damaged[600] ^= 1;
  for (const std::string elements :
       {"mpqparse ! mpqtestgraydec", "decodebin", "video/x-mpq,codec=mbt2018 ! mpqtestgraydec"})
    EXPECT_EQ(decode(join({first, damaged, noise(10, 3), second, third}), elements), pictures) << elements;
}

}  // namespace
}  // namespace mpq::test
