// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Rounding to 16 bits. The expected bits are those of numpy.float16, or by the definition of the formats.
#include <cmath>
#include <limits>

#include "checkpoint/half.h"
#include "checkpoint_files.h"

namespace mpq::test {
namespace {

using checkpoint::Dtype;
using checkpoint::from_bfloat16;
using checkpoint::from_float16;
using checkpoint::to_bfloat16;
using checkpoint::to_float16;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Case {
  double value;
  std::uint16_t bits;
};

TEST(Float16, RoundsToNearestAndHalfwayToEven) {
  for (const auto& [value, bits] : {
           Case{0, 0},
           Case{1, 0x3C00},
           Case{-2, 0xC000},
           Case{65504, 0x7BFF},
           Case{0.1, 0x2E66},
           Case{1 + 0x1p-11, 0x3C00},            // halfway, down
           Case{1 + 0x3p-11, 0x3C02},            // halfway, up
           Case{1 + 0x1p-11 + 0x1p-52, 0x3C01},  // just above halfway
           Case{2 - 0x1p-11, 0x4000},            // a carry
           Case{65519.99, 0x7BFF},
           Case{65520, 0x7C00},
           Case{1e300, 0x7C00},  // the end
           Case{0x1p-14, 0x0400},
           Case{0x1p-14 - 0x1p-25, 0x0400},  // the least normal one
           Case{0x1p-24, 0x0001},
           Case{0x1p-25, 0},
           Case{0x1p-25 + 0x1p-60, 0x0001},  // subnormal
           Case{0x3p-25, 0x0002},
           Case{0x5p-25, 0x0002},
           Case{0x1.8p-26, 0},
           Case{5e-324, 0},
           Case{infinity, 0x7C00},
       }) {
    EXPECT_EQ(to_float16(value), bits) << value;
    EXPECT_EQ(to_float16(-value), bits ^ 0x8000) << -value;
  }
}

TEST(Bfloat16, RoundsToNearestAndHalfwayToEven) {
  for (const auto& [value, bits] : {
           Case{0, 0},
           Case{1, 0x3F80},
           Case{-3, 0xC040},
           Case{0.1, 0x3DCD},
           Case{1 + 0x1p-8, 0x3F80},
           Case{1 + 0x3p-8, 0x3F82},  // halfway
           Case{1 + 0x1p-8 + 0x1p-52, 0x3F81},
           Case{2 - 0x1p-8, 0x4000},
           Case{0x1.FEp127, 0x7F7F},
           Case{0x1.FEFFp127, 0x7F7F},
           Case{0x1.FFp127, 0x7F80},
           Case{1e300, 0x7F80},
           Case{0x1p-126, 0x0080},
           Case{0x1p-133, 0x0001},
           Case{0x1p-134, 0},
           Case{0x1.1p-134, 0x0001},
           Case{0x3p-134, 0x0002},
           Case{infinity, 0x7F80},
       }) {
    EXPECT_EQ(to_bfloat16(value), bits) << value;
    EXPECT_EQ(to_bfloat16(-value), bits ^ 0x8000) << -value;
  }
}

TEST(Numbers16, AreTheSameAfterTheWayToFloat32AndBack) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const auto number = static_cast<std::uint16_t>(bits);
    const float half = from_float16(number), brain = from_bfloat16(number);
    if (std::isnan(half)) {
      EXPECT_TRUE(std::isnan(from_float16(to_float16(half)))) << bits;
    } else {
      EXPECT_EQ(to_float16(half), number);
    }
    if (std::isnan(brain)) {
      EXPECT_TRUE(std::isnan(from_bfloat16(to_bfloat16(brain)))) << bits;
    } else {
      EXPECT_EQ(to_bfloat16(brain), number);
    }
  }
}

// In float32 the rule takes three lines of integer arithmetic; the sum is the 16 bits that are dropped,
// rounded.
TEST(Bfloat16, OfFloat32IsThatOfBitArithmetic) {
  for (std::uint64_t bits = 0; bits < 0x7F800000; bits += 9973) {
    const auto number = static_cast<std::uint32_t>(bits);
    const std::uint32_t expected = (number + 0x7FFF + (number >> 16 & 1)) >> 16;
    ASSERT_EQ(to_bfloat16(std::bit_cast<float>(number)), expected) << number;
  }
}

template <class Value>
std::vector<std::uint8_t> as_bytes(const std::vector<Value>& values) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(values.data());
  return {begin, begin + values.size() * sizeof(Value)};
}

// 1 + 2^-11 + 2^-40 is above halfway; rounded to float32 first, it would be halfway, and go to 1.
TEST(ToType, RoundsDoublesOnce) {
  const auto half = checkpoint::to_type(as_bytes(std::vector<double>{1 + 0x1p-11 + 0x1p-40}), Dtype::float64,
                                        Dtype::float16);
  EXPECT_EQ(half, (FileBytes{0x01, 0x3C}));
  const auto single =
      checkpoint::to_type(as_bytes(std::vector<double>{0.1, nan}), Dtype::float64, Dtype::float32);
  EXPECT_EQ(checkpoint::to_float32(single, Dtype::float32)[0], 0.1F);
  EXPECT_TRUE(std::isnan(checkpoint::to_float32(single, Dtype::float32)[1]));
}

TEST(ToType, ConvertsManyValuesOfEachType) {
  Floats numbers(40000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i % 128) - 64;
  const FileBytes single = as_bytes(numbers);
  for (const Dtype type : {Dtype::float16, Dtype::bfloat16}) {
    const FileBytes narrow = checkpoint::to_type(single, Dtype::float32, type);
    EXPECT_EQ(narrow.size(), numbers.size() * 2);
    EXPECT_EQ(checkpoint::to_type(narrow, type, Dtype::float32), single);
  }
}

TEST(ToType, KeepsInfinitiesButRefusesToMakeThem) {
  const auto code = [](double value, Dtype to) {
    try {
      checkpoint::to_type(as_bytes(std::vector<double>{value}), Dtype::float64, to);
      return ErrorCode::internal;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("beyond the range"), std::string::npos) << error.what();
      return error.code();
    }
  };
  EXPECT_EQ(code(65519, Dtype::float16), ErrorCode::internal);
  EXPECT_EQ(code(-65520, Dtype::float16), ErrorCode::unsupported);
  EXPECT_EQ(code(-infinity, Dtype::float16), ErrorCode::internal);
  EXPECT_EQ(code(3.4e38, Dtype::bfloat16), ErrorCode::unsupported);
  EXPECT_EQ(code(3.4e38, Dtype::float32), ErrorCode::internal);
  EXPECT_EQ(code(1e39, Dtype::float32), ErrorCode::unsupported);
}

TEST(ToType, RefusesWhatItCannotConvert) {
  const std::vector<std::uint8_t> bytes(16);
  for (const auto& [from, to] : {std::pair{Dtype::int32, Dtype::float32},
                                 {Dtype::float8_e4m3, Dtype::float16},
                                 {Dtype::complex64, Dtype::float32},
                                 {Dtype::float32, Dtype::float64}})
    EXPECT_THROW(checkpoint::to_type(bytes, from, to), Error) << name_of(from);
}

}  // namespace
}  // namespace mpq::test
