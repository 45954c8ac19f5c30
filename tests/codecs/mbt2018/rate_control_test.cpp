// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The rate control beside scenes whose sizes follow a law that it does not know.
#include "codecs/mbt2018/rate_control.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

namespace mpq::mbt2018 {
namespace {

constexpr int highest = 1280;
constexpr double pixels = 640 * 480, seconds = 1.0 / 25;

/// Bits of a frame: least bits a pixel at quality 0, `range` times as much at the highest, and bent between.
struct Scene {
  double least = 0.06, range = 10, bend = 0, noise = 0;

  double bits(int quality, int frame) const {
    const double x = static_cast<double>(quality) / highest;
    return pixels * least *
           std::exp(std::log(range) * (x + bend * x * (1 - x)) + noise * std::sin(frame * 2.4));
  }
};

/// Codes frames, each known `late` frames after it was chosen for.
class Stream {
 public:
  explicit Stream(int late) : late_(static_cast<std::size_t>(late)) {}

  void run(const Scene& scene, double rate, int frames, double frame_seconds = seconds) {
    for (int i = 0; i < frames; ++i) {
      qualities.push_back(control_.choose({rate, frame_seconds, pixels}));
      sizes.push_back(scene.bits(qualities.back(), static_cast<int>(sizes.size())));
      durations.push_back(frame_seconds);
      if (sizes.size() > late_) control_.coded(sizes[sizes.size() - 1 - late_]);
    }
  }

  /// Bits a second of the last frames.
  double rate(int frames) const {
    double bits = 0, time = 0;
    for (std::size_t i = sizes.size() - static_cast<std::size_t>(frames); i < sizes.size(); ++i) {
      bits += sizes[i];
      time += durations[i];
    }
    return bits / time;
  }

  std::vector<int> qualities;
  std::vector<double> sizes, durations;

 private:
  RateControl control_{highest};
  std::size_t late_;
};

class RateControlOf : public testing::TestWithParam<int> {};  // frames until a size is known

TEST_P(RateControlOf, KeepsTheRateOverAHundredFrames) {
  for (const Scene& scene : {Scene{}, Scene{0.03, 5}, Scene{0.1, 20}, Scene{0.06, 10, 0.5},
                             Scene{0.06, 10, -0.5}, Scene{0.06, 10, 0, 0.1}, Scene{0.02, 25, 0.3, 0.05}})
    for (const double share : {0.3, 0.5, 0.7}) {
      const double target = scene.bits(static_cast<int>(share * highest), 0) / seconds;
      Stream stream(GetParam());
      stream.run(scene, target, 100);
      EXPECT_NEAR(stream.rate(100) / target, 1, 0.05) << scene.least << ' ' << scene.range << ' ' << share;
      EXPECT_NEAR(stream.rate(25) / target, 1, 0.05) << scene.least << ' ' << scene.range << ' ' << share;
    }
}

TEST_P(RateControlOf, ASteadySceneHasASteadyQuality) {
  Stream stream(GetParam());
  stream.run({}, 1.5e6, 100);
  for (std::size_t i = 50; i < 100; ++i) EXPECT_NEAR(stream.qualities[i], stream.qualities[99], 10) << i;
}

TEST_P(RateControlOf, RecoversFromAnotherScene) {
  for (const double factor : {2.0, 1 / 2.0}) {
    constexpr double target = 1.45e6;  // within reach of all
    Stream stream(GetParam());
    stream.run({}, target, 50);
    stream.run({.least = 0.06 * factor}, target, 25);
    EXPECT_NEAR(stream.rate(10) / target, 1, 0.1) << factor;
    EXPECT_NEAR(stream.rate(75) / target, 1, 0.015) << factor;  // what was spent too much was saved since
    stream.run({.least = 0.06 * factor}, target, 25);
    EXPECT_NEAR(stream.rate(25) / target, 1, 0.05) << factor;
  }
}

TEST_P(RateControlOf, TakesAnotherSceneInAsSoonAsAFrameOfItIsKnown) {
  for (const double factor : {3.0, 1 / 3.0}) {
    constexpr double target = 1.45e6;
    Stream stream(GetParam());
    stream.run({}, target, 50);
    stream.run({.least = 0.06 * factor}, target, 10);
    const auto first_known = static_cast<std::size_t>(51 + GetParam());
    EXPECT_NEAR(stream.sizes[first_known] / (target * seconds), 1, 0.2) << factor;
  }
}

TEST_P(RateControlOf, FollowsARateThatChanges) {
  Stream stream(GetParam());
  for (const double target : {1e6, 3e6, 0.6e6}) {
    stream.run({}, target, 50);
    EXPECT_NEAR(stream.rate(25) / target, 1, 0.05) << target;
  }
}

TEST_P(RateControlOf, CountsTimeAndNotFrames) {
  Stream stream(GetParam());
  for (const double duration : {1.0 / 10, 1.0 / 50, 1.0 / 25}) {
    stream.run({}, 1.5e6, 50, duration);
    EXPECT_NEAR(stream.rate(25) / 1.5e6, 1, 0.05) << duration;
  }
}

// Where a frame pays all that was spent too much at once, no debt may be paid twice.
TEST_P(RateControlOf, SettlesWhereAFrameLastsASecond) {
  Stream stream(GetParam());
  stream.run({}, 1e5, 20, 1);
  stream.run({.least = 0.12}, 1e5, 20, 1);
  for (std::size_t i = 30; i < 40; ++i) EXPECT_NEAR(stream.sizes[i] / 1e5, 1, 0.02) << i;
}

TEST_P(RateControlOf, LearnsHowSizesFollowTheQuality) {
  for (const double range : {4.0, 30.0}) {
    const Scene scene{.least = 0.06, .range = range};
    const double low = scene.bits(highest / 5, 0) / seconds, high = scene.bits(highest * 4 / 5, 0) / seconds;
    Stream stream(GetParam());
    for (const double target : {low, high, low, high, low, high}) {
      stream.run(scene, target, 25);
      if (stream.sizes.size() <= 75) continue;
      EXPECT_NEAR(stream.sizes[stream.sizes.size() - 25] / (target * seconds), 1, 0.1) << range;
    }
  }
}

TEST_P(RateControlOf, OutOfReachItGoesToTheEndAndForgetsInTwoSeconds) {
  for (const auto& [rate, end] : {std::pair{1e4, 0}, {1e9, highest}}) {
    Stream stream(GetParam());
    stream.run({}, rate, 200);
    EXPECT_EQ(stream.qualities.back(), end);
    stream.run({}, 2e6, 75);
    EXPECT_NEAR(stream.rate(25) / 2e6, 1, 0.05) << rate;
  }
}

INSTANTIATE_TEST_SUITE_P(FramesLate, RateControlOf, testing::Values(0, 1));

TEST(RateControl, SizesWithoutAFrameAndOfNothingDoNoHarm) {
  RateControl control(highest);
  control.coded(1e9);
  const int first = control.choose({1e6, seconds, pixels});
  EXPECT_GE(first, 0);
  control.coded(0);
  const int second = control.choose({1e6, seconds, pixels});
  EXPECT_TRUE(second >= 0 && second <= highest) << second;
}

}  // namespace
}  // namespace mpq::mbt2018
