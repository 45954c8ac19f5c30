// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pooling of frames; every expected value by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "metrics/psnr/psnr.h"

namespace mpq::psnr {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double decibels(double ratio) {
  return 10 * std::log10(ratio);
}

void add(Pool& pool, const SquaredErrors& errors, int components, double peak = 255) {
  pool.add(score(errors, components, peak), errors);
}

TEST(PsnrScore, TakesTheErrorOverAllSamples) {
  const FrameScore frame = score({{{8, 4}, {2, 1}, {0, 5}}}, 3, 10);
  EXPECT_DOUBLE_EQ(frame.mse, 1);
  EXPECT_DOUBLE_EQ(frame.psnr, 20);
  EXPECT_DOUBLE_EQ(frame.component_psnr[0], decibels(100 / 2.0));
  EXPECT_EQ(frame.component_psnr[2], infinity);
  EXPECT_FALSE(frame.identical);
}

TEST(PsnrScore, LeavesFurtherComponentsUndefined) {
  const FrameScore frame = score({{{8, 4}, {1, 1}, {1, 1}}}, 1, 10);
  EXPECT_DOUBLE_EQ(frame.mse, 2);
  EXPECT_TRUE(std::isnan(frame.component_psnr[1]));
  EXPECT_TRUE(std::isnan(frame.component_mse[2]));
}

TEST(PsnrScore, RefusesWrongArguments) {
  EXPECT_THROW(score({}, 4, 255), Error);
  EXPECT_THROW(score({}, -1, 255), Error);
  EXPECT_THROW(score({}, 1, 0), Error);
}

TEST(PsnrDb, CoversItsRange) {
  EXPECT_EQ(psnr_db(0, 255), infinity);
  EXPECT_EQ(psnr_db(255 * 255, 255), 0);
  EXPECT_DOUBLE_EQ(psnr_db(0.01, 1), 20);
  EXPECT_TRUE(std::isnan(psnr_db(std::nan(""), 1)));
}

TEST(PsnrPool, GivesMeanOfFramesAndValueOfTheMeanError) {
  Pool pool;
  add(pool, {{{100, 100}}}, 1, 10);   // MSE 1: 20 dB
  add(pool, {{{1000, 100}}}, 1, 10);  // MSE 10: 10 dB
  const PooledScores pooled = pool.pooled();
  EXPECT_EQ(pooled.frames, 2u);
  EXPECT_DOUBLE_EQ(pooled.all.mean_psnr, 15);
  EXPECT_DOUBLE_EQ(pooled.all.mse, 5.5);
  EXPECT_DOUBLE_EQ(pooled.all.psnr_of_mse, decibels(100 / 5.5));
}

TEST(PsnrPool, CountsIdenticalFramesApart) {
  Pool pool;
  add(pool, {{{0, 100}}}, 1, 10);
  EXPECT_EQ(pool.pooled().all.mean_psnr, infinity);
  add(pool, {{{100, 100}}}, 1, 10);
  const PooledScore all = pool.pooled().all;
  EXPECT_EQ(all.identical_frames, 1u);
  EXPECT_DOUBLE_EQ(all.mean_psnr, 20);
  EXPECT_DOUBLE_EQ(all.mse, 0.5);
}

TEST(PsnrPool, PoolsComponentsOnTheirOwn) {
  Pool pool;
  add(pool, {{{400, 100}, {0, 50}, {50, 50}}}, 3, 10);
  add(pool, {{{400, 100}, {50, 50}, {150, 50}}}, 3, 10);
  const PooledScores pooled = pool.pooled();
  EXPECT_EQ(pooled.components, 3);
  EXPECT_EQ(pooled.component[1].identical_frames, 1u);
  EXPECT_DOUBLE_EQ(pooled.component[1].mean_psnr, 20);
  EXPECT_DOUBLE_EQ(pooled.component[1].mse, 0.5);
  EXPECT_DOUBLE_EQ(pooled.component[2].mean_psnr, (20 + decibels(100 / 3.0)) / 2);
  EXPECT_EQ(pooled.all.identical_frames, 0u);
}

TEST(PsnrPool, WeighsFramesOfDifferentSizeBySamples) {
  Pool pool;
  add(pool, {{{300, 300}}}, 1, 10);
  add(pool, {{{500, 100}}}, 1, 10);
  EXPECT_DOUBLE_EQ(pool.pooled().all.mse, 2);
}

TEST(PsnrPool, RescalesWhenThePeakChanges) {
  Pool pool;
  add(pool, {{{100, 100}}}, 1, 10);
  add(pool, {{{40000, 100}}}, 1, 100);  // the first frame's MSE is 100 at this peak
  EXPECT_DOUBLE_EQ(pool.pooled().all.mse, 250);
  EXPECT_DOUBLE_EQ(pool.pooled().all.psnr_of_mse, decibels(1e4 / 250));
  EXPECT_DOUBLE_EQ(pool.pooled().component[0].mse, 250);
}

TEST(PsnrPool, LeavesOutFramesWithoutComparableSamples) {
  Pool pool;
  add(pool, {{{0, 0, 7}}}, 1, 1);
  EXPECT_EQ(pool.pooled().frames, 1u);
  EXPECT_EQ(pool.pooled().non_finite, 7u);
  EXPECT_TRUE(std::isnan(pool.pooled().all.mean_psnr));
  add(pool, {{{1, 100}}}, 1, 1);
  EXPECT_DOUBLE_EQ(pool.pooled().all.mean_psnr, 20);
}

TEST(PsnrPool, OfNothingIsNotANumber) {
  const PooledScores pooled = Pool().pooled();
  EXPECT_EQ(pooled.frames, 0u);
  EXPECT_TRUE(std::isnan(pooled.all.mean_psnr));
  EXPECT_TRUE(std::isnan(pooled.all.psnr_of_mse));
}

}  // namespace
}  // namespace mpq::psnr
