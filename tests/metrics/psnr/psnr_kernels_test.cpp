// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The code of every instruction set against a plain loop, at all lengths around the block sizes.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "metrics/psnr/kernels.h"

namespace mpq::psnr {
namespace {

constexpr std::size_t lengths[] = {0,  1,  2,  15,  16,  17,   31,   32,   33,
                                   63, 64, 65, 127, 129, 1023, 1024, 1025, 3333};

/// Samples of any bit pattern, one byte away from alignment.
struct Inputs {
  explicit Inputs(std::size_t bytes) : a(bytes + 1), b(bytes + 1) {
    std::mt19937 random(7);
    for (auto* side : {&a, &b}) {
      for (auto& byte : *side) byte = static_cast<std::uint8_t>(random());
    }
  }
  template <class Sample>
  Sample at(const std::vector<std::uint8_t>& side, std::size_t i) const {
    Sample sample;
    std::memcpy(&sample, side.data() + 1 + i * sizeof(Sample), sizeof(Sample));
    return sample;
  }
  template <class Sample>
  std::uint64_t sum(std::size_t from, std::size_t to, std::size_t step) const {
    std::uint64_t sum = 0;
    for (std::size_t i = from; i < to; i += step) {
      const std::int64_t d = std::int64_t{at<Sample>(a, i)} - std::int64_t{at<Sample>(b, i)};
      sum += static_cast<std::uint64_t>(d * d);
    }
    return sum;
  }
  std::vector<std::uint8_t> a, b;
};

class PsnrKernels : public ::testing::TestWithParam<Kernels> {};

TEST_P(PsnrKernels, SumBytes) {
  for (const std::size_t n : lengths) {
    const Inputs in(n);
    EXPECT_EQ(GetParam().planar8(in.a.data() + 1, in.b.data() + 1, n), in.sum<std::uint8_t>(0, n, 1)) << n;
  }
}

TEST_P(PsnrKernels, SumWords) {
  for (const std::size_t n : lengths) {
    const Inputs in(2 * n);
    EXPECT_EQ(GetParam().planar16(in.a.data() + 1, in.b.data() + 1, n), in.sum<std::uint16_t>(0, n, 1)) << n;
    EXPECT_EQ(GetParam().audio_s16(in.a.data() + 1, in.b.data() + 1, n), in.sum<std::int16_t>(0, n, 1)) << n;
  }
}

TEST_P(PsnrKernels, SumTheExtremesOfWords) {
  const std::vector<std::uint16_t> low(5000, 0), high(5000, 65535);
  EXPECT_EQ(GetParam().planar16(low.data(), high.data(), 5000), 5000 * 65535ull * 65535ull);
  const std::vector<std::int16_t> bottom(5000, -32768), top(5000, 32767);
  EXPECT_EQ(GetParam().audio_s16(bottom.data(), top.data(), 5000), 5000 * 65535ull * 65535ull);
}

TEST_P(PsnrKernels, SumPackedBytesByTheirPlace) {
  for (const std::size_t n : lengths) {
    const Inputs in(4 * n);
    std::array<std::uint64_t, 4> three{}, four{};
    GetParam().packed3(in.a.data() + 1, in.b.data() + 1, n, three.data());
    GetParam().packed4(in.a.data() + 1, in.b.data() + 1, n, four.data());
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(three[i], i == 3 ? 0 : in.sum<std::uint8_t>(i, 3 * n, 3)) << n;
      EXPECT_EQ(four[i], in.sum<std::uint8_t>(i, 4 * n, 4)) << n;
    }
  }
}

TEST_P(PsnrKernels, FlushPackedSumsBeforeTheyOverflow) {
  const std::size_t n = 1 << 22;  // 2^17 squares a lane, 2^33 in sum
  const std::vector<std::uint8_t> black(4 * n, 0), white(4 * n, 255);
  std::array<std::uint64_t, 4> three{}, four{};
  GetParam().packed3(black.data(), white.data(), n, three.data());
  GetParam().packed4(black.data(), white.data(), n, four.data());
  EXPECT_EQ(three[2], n * 65025);
  EXPECT_EQ(four[3], n * 65025);
}

TEST_P(PsnrKernels, SumFloatsAsTheBaselineDoes) {
  const Kernels& baseline = available_kernels().front();
  for (const std::size_t n : lengths) {
    const Inputs in(8 * n);  // arbitrary bits, so that NaN and infinity occur
    const auto expect_same = [n](const SquaredError& a, const SquaredError& b) {
      EXPECT_DOUBLE_EQ(a.sum, b.sum) << n;
      EXPECT_EQ(a.samples, b.samples) << n;
      EXPECT_EQ(a.samples + a.non_finite, n);
    };
    expect_same(GetParam().audio_f32(in.a.data() + 1, in.b.data() + 1, n),
                baseline.audio_f32(in.a.data() + 1, in.b.data() + 1, n));
    expect_same(GetParam().audio_f64(in.a.data() + 1, in.b.data() + 1, n),
                baseline.audio_f64(in.a.data() + 1, in.b.data() + 1, n));
  }
}

INSTANTIATE_TEST_SUITE_P(Processor, PsnrKernels,
                         ::testing::ValuesIn(available_kernels().begin(), available_kernels().end()),
                         [](const auto& kernels) { return std::string(kernels.param.name); });

}  // namespace
}  // namespace mpq::psnr
