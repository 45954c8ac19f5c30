// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pictures, crops and batches of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

#include "codecs/jpeg/jpeg.h"
#include "codecs/webp/webp.h"
#include "core/error.h"
#include "tests/support/tools.h"
#include "tests/train/training_pictures.h"
#include "train/loader.h"

namespace mpq::test {
namespace {

using namespace train;

Bytes ppm(const train::Picture& picture, const std::string& header_end = "255\n") {
  const std::string head = "P6\n# a comment\n" + std::to_string(picture.width) + " " +
                           std::to_string(picture.height) + "\n" + header_end;
  Bytes bytes(head.begin(), head.end());
  bytes.insert(bytes.end(), picture.rgb.begin(), picture.rgb.end());
  return bytes;
}

ErrorCode code_of(const std::function<void()>& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::internal;
}

class Reading : public testing::Test {
 protected:
  ErrorCode refusal(const Bytes& bytes) {
    write_file(folder_ / "file.ppm", bytes);
    return code_of([&] { train::read_picture(folder_ / "file.ppm"); });
  }

  TemporaryFolder folder_;
  train::Picture picture_ = training_pictures(1, 40, 30).front();
};

TEST_F(Reading, ReadsPpmJpegAndWebp) {
  write_file(folder_ / "a.ppm", ppm(picture_));
  EXPECT_EQ(train::read_picture(folder_ / "a.ppm").rgb, picture_.rgb);
  jpeg::Encoder jpeg;
  write_file(folder_ / "b.JPG", jpeg.encode(std::as_const(picture_).view(), {.quality = 90}).bytes);
  webp::Encoder webp;
  write_file(folder_ / "c.webp", webp.encode(std::as_const(picture_).view(), {.lossless = true}).bytes);
  EXPECT_EQ(train::read_picture(folder_ / "b.JPG").width, 40);
  EXPECT_EQ(train::read_picture(folder_ / "c.webp").rgb, picture_.rgb);
  EXPECT_EQ(load_pictures({folder_ / ""}, {}).pictures.size(), 3U);
}

TEST_F(Reading, RefusesWhatIsNoPicture) {
  EXPECT_EQ(refusal({}), ErrorCode::unsupported);
  EXPECT_EQ(refusal({'P', '6'}), ErrorCode::corrupt_data);
  EXPECT_EQ(refusal({'P', '6', ' ', '0', ' ', '1', ' '}), ErrorCode::corrupt_data);
  EXPECT_EQ(refusal(ppm(picture_, "65535\n")), ErrorCode::unsupported);
  Bytes cut = ppm(picture_);
  cut.pop_back();
  EXPECT_EQ(refusal(cut), ErrorCode::corrupt_data);
  const std::string huge = "P6 999999 999999 255\n";
  EXPECT_EQ(refusal(Bytes(huge.begin(), huge.end())), ErrorCode::limit_exceeded);
  EXPECT_EQ(code_of([&] { train::read_picture(folder_ / "nothing"); }), ErrorCode::io);
  jpeg::Encoder jpeg;
  const auto whole = jpeg.encode(std::as_const(picture_).view(), {.quality = 90}).bytes;
  write_file(folder_ / "cut.jpg",
             Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() * 2 / 3)));
  EXPECT_EQ(code_of([&] { train::read_picture(folder_ / "cut.jpg"); }), ErrorCode::corrupt_data);
}

TEST_F(Reading, CountsWhatItCannotUse) {
  std::filesystem::create_directories(folder_ / "in/side");
  write_file(folder_ / "in/a.ppm", ppm(picture_));
  write_file(folder_ / "in/side/b.ppm", ppm(training_pictures(1, 20, 50).front()));
  write_file(folder_ / "in/side/c.ppm", Bytes{'P', '6'});
  write_file(folder_ / "in/notes.txt", Bytes{'x'});
  const Pictures found = load_pictures({folder_ / "in", folder_ / "in/side"}, {.least_side = 30});
  EXPECT_EQ(found.pictures.size(), 1U);
  EXPECT_EQ(found.small, 1U);
  ASSERT_EQ(found.damaged.size(), 1U);
  EXPECT_NE(found.damaged.front().find("c.ppm"), std::string::npos);
  EXPECT_EQ(load_pictures({folder_ / "in"}, {.memory = 1}).left_out, 2U);
  EXPECT_EQ(code_of([&] { load_pictures({folder_ / "in"}, {.least_side = 64}); }),
            ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { load_pictures({folder_ / "no"}, {}); }), ErrorCode::io);
}

/// Without scales and jitter a crop is a square of the picture in one of eight orientations.
TEST(Crops, AreParts) {
  train::Picture picture{5, 4, {}};
  for (int i = 0; i < 5 * 4 * 3; ++i) picture.rgb.push_back(static_cast<std::uint8_t>(4 * i));
  const Cropper cropper(std::span(&picture, 1), 2, {.largest_scale = 1, .jitter_chance = 0});
  std::set<std::vector<int>> seen;
  for (std::uint64_t step = 0; step < 2000; ++step) {
    Generator generator(1, Purpose::crops, step);
    std::vector<float> crop(12);
    cropper.crop(generator, crop);
    std::vector<int> pixels;  // their places in the picture
    for (std::size_t i = 0; i < 12; i += 3) {
      const int value = static_cast<int>(std::lround(crop[i] * 255)) / 4;
      ASSERT_EQ(value % 3, 0);
      ASSERT_EQ(std::lround(crop[i + 2] * 255), 4 * value + 8);
      pixels.push_back(value / 3);
    }
    const auto [least, most] = std::minmax_element(pixels.begin(), pixels.end());
    ASSERT_EQ(*most - *least, 6);  // a row and a pixel
    ASSERT_EQ(pixels[0] + pixels[3], pixels[1] + pixels[2]);
    seen.insert(pixels);
  }
  EXPECT_EQ(seen.size(), 4U * 3U * 8U);
}

TEST(Crops, StayWithinTheirRange) {
  const auto pictures = training_pictures(2, 200, 150);
  const Cropper cropper(pictures, 64, {.largest_scale = 4, .jitter_chance = 1});
  Generator generator(1, Purpose::crops, 0);
  std::vector<float> crop(std::size_t{64} * 64 * 3);
  for (int i = 0; i < 50; ++i) {
    cropper.crop(generator, crop);
    for (const float value : crop) ASSERT_TRUE(value >= 0 && value <= 1);
  }
  EXPECT_EQ(code_of([&] { Cropper(pictures, 151, {}); }), ErrorCode::invalid_argument);
}

TEST(Batches, DependOnSeedAndStepAlone) {
  const auto pictures = training_pictures(2, 100, 90);
  const Cropper cropper(pictures, 64, {});
  Loader whole(cropper, 2, 3, 0), late(cropper, 2, 3, 2), other(cropper, 2, 4, 2);
  whole.next();
  whole.next();
  const Batch third = whole.next();
  EXPECT_EQ(third.count, 2);
  EXPECT_EQ(third.pixels, late.next().pixels);
  EXPECT_NE(third.pixels, other.next().pixels);
}

}  // namespace
}  // namespace mpq::test
