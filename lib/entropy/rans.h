// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Range variant of asymmetric numeral systems (J. Duda, arXiv:1311.2540) with 64-bit states, 32-bit words and
// 16-bit probabilities. With one state its strings are CompressAI's (ryg_rans' rans64, symbols outside a
// table as an escape and nibbles); with two, which take turns symbol by symbol, a processor works on both at
// once: that is the native mode.
//
// A string is little-endian words: each state, low word first, then what the decoder takes in as it goes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/cdf_tables.h"

namespace mpq::entropy {

constexpr std::size_t native_states = 2;
constexpr std::int64_t largest_escaped = std::int64_t{1} << 30;  ///< distance from a row's offset

/// Gathers symbols, then codes them from the last to the first. Not thread-safe.
template <std::size_t states>
class RansEncoder {
 public:
  /// `row` is one of the tables' rows; any value can be coded whose distance from the row's offset is below
  /// 2^30, otherwise Error(invalid_argument).
  void put(const CdfTables& tables, int row, std::int32_t value) {
    const std::int64_t symbol = std::int64_t{value} - tables.offset(row);
    if (symbol >= largest_escaped || symbol <= -largest_escaped) refuse(value);
    const auto state = static_cast<std::uint8_t>(count_++ % states);
    const std::int32_t last = tables.escape(row);
    const bool inside = symbol >= 0 && symbol < last;
    const Interval interval = tables.interval(row, inside ? static_cast<std::int32_t>(symbol) : last);
    steps_.push_back({interval.start, interval.size, state});
    if (!inside)
      escape(static_cast<std::uint32_t>(symbol < 0 ? -2 * symbol - 1 : 2 * (symbol - last)), state);
  }

  /// The string of all symbols since the last call.
  std::vector<std::uint8_t> finish();

 private:
  struct Step {
    std::uint32_t start;
    std::uint32_t size;  ///< 0: `start` is a nibble
    std::uint8_t state;
  };
  [[noreturn]] static void refuse(std::int32_t value);
  void escape(std::uint32_t distance, std::uint8_t state);

  std::vector<Step> steps_;
  std::size_t count_ = 0;  // of symbols
};

/// Reads symbols in the order in which they were put. Not thread-safe.
template <std::size_t states>
class RansDecoder {
 public:
  /// `bytes` must outlive the decoder. Throws Error(corrupt_data) unless they are whole words with all
  /// states.
  explicit RansDecoder(std::span<const std::uint8_t> bytes);

  /// Throws Error(corrupt_data) where the string ends too early or an escaped value is too large.
  std::int32_t get(const CdfTables& tables, int row) {
    std::uint64_t& x = x_[turn_];
    if constexpr (states > 1) turn_ = (turn_ + 1) % states;
    const auto point = static_cast<std::uint32_t>(x & (probability_one - 1));
    const std::int32_t symbol = tables.find(row, point);
    const Interval interval = tables.interval(row, symbol);
    x = interval.size * (x >> probability_bits) + point - interval.start;
    refill(x);
    return tables.offset(row) + (symbol == tables.escape(row) ? escaped(x, symbol) : symbol);
  }

  /// Throws Error(corrupt_data) unless the string ends here, as an undamaged one does after its last symbol.
  void finish() const;

 private:
  static constexpr std::uint64_t lowest = std::uint64_t{1} << 31;

  void refill(std::uint64_t& x) {
    if (x < lowest) x = x << 32 | next_word();
  }
  std::uint32_t next_word();
  std::uint32_t nibble(std::uint64_t& x);
  std::int32_t escaped(std::uint64_t& x, std::int32_t escape);

  std::span<const std::uint8_t> rest_;
  std::array<std::uint64_t, states> x_{};
  std::size_t turn_ = 0;
};

extern template class RansEncoder<1>;
extern template class RansEncoder<native_states>;
extern template class RansDecoder<1>;
extern template class RansDecoder<native_states>;

}  // namespace mpq::entropy
