// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "entropy/cdf_tables.h"

#include <cstdlib>

#include "core/error.h"
#include "core/text.h"

namespace mpq::entropy {
namespace {

constexpr std::int32_t largest_offset = 1 << 24;

[[noreturn]] void corrupt(std::size_t row, const std::string& what) {
  throw Error(ErrorCode::corrupt_data, text("row ", row, " of the probability tables ", what),
              "Fetch the model again");
}

void check(std::span<const std::int32_t> cdf, std::size_t row) {
  if (cdf.front() != 0 || cdf.back() != static_cast<std::int32_t>(probability_one))
    corrupt(row, text("runs from ", cdf.front(), " to ", cdf.back(), ", not from 0 to ", probability_one));
  for (std::size_t i = 1; i < cdf.size(); ++i)
    if (cdf[i] <= cdf[i - 1]) corrupt(row, text("does not grow at symbol ", i - 1));
}

}  // namespace

CdfTables::CdfTables(std::span<const std::int32_t> cdf, std::span<const std::int32_t> lengths,
                     std::span<const std::int32_t> offsets) {
  if (lengths.empty() || lengths.size() != offsets.size() || cdf.size() % lengths.size() != 0)
    throw Error(ErrorCode::invalid_argument,
                text("probability tables with ", cdf.size(), " values, ", lengths.size(), " lengths and ",
                     offsets.size(), " offsets"));
  const std::size_t columns = cdf.size() / lengths.size();
  rows_.reserve(lengths.size());
  for (std::size_t row = 0; row < lengths.size(); ++row) {
    const auto length = static_cast<std::size_t>(lengths[row]);
    if (lengths[row] < 2 || length > columns) corrupt(row, text("has the length ", lengths[row]));
    if (std::abs(std::int64_t{offsets[row]}) > largest_offset)
      corrupt(row, text("has the offset ", offsets[row]));
    check(cdf.subspan(row * columns, length), row);
    add_row(cdf.subspan(row * columns, length), offsets[row]);
  }
}

void CdfTables::add_row(std::span<const std::int32_t> cdf, std::int32_t offset) {
  Row row{.first = cdf_.size(),
          .symbols = static_cast<std::int32_t>(cdf.size()) - 1,
          .offset = offset,
          .start = {}};
  cdf_.insert(cdf_.end(), cdf.begin(), cdf.end());
  std::uint16_t symbol = 0;
  for (std::size_t i = 0; i < row.start.size(); ++i) {
    while (static_cast<std::uint32_t>(cdf[symbol + 1U]) <= i << coarse_shift) ++symbol;
    row.start[i] = symbol;
  }
  rows_.push_back(row);
}

std::vector<std::int32_t> CdfTables::contents() const {
  std::vector<std::int32_t> all;
  for (const Row& row : rows_) {
    all.push_back(row.offset);
    all.push_back(row.symbols + 1);
    for (std::int32_t i = 0; i <= row.symbols; ++i)
      all.push_back(static_cast<std::int32_t>(cdf_[row.first + static_cast<std::size_t>(i)]));
  }
  return all;
}

}  // namespace mpq::entropy
