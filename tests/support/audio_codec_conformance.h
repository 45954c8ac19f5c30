// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What every audio codec's pair of elements must do. A codec's test lists audio_codec_conformance.cpp among
// its sources and says:
//
//   INSTANTIATE_TEST_SUITE_P(Opus, AudioCodecConformance, testing::Values(AudioCodec{...}));
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace mpq::test {

/// One codec.
struct AudioCodec {
  std::string encoder;     ///< as in a launch line, at a bit rate that keeps the test signal recognizable
  std::string decoder;     ///< likewise
  std::vector<int> rates;  ///< Hz, that it codes without resampling; the tests not about rates use the first
  int max_channels = 2;    ///< of `encoder`'s bit rate
  double correlation = 0.95;  ///< that a decoded channel of the test signal keeps with the original
};

inline void PrintTo(const AudioCodec& codec, std::ostream* out) {
  *out << codec.encoder;
}

class AudioCodecConformance : public testing::TestWithParam<AudioCodec> {
 protected:
  std::string round_trip() const { return GetParam().encoder + " ! " + GetParam().decoder; }
  int rate() const { return GetParam().rates.front(); }
};

}  // namespace mpq::test
