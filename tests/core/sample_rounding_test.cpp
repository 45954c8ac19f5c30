// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/sample_rounding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace mpq {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

TEST(SampleRounding, RoundsToNearestAndSaturatesAtEachPlace) {
  const std::vector<std::pair<float, int>> cases{
      {0, 0},        {0.5f / 32768, 0}, {1.5f / 32768, 2}, {-0.5f / 32768, 0}, {-2.5f / 32768, -2},
      {0.25f, 8192}, {1, 32767},        {-1, -32768},      {1.5f, 32767},      {-7, -32768},
      {1e9f, 32767}, {-1e9f, -32768},   {infinity, 32767}, {-infinity, -32768}};
  for (std::size_t count = 1; count <= 37; ++count) {  // in vectors, and what is left behind them
    for (const auto& [sample, expected] : cases) {
      for (std::size_t at = 0; at < count; ++at) {
        std::vector<float> samples(count, 0.125f);
        samples[at] = sample;
        std::vector<std::int16_t> rounded(count + 1, 77);
        round_to_s16(samples.data(), count, rounded.data());
        for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(rounded[i], i == at ? expected : 4096) << sample;
        EXPECT_EQ(rounded[count], 77);
      }
    }
  }
}

TEST(SampleRounding, FindsTheOneSampleThatIsAboveFullScale) {
  const float above = std::nextafter(1.0f, 2.0f);
  for (std::size_t count = 1; count <= 37; ++count) {
    std::vector<float> samples(count, -1);
    EXPECT_TRUE(within_full_scale(samples.data(), count));
    for (std::size_t at = 0; at < count; ++at) {
      for (const float sample : {above, -above, infinity}) {
        samples[at] = sample;
        EXPECT_FALSE(within_full_scale(samples.data(), count)) << at << " of " << count;
      }
      samples[at] = 1;
    }
  }
}

}  // namespace
}  // namespace mpq
