// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Models of variable rate, beside the same network without gains.
#include "codecs/mbt2018/gains.h"

#include <gtest/gtest.h>

#include <cmath>

#include "codecs/mbt2018/mbt2018.h"
#include "codecs/mbt2018/transforms.h"
#include "core/error.h"
#include "generated_model.h"
#include "support/pictures.h"
#include "support/tools.h"

namespace mpq::mbt2018 {
namespace {

using test::Picture;

constexpr int n = 4, m = 6, levels = 3;
const nn::Options plain{.precision = nn::Precision::float32, .threads = 1};

class VariableRate : public testing::Test {
 protected:
  VariableRate() {
    // The gains come last: the other tensors are the same in both files.
    test::write_mbt2018(fixed_, test::mbt2018_tensors({Variant::mbt2018, n, m}));
    test::write_mbt2018(variable_, test::mbt2018_tensors({Variant::mbt2018, n, m, levels}));
  }

  test::TemporaryFolder folder_;
  const std::string fixed_ = folder_ / "fixed.safetensors", variable_ = folder_ / "variable.safetensors";
  const Picture picture_ = test::synthetic(PixelFormat::rgb24, 100, 70);
};

TEST_F(VariableRate, GainsLieGeometricallyBetweenTheLevels) {
  const Model model = open(variable_);
  EXPECT_EQ(model.architecture.levels, levels);
  EXPECT_EQ(highest_quality(model.architecture), 512);
  const std::vector<float> values = model.weights.floats("gain");
  const Gains gains(model, "gain");
  for (std::size_t i = 0; i < m; ++i) {
    EXPECT_FLOAT_EQ(gains.at(0)[i], values[i]);
    EXPECT_FLOAT_EQ(gains.at(256)[i], values[m + i]);
    EXPECT_FLOAT_EQ(gains.at(512)[i], values[2 * m + i]);
    EXPECT_FLOAT_EQ(gains.at(384)[i], std::sqrt(values[m + i] * values[2 * m + i]));
  }
}

TEST_F(VariableRate, TransformsAreThoseOfTheNetworkTimesTheGains) {
  const Model model = open(variable_);
  const auto variable = Transforms::load(model, plain), fixed = Transforms::load(open(fixed_), plain);
  for (const int quality : {0, 100, 512}) {
    const auto gain = Gains(model, "gain").at(quality), inverse = Gains(model, "inverse_gain").at(quality);
    std::vector<float> y, z, expected;
    fixed->analyse(picture_.view(), &expected, &z);
    variable->analyse(picture_.view(), &y, &z, quality);
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_FLOAT_EQ(y[i], expected[i] * gain[i % m]);

    std::vector<float> multiplied(y);
    for (std::size_t i = 0; i < y.size(); ++i) multiplied[i] *= inverse[i % m];
    Picture ours(PixelFormat::rgb24, 100, 70), theirs(PixelFormat::rgb24, 100, 70);
    variable->synthesise(y, ours.mutable_view(), quality);
    fixed->synthesise(multiplied, theirs.mutable_view());
    EXPECT_EQ(ours.pixels(), theirs.pixels());
  }
}

TEST_F(VariableRate, FramesOfOneDeviceAreReadOnAnother) {
  nn::Options there = plain;
  there.device = "privateuseone";
  const std::shared_ptr<const Codec> codecs[] = {Codec::load(variable_, plain),
                                                 Codec::load(variable_, there)};
  for (const auto& writing : codecs) {
    Encoder encoder(writing);
    const auto bytes = encoder.encode(picture_.view(), 300).bytes;
    std::vector<std::vector<std::uint8_t>> pictures;
    for (const auto& reading : codecs) {
      Picture decoded(PixelFormat::rgb24, 100, 70);
      Decoder(reading).decode(bytes, decoded.mutable_view());  // an error if latents differed
      pictures.push_back(decoded.pixels());
    }
    for (std::size_t i = 0; i < pictures[0].size(); ++i)
      EXPECT_NEAR(pictures[0][i], pictures[1][i], 1);  // float32 transforms of both
  }
}

TEST_F(VariableRate, FramesCarryTheirQuality) {
  const auto codec = Codec::load(variable_, plain);
  Encoder encoder(codec);
  Decoder decoder(codec);
  for (const int quality : {0, 77, 300, 512}) {
    const auto bytes = encoder.encode(picture_.view(), quality).bytes;
    const stream::Frame frame = stream::read(bytes);
    EXPECT_EQ(frame.header.mode, variable_mode);
    ASSERT_EQ(frame.sections.size(), 2U);
    EXPECT_EQ(frame.sections[1][0] * 256 + frame.sections[1][1], quality);
    const Latents latents = decoder.read(bytes);
    Picture ours(PixelFormat::rgb24, 100, 70), theirs(PixelFormat::rgb24, 100, 70);
    decoder.decode(bytes, ours.mutable_view());
    codec->transforms().synthesise(latents.y, theirs.mutable_view(), quality);
    EXPECT_EQ(ours.pixels(), theirs.pixels());
  }
  EXPECT_THROW(encoder.encode(picture_.view(), 513), Error);
  EXPECT_THROW(encoder.encode(picture_.view(), -1), Error);
}

TEST_F(VariableRate, QualitiesThatTheModelHasNotAreRefused) {
  const auto codec = Codec::load(variable_, plain);
  Encoder encoder(codec);
  Decoder decoder(codec);
  const stream::Frame good = stream::read(encoder.encode(picture_.view(), 5).bytes);
  Picture picture(PixelFormat::rgb24, 100, 70);
  for (const std::vector<std::uint8_t>& quality : {std::vector<std::uint8_t>{2, 1}, {0}, {0, 0, 5}, {}}) {
    const std::array<std::span<const std::uint8_t>, 2> sections{good.sections[0], quality};
    std::vector<std::uint8_t> bytes;
    stream::write(good.header, sections, &bytes);
    EXPECT_THROW(decoder.decode(bytes, picture.mutable_view()), Error);
  }
  stream::FrameHeader header = good.header;
  header.mode = native_mode;
  std::vector<std::uint8_t> bytes;
  stream::write(header, std::span(good.sections).first(1), &bytes);
  EXPECT_THROW(decoder.decode(bytes, picture.mutable_view()), Error);
}

TEST_F(VariableRate, IsAnotherModelThanTheNetworkWithoutGains) {
  EXPECT_NE(Codec::load(variable_, plain)->hash(), Codec::load(fixed_, plain)->hash());
  Encoder fixed(Codec::load(fixed_, plain));
  EXPECT_EQ(stream::read(fixed.encode(picture_.view()).bytes).header.mode, native_mode);
  EXPECT_THROW(fixed.encode(picture_.view(), 1), Error);
}

TEST_F(VariableRate, GainsThatAreNoFactorsAreRefused) {
  auto tensors = test::mbt2018_tensors({Variant::mbt2018, n, m, levels});
  for (auto& tensor : tensors)
    if (tensor.first == "inverse_gain") tensor.second = {levels, m + 1};
  test::write_mbt2018(folder_ / "wide.safetensors", tensors);
  EXPECT_THROW(open(folder_ / "wide.safetensors"), Error);
  tensors.pop_back();
  test::write_mbt2018(folder_ / "half.safetensors", tensors);
  EXPECT_THROW(open(folder_ / "half.safetensors"), Error);
}

}  // namespace
}  // namespace mpq::mbt2018
