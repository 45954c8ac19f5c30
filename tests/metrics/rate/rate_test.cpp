// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/rate/rate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/support/shared.h"

namespace mpq::rate {
namespace {

constexpr std::int64_t ms = 1000000;

RawFormat video(std::uint64_t pixels, int bits = 24) {
  return {Kind::video, pixels, bits, 0, 0};
}
RawFormat audio(int rate, int channels) {
  return {Kind::audio, 0, 24, rate, channels};
}

Meter meter_of(const RawFormat& format) {
  Meter meter;
  meter.set_format(format);
  return meter;
}

TEST(Rate, AgreesWithTheReferenceImages) {
  MPQ_REQUIRE_SHARED(file, "parity/classic_measures/expected.json");
  std::ifstream stream(file);
  const nlohmann::json expected = nlohmann::json::parse(stream);
  for (const auto& image : expected["bpp"]) {
    const std::uint64_t width = image["width"], height = image["height"];
    Meter meter = meter_of(video(width * height));
    const Figures figures = meter.add({image["bytes"], {}, 1, {}});
    EXPECT_NEAR(*figures.bits_per_pixel, image["bits_per_pixel"].get<double>(), 1e-12);
  }
}

TEST(Rate, CountsBitsAPixelAndTheRatio) {
  Meter meter = meter_of(video(100));
  const Figures frame = meter.add({50, 30, 1, 40 * ms});
  EXPECT_DOUBLE_EQ(*frame.bits_per_pixel, 4);
  EXPECT_DOUBLE_EQ(*frame.compression_ratio, 6);
  EXPECT_DOUBLE_EQ(*frame.bit_rate, 10000);
  EXPECT_EQ(frame.entropy_coded_bytes, 30u);
  EXPECT_EQ(frame.framing_bytes, 20u);
  EXPECT_FALSE(frame.bits_per_sample);
}

TEST(Rate, ComparesGrayWithEightBits) {
  Meter meter = meter_of(video(100, 8));
  EXPECT_DOUBLE_EQ(*meter.add({50, {}, 1, {}}).compression_ratio, 2);
}

TEST(Rate, CountsBitsASampleAndChannel) {
  Meter meter = meter_of(audio(48000, 2));
  const Figures packet = meter.add({15, 14, 960, {}});
  EXPECT_DOUBLE_EQ(*packet.bits_per_sample, 120 / 1920.0);
  EXPECT_DOUBLE_EQ(*packet.compression_ratio, 256);
  EXPECT_DOUBLE_EQ(*packet.bit_rate, 6000);  // from the rate, without a duration
  EXPECT_FALSE(packet.bits_per_pixel);
}

TEST(Rate, TakesFractionsOfSamples) {
  Meter meter = meter_of(audio(44100, 1));
  for (int i = 0; i < 4; ++i) meter.add({1, {}, 0.25, {}});
  EXPECT_DOUBLE_EQ(meter.total().units, 1);
  EXPECT_DOUBLE_EQ(*meter.total().bits_per_sample, 32);
}

TEST(Rate, PoolsOverFormatChanges) {
  Meter meter = meter_of(video(100));
  meter.add({50, {}, 1, 40 * ms});
  meter.set_format(video(300, 8));
  meter.add({150, {}, 1, 60 * ms});
  const Figures total = meter.total();
  EXPECT_DOUBLE_EQ(*total.bits_per_pixel, 4);
  EXPECT_DOUBLE_EQ(*total.compression_ratio, (2400 + 2400) / 1600.0);
  EXPECT_DOUBLE_EQ(*total.bit_rate, 16000);
  EXPECT_DOUBLE_EQ(*total.duration, 0.1);
  EXPECT_EQ(meter.frames(), 2u);
}

TEST(Rate, CountsHeadersAsFraming) {
  Meter meter;
  const Figures header = meter.add({10, {}, 0, {}});  // before the format is known
  EXPECT_FALSE(header.bits_per_pixel);
  EXPECT_FALSE(header.bit_rate);
  meter.set_format(video(100));
  meter.add({40, 40, 1, 40 * ms});
  EXPECT_DOUBLE_EQ(*meter.total().bits_per_pixel, 4);
  EXPECT_DOUBLE_EQ(*meter.total().bit_rate, 10000);
  EXPECT_EQ(meter.total().framing_bytes, 10u);
  EXPECT_EQ(meter.headers(), 1u);
  EXPECT_EQ(meter.frames(), 1u);
}

TEST(Rate, OfUnknownGeometryIsBytesAndBitRate) {
  Meter meter = meter_of({Kind::video, 0, 24, 0, 0});
  const Figures frame = meter.add({50, {}, 1, 40 * ms});
  EXPECT_EQ(frame.bytes, 50u);
  EXPECT_DOUBLE_EQ(*frame.bit_rate, 10000);
  EXPECT_FALSE(frame.bits_per_pixel);
  EXPECT_FALSE(frame.compression_ratio);
}

TEST(Rate, GivesTotalsOnlyWhereEveryFrameCouldTell) {
  Meter meter = meter_of(video(100));
  meter.add({50, 40, 1, 40 * ms});
  meter.add({50, {}, 1, {}});
  EXPECT_FALSE(meter.total().entropy_coded_bytes);
  EXPECT_FALSE(meter.total().framing_bytes);
  EXPECT_FALSE(meter.total().bit_rate);
  EXPECT_TRUE(meter.total().bits_per_pixel);
  meter.set_format({});
  meter.add({50, {}, 1, {}});
  EXPECT_FALSE(meter.total().bits_per_pixel);
  EXPECT_FALSE(meter.total().compression_ratio);
}

TEST(Rate, OfNothingHasNoFigures) {
  const Figures total = meter_of(video(100)).total();
  EXPECT_EQ(total.bytes, 0u);
  EXPECT_FALSE(total.bits_per_pixel);
  EXPECT_FALSE(total.bit_rate);
}

TEST(Rate, OfAnEmptyFrameIsZeroAndItsRatioInfinite) {
  Meter meter = meter_of(video(100));
  const Figures frame = meter.add({0, 0, 1, 40 * ms});
  EXPECT_EQ(*frame.bits_per_pixel, 0);
  EXPECT_TRUE(std::isinf(*frame.compression_ratio));
  EXPECT_EQ(*frame.bit_rate, 0);
}

TEST(Rate, RefusesWrongPiecesAndCountsNothing) {
  Meter meter = meter_of(video(100));
  EXPECT_THROW(meter.add({5, 6, 1, {}}), Error);
  EXPECT_THROW(meter.add({5, {}, -1, {}}), Error);
  EXPECT_THROW(meter.add({5, {}, std::nan(""), {}}), Error);
  EXPECT_THROW(meter.add({5, {}, 1, -1}), Error);
  EXPECT_EQ(meter.total().bytes, 0u);
}

TEST(Rate, RefusesWrongFormats) {
  Meter meter;
  EXPECT_THROW(meter.set_format(audio(-1, 1)), Error);
  EXPECT_THROW(meter.set_format(audio(1, -1)), Error);
  EXPECT_THROW(meter.set_format(video(1, -1)), Error);
  meter.set_format(video(1));
  meter.set_format(audio(48000, 1));  // nothing was counted yet
  meter.add({1, {}, 1, {}});
  EXPECT_THROW(meter.set_format(video(1)), Error);
}

}  // namespace
}  // namespace mpq::rate
