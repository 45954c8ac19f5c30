// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Probability tables of an entropy coder: rows of cumulative frequencies with 16 bits, as learned codecs'
// checkpoints hold them (CompressAI: _quantized_cdf, _cdf_length, _offset).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace mpq::entropy {

constexpr int probability_bits = 16;
constexpr std::uint32_t probability_one = 1U << probability_bits;

/// A slice of [0, probability_one).
struct Interval {
  std::uint32_t start, size;
};

/// Immutable; all functions may be called from several threads at once.
class CdfTables {
 public:
  /// No row.
  CdfTables() = default;

  /// `cdf` is [rows, columns]; of a row the first lengths[row] values count: 0, growing by at least 1 from
  /// one to the next, up to 65536. Its symbols are 0 to lengths[row] - 2, the last of which is the escape: it
  /// stands for every value outside offsets[row] + [0, lengths[row] - 2). Throws Error(corrupt_data), and
  /// Error(invalid_argument) where the sizes do not fit each other.
  CdfTables(std::span<const std::int32_t> cdf, std::span<const std::int32_t> lengths,
            std::span<const std::int32_t> offsets);

  int rows() const noexcept { return static_cast<int>(rows_.size()); }
  /// The value that symbol 0 of a row stands for.
  std::int32_t offset(int row) const noexcept { return at(row).offset; }
  /// The last symbol of a row.
  std::int32_t escape(int row) const noexcept { return at(row).symbols - 1; }

  Interval interval(int row, std::int32_t symbol) const noexcept {
    const std::uint32_t* cdf = cdf_.data() + at(row).first + symbol;
    return {cdf[0], cdf[1] - cdf[0]};
  }

  /// The symbol whose interval holds `point`, which is below probability_one.
  std::int32_t find(int row, std::uint32_t point) const noexcept {
    const Row& r = at(row);
    const std::uint32_t* cdf = cdf_.data() + r.first;
    std::int32_t symbol = r.start[point >> coarse_shift];
    while (cdf[symbol + 1] <= point) ++symbol;
    return symbol;
  }

  /// Everything that a coder's result depends on, row by row: offset, number of values, values.
  std::vector<std::int32_t> contents() const;

 private:
  static constexpr int coarse_bits = 8, coarse_shift = probability_bits - coarse_bits;
  struct Row {
    std::size_t first;  ///< in cdf_
    std::int32_t symbols, offset;
    std::array<std::uint16_t, 1 << coarse_bits> start;  ///< where find() begins, by a point's upper bits
  };

  const Row& at(int row) const noexcept { return rows_[static_cast<std::size_t>(row)]; }
  void add_row(std::span<const std::int32_t> cdf, std::int32_t offset);

  std::vector<Row> rows_;
  std::vector<std::uint32_t> cdf_;
};

}  // namespace mpq::entropy
