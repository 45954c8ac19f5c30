// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Curves and delta rates of tests/benchmarks/bd_rate_test.py: of the package bjontegaard 1.3.0.
#include "train/bd_rate.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mpq::test {
namespace {

using Curve = std::vector<train::Score>;
using train::bd_rate;

const Curve jpeg{{0.1853, 21.6115}, {0.2268, 23.6840}, {0.2930, 25.7430}, {0.3784, 27.1922},
                 {0.4946, 28.6623}, {0.6258, 29.8804}, {0.7722, 30.9772}, {0.9412, 32.0325}};
const Curve webp{{0.1078, 25.4988}, {0.2022, 27.5602}, {0.2689, 28.5427}, {0.3463, 29.5101},
                 {0.4525, 30.6305}, {0.6097, 32.1066}, {0.7569, 33.2606}, {0.9241, 34.3938}};
const Curve flat{{0.2139, 25.5183}, {0.2817, 26.4437}, {0.3699, 27.2102},
                 {0.4691, 27.7199}, {0.5893, 28.0628}, {0.7303, 28.2799}};
const Curve falling{{0.1, 25.0}, {0.3, 27.0}, {0.28, 28.0}, {0.5, 30.0}, {1.5, 30.2}};
const Curve two{{0.1, 25.0}, {0.4, 31.0}};
const Curve video{{9487.76, 40.037}, {4593.60, 38.615}, {2486.44, 36.845}, {1358.24, 34.851}};
const Curve other_video{{9787.80, 40.121}, {4469.00, 38.651}, {2451.52, 36.970}, {1356.24, 34.987}};

TEST(BdRate, IsWhatOthersCompute) {
  const auto expect = [](const Curve& anchor, const Curve& other, double expected) {
    EXPECT_NEAR(bd_rate(anchor, other).value(), expected, 1e-10);
  };
  expect(webp, jpeg, 85.51262793057104);
  expect(webp, flat, 108.37435579945986);
  expect(jpeg, flat, -3.928561798792518);
  expect(video, other_video, -4.417485350589045);
  expect(webp, falling, 38.749584472212106);
  expect(webp, two, -12.133346177790994);
  expect(two, jpeg, 120.85362052214256);
}

TEST(BdRate, IsNoneWhereThereIsNothingToCompare) {
  Curve better = webp, twice = jpeg;
  for (train::Score& score : better) score.psnr += 10;
  twice.push_back({3, 25.7430});
  EXPECT_FALSE(bd_rate(webp, better));
  EXPECT_FALSE(bd_rate(webp, twice));
  EXPECT_FALSE(bd_rate({}, webp));
  EXPECT_FALSE(bd_rate(webp, {webp.front(), {0.1, INFINITY}}));
}

}  // namespace
}  // namespace mpq::test
