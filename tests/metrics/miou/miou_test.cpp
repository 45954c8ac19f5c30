// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/miou/miou.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/error.h"

namespace mpq::miou {
namespace {

using Bytes = std::vector<std::uint8_t>;

LabelMap map_of(int width, const Bytes& bytes, Coding coding = Coding::index8) {
  const int pixel = coding == Coding::index8 ? 1 : coding == Coding::index16 ? 2 : 3;
  const int row = width * pixel;
  return {coding, width, static_cast<int>(bytes.size()) / row, bytes.data(), row};
}

const Bytes truth_a{0, 0, 1, 1, 2, 255}, prediction_a{0, 1, 1, 1, 0, 0};
const Bytes truth_b{2, 2}, prediction_b{2, 0};

// Of five pixels that count, class 0 has truth 2, prediction 2, both 1: 1 / 3. Class 1: 2, 3, 2: 2 / 3. Class
// 2: 1, 0, 0: 0.
TEST(Miou, OfAnImageIsHandArithmetics) {
  const Counts counts = compare(map_of(3, truth_a), map_of(3, prediction_a), {});
  ASSERT_EQ(counts.classes.size(), 3U);
  EXPECT_DOUBLE_EQ(counts.classes.at(0).iou(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(counts.classes.at(1).iou(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(counts.classes.at(2).iou(), 0);
  EXPECT_DOUBLE_EQ(counts.mean_iou(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(counts.pixel_accuracy(), 3.0 / 5);
}

// Image b: class 2 has truth 2, prediction 1, both 1: 1 / 2; class 0, which the prediction alone has, 0; mean
// 1 / 4. Both images: class 0 2, 3, 1: 1 / 4; class 1 2 / 3; class 2 3, 1, 1: 1 / 3; mean 5 / 12. The mean of
// the images' 1 / 3 and 1 / 4 is 7 / 24: another measure.
TEST(Miou, OfADataSetPoolsPixelsNotImages) {
  Pool pool;
  pool.add(compare(map_of(3, truth_a), map_of(3, prediction_a), {}));
  pool.add(compare(map_of(2, truth_b), map_of(2, prediction_b), {}));
  EXPECT_DOUBLE_EQ(pool.all().mean_iou(), 5.0 / 12);
  EXPECT_DOUBLE_EQ(pool.all().pixel_accuracy(), 4.0 / 7);
  EXPECT_DOUBLE_EQ(pool.per_image_mean_iou(), 7.0 / 24);
  const Bytes ignored(2, 255);
  pool.add(compare(map_of(2, ignored), map_of(2, prediction_b), {}));
  EXPECT_DOUBLE_EQ(pool.per_image_mean_iou(), 7.0 / 24);
}

TEST(Miou, OfNothingIsNotANumber) {
  EXPECT_TRUE(std::isnan(Pool().all().mean_iou()));
  EXPECT_TRUE(std::isnan(Pool().all().pixel_accuracy()));
  EXPECT_TRUE(std::isnan(Pool().per_image_mean_iou()));
}

TEST(Miou, TheIgnoredValueIsTheStoredOne) {
  const Options none{.ignore = std::nullopt}, two{.ignore = 2};
  EXPECT_EQ(compare(map_of(3, truth_a), map_of(3, prediction_a), none).pixels, 6U);
  EXPECT_EQ(compare(map_of(3, truth_a), map_of(3, prediction_a), two).pixels, 5U);
  const Bytes truth{0, 1, 2, 255}, prediction{9, 0, 1, 7};
  const Counts reduced = compare(map_of(4, truth), map_of(4, prediction), {.reduce_zero_label = true});
  EXPECT_EQ(reduced.pixels, 2U);
  EXPECT_DOUBLE_EQ(reduced.mean_iou(), 1);
  EXPECT_EQ(reduced.classes.size(), 2U);
}

TEST(Miou, CodingsAreReadAlike) {
  const Bytes index16{44, 1, 1, 0};                    // 300, 1
  const Bytes ade20k{10, 44, 99, 19, 44, 7, 9, 1, 0};  // 1 * 256 + 44 = 300 twice, 0 * 256 + 1
  const Bytes index8{44, 1};
  EXPECT_EQ(ade20k_class(255, 255), 25 * 256 + 255);
  const Bytes two(ade20k.begin() + 3, ade20k.end());
  EXPECT_DOUBLE_EQ(
      compare(map_of(2, index16, Coding::index16), map_of(2, two, Coding::ade20k), {}).mean_iou(), 1);
  EXPECT_DOUBLE_EQ(compare(map_of(2, index16, Coding::index16), map_of(2, index8), {}).pixel_accuracy(), 0.5);
}

TEST(Miou, SizesDifferOnlyWhereThatIsAskedFor) {
  const Bytes truth{5, 5, 6, 6}, prediction{5, 6};
  EXPECT_THROW(compare(map_of(4, truth), map_of(2, prediction), {}), Error);
  const Options resize{.resize_prediction = true};
  EXPECT_DOUBLE_EQ(compare(map_of(4, truth), map_of(2, prediction), resize).mean_iou(), 1);
  // Of three pixels the middles of two lie in the first and the last: 0.75 and 2.25.
  const Bytes small{7, 8}, wide{7, 9, 8};
  EXPECT_DOUBLE_EQ(compare(map_of(2, small), map_of(3, wide), resize).mean_iou(), 1);
  EXPECT_DOUBLE_EQ(compare(map_of(1, small), map_of(1, wide), resize).mean_iou(), 1);
  EXPECT_THROW(compare(map_of(4, truth), {}, resize), Error);
}

}  // namespace
}  // namespace mpq::miou
