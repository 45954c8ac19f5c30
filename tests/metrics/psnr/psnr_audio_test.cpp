// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "metrics/psnr/psnr.h"

namespace mpq::psnr {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <class Sample>
SquaredError error_of(AudioKind kind, const std::vector<Sample>& a, const std::vector<Sample>& b) {
  return squared_error(kind, a.data(), b.data(), a.size());
}

TEST(AudioPsnr, ScalesIntegersToFullScaleOne) {
  const std::vector<std::int16_t> a{0, 0, -32768}, b{16384, 0, 32767};
  const SquaredError error = error_of(AudioKind::s16, a, b);
  EXPECT_EQ(error.sum, 0.25 + std::pow(65535.0 / 32768, 2));
  EXPECT_EQ(error.samples, 3u);
}

TEST(AudioPsnr, IsSixDecibelsForHalfOfFullScale) {
  const SquaredError error = error_of<float>(AudioKind::f32, {0, 0.5f}, {0.5f, 0});
  EXPECT_DOUBLE_EQ(score({error}, 1, audio_peak).psnr, 20 * std::log10(2.0));
}

TEST(AudioPsnr, GivesTheSameValueForEveryKind) {
  std::vector<std::int16_t> s16a, s16b;
  std::vector<float> f32a, f32b;
  std::vector<double> f64a, f64b;
  for (int i = 0; i < 1003; ++i) {
    s16a.push_back(static_cast<std::int16_t>(i * 31));
    s16b.push_back(static_cast<std::int16_t>(-i * 29));
    f32a.push_back(static_cast<float>(f64a.emplace_back(s16a.back() / 32768.0)));
    f32b.push_back(static_cast<float>(f64b.emplace_back(s16b.back() / 32768.0)));
  }
  const double expected = error_of(AudioKind::s16, s16a, s16b).sum;
  EXPECT_GT(expected, 100);
  EXPECT_DOUBLE_EQ(error_of(AudioKind::f32, f32a, f32b).sum, expected);
  EXPECT_DOUBLE_EQ(error_of(AudioKind::f64, f64a, f64b).sum, expected);
}

TEST(AudioPsnr, CountsPairsThatAreNotFiniteApart) {
  const std::vector<double> a{nan, infinity, infinity, 1e200, 0.5, 0},
      b{0, 0, infinity, -1e200, 0, -infinity};
  const SquaredError f64 = error_of(AudioKind::f64, a, b);
  EXPECT_EQ(f64.sum, 0.25);
  EXPECT_EQ(f64.samples, 1u);
  EXPECT_EQ(f64.non_finite, 5u);
  std::vector<float> c(100, 0.0f), d(100, 0.0f);
  c[3] = c[99] = static_cast<float>(nan);
  const SquaredError f32 = error_of(AudioKind::f32, c, d);
  EXPECT_EQ(f32.samples, 98u);
  EXPECT_EQ(f32.non_finite, 2u);
}

TEST(AudioPsnr, OfIdenticalSamplesWithNanIsNotCalledIdentical) {
  const std::vector<float> a{1, static_cast<float>(nan)};
  const FrameScore frame = score({error_of(AudioKind::f32, a, a)}, 1, audio_peak);
  EXPECT_FALSE(frame.identical);
  EXPECT_EQ(frame.non_finite, 1u);
}

TEST(AudioPsnr, OfNothingIsNotANumber) {
  const FrameScore frame = score({squared_error(AudioKind::s16, nullptr, nullptr, 0)}, 1, audio_peak);
  EXPECT_TRUE(std::isnan(frame.psnr));
  EXPECT_TRUE(std::isnan(frame.mse));
  EXPECT_FALSE(frame.identical);
}

TEST(AudioPsnr, NeedsNoAlignment) {
  std::vector<char> a(1 + 8 * 50, 0), b(1 + 8 * 50, 1);
  for (const AudioKind kind : {AudioKind::s16, AudioKind::f32, AudioKind::f64}) {
    EXPECT_EQ(squared_error(kind, a.data() + 1, b.data() + 1, 50).samples, 50u);
  }
}

}  // namespace
}  // namespace mpq::psnr
