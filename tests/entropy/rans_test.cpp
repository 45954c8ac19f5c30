// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "entropy/rans.h"

#include <gtest/gtest.h>

#include <random>

#include "core/error.h"

namespace mpq::entropy {
namespace {

const std::vector<std::int32_t> small_cdf{0, 60000, 65000, 65535, 65536,  //
                                          0, 1,     65535, 65536, 0},
    small_lengths{5, 4}, small_offsets{-1, 10};

CdfTables small_tables() {
  return {small_cdf, small_lengths, small_offsets};
}

template <std::size_t states>
void round_trip(const std::vector<std::int32_t>& values) {
  const CdfTables tables = small_tables();
  RansEncoder<states> encoder;
  for (std::size_t i = 0; i < values.size(); ++i) encoder.put(tables, static_cast<int>(i % 2), values[i]);
  const auto bytes = encoder.finish();
  EXPECT_EQ(bytes.size() % 4, 0U);
  RansDecoder<states> decoder(bytes);
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(decoder.get(tables, static_cast<int>(i % 2)), values[i]) << i;
  decoder.finish();
}

TEST(Rans, BringsBackWhatItWasGiven) {
  std::vector<std::int32_t> values;
  round_trip<1>(values);
  round_trip<2>(values);
  std::mt19937 random(1);
  for (int i = 0; i < 10000; ++i)
    values.push_back(static_cast<std::int32_t>(random() % (i % 10 == 0 ? 1000000000 : 30)) - 10);
  for (const std::int32_t far : {1 << 29, -(1 << 29), 1073741000, -1073741000}) values.push_back(far);
  round_trip<1>(values);
  round_trip<2>(values);
}

TEST(Rans, RefusesWhatNoStringCanHold) {
  RansEncoder<1> encoder;
  EXPECT_THROW(encoder.put(small_tables(), 0, 2147483647), Error);
}

// The string of no symbol is the coder's first state, 2^31; worked out by hand from the format.
TEST(Rans, FirstStateIsWrittenLowWordFirst) {
  EXPECT_EQ(RansEncoder<1>().finish(), (std::vector<std::uint8_t>{0, 0, 0, 0x80, 0, 0, 0, 0}));
  // Symbol 0 of row 0: start 0, size 60000: x = (2^31 / 60000 << 16) + 2^31 % 60000.
  RansEncoder<1> encoder;
  encoder.put(small_tables(), 0, -1);
  const std::uint64_t x = ((std::uint64_t{1} << 31) / 60000 << 16) + (std::uint64_t{1} << 31) % 60000;
  std::vector<std::uint8_t> expected;
  for (int shift = 0; shift < 64; shift += 8) expected.push_back(static_cast<std::uint8_t>(x >> shift));
  EXPECT_EQ(encoder.finish(), expected);
}

std::vector<std::int32_t> read_all(const std::vector<std::uint8_t>& bytes, int count) {
  const CdfTables tables = small_tables();
  RansDecoder<2> decoder(bytes);
  std::vector<std::int32_t> values;
  for (int i = 0; i < count; ++i) values.push_back(decoder.get(tables, i % 2));
  decoder.finish();
  return values;
}

// Escaped values are stored as they are: their damage gives other values, all else an error.
TEST(Rans, DamageIsAnErrorOrGivesOtherValues) {
  const CdfTables tables = small_tables();
  RansEncoder<2> encoder;
  std::vector<std::int32_t> values;
  for (int i = 0; i < 300; ++i) values.push_back(i % 7 == 0 ? 100000 * i : i % 3);
  for (int i = 0; i < 300; ++i) encoder.put(tables, i % 2, values[static_cast<std::size_t>(i)]);
  const auto bytes = encoder.finish();
  ASSERT_EQ(read_all(bytes, 300), values);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ 1U << (i % 8));
    try {
      EXPECT_NE(read_all(damaged, 300), values) << i;
    } catch (const Error&) {
    }
    damaged.resize(i);
    EXPECT_THROW(read_all(damaged, 300), Error) << i;
    damaged = bytes;
    damaged.resize(bytes.size() + i + 1);
    EXPECT_THROW(read_all(damaged, 300), Error) << i;
  }
}

TEST(CdfTables, RefusesTablesThatAreNone) {
  const std::vector<std::int32_t> cdf{0, 30000, 65536}, length{3}, offset{0};
  EXPECT_NO_THROW(CdfTables(cdf, length, offset));
  const std::vector<std::int32_t> falling{0, 70000, 65536}, flat{0, 0, 65536}, shorter{0, 30000, 65535},
      too_long{4}, too_short{1}, negative{-1}, far{1 << 30}, two{3, 3};
  EXPECT_THROW(CdfTables(falling, length, offset), Error);
  EXPECT_THROW(CdfTables(flat, length, offset), Error);
  EXPECT_THROW(CdfTables(shorter, length, offset), Error);
  EXPECT_THROW(CdfTables(cdf, too_long, offset), Error);
  EXPECT_THROW(CdfTables(cdf, too_short, offset), Error);
  EXPECT_THROW(CdfTables(cdf, negative, offset), Error);
  EXPECT_THROW(CdfTables(cdf, length, far), Error);
  EXPECT_THROW(CdfTables(cdf, two, offset), Error);
  EXPECT_THROW(CdfTables(cdf, {}, {}), Error);
}

TEST(CdfTables, FindsEverySymbol) {
  const CdfTables tables = small_tables();
  for (int row = 0; row < tables.rows(); ++row)
    for (std::int32_t symbol = 0; symbol <= tables.escape(row); ++symbol) {
      const Interval interval = tables.interval(row, symbol);
      EXPECT_EQ(tables.find(row, interval.start), symbol);
      EXPECT_EQ(tables.find(row, interval.start + interval.size - 1), symbol);
    }
}

}  // namespace
}  // namespace mpq::entropy
