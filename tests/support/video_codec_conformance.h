// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What every pair of image codec elements must do. A codec's test lists video_codec_conformance (a variable
// of tests/support/meson.build) among its sources and says:
//
//   INSTANTIATE_TEST_SUITE_P(Jpeg, VideoCodecConformance, testing::Values(VideoCodec{...}));
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/pictures.h"
#include "tests/support/pipeline.h"

namespace mpq::test {

/// One codec.
struct VideoCodec {
  using Coded = std::vector<std::uint8_t>;

  std::string encoder;  ///< as in a launch line, at a quality that keeps a smooth picture
  std::string decoder;  ///< likewise
  std::string caps;     ///< of the coded pictures: "image/jpeg"
  double psnr = 0;      ///< dB that a smooth picture keeps at least, whatever raw formats it goes through

  std::map<std::string, std::string> options = {};  ///< that `encoder` needs for an input format: "Y444"
  std::vector<std::string> outputs;  ///< formats that the decoder gives for RGB input, the default first

  /// The library's own encoder at the settings of `encoder`.
  std::function<Coded(const Picture&)> encode;
  /// A picture whose header claims more than 100 million pixels, made from a good one.
  std::function<Coded(Coded)> make_huge;
  /// The beginning of a picture whose end does not come within a megabyte, made from a good one.
  std::function<Coded(Coded)> make_endless;

  std::string stock_encoder, stock_decoder;  ///< GStreamer's own, which must understand ours and we theirs
  std::vector<std::string> carriers = {};    ///< what coded pictures survive: "rtpjpegpay ! rtpjpegdepay"
  std::vector<std::pair<std::string, std::string>> files =
      {};  ///< muxers and demuxers: {"avimux", "avidemux"}
};

inline void PrintTo(const VideoCodec& codec, std::ostream* out) {
  *out << codec.encoder;
}

class VideoCodecConformance : public testing::TestWithParam<VideoCodec> {
 protected:
  const VideoCodec& codec() const { return GetParam(); }
  std::string round_trip() const { return codec().encoder + " ! " + codec().decoder; }

  /// `encoder` with the options that it needs for this input format.
  std::string encoder_for(const std::string& format) const {
    const auto found = codec().options.find(format);
    return found == codec().options.end() ? codec().encoder : codec().encoder + " " + found->second;
  }

  /// Encoders and decoders to combine: ours, ours with GStreamer's, GStreamer's with ours.
  std::vector<std::pair<std::string, std::string>> pairs() const;
  /// Fails the test unless the frames are these pictures, one every frame_time.
  void expect_similar(const std::vector<Received>& frames, const std::vector<Picture>& pictures) const;

  /// `count` coded pictures of 24x64, each of another shade, and what the decoder makes of each.
  std::vector<VideoCodec::Coded> coded_pictures(int count) const;
  Picture decoded(const VideoCodec::Coded& coded) const;
};

}  // namespace mpq::test
