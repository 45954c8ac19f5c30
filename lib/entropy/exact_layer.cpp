// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "entropy/exact_layer.h"

#include <bit>
#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "core/text.h"

namespace mpq::entropy {
namespace {

constexpr int largest_exponent = 30;
constexpr std::int64_t largest_weight = 32767, largest_block = 65535;
constexpr int input_bits = 15;
constexpr std::size_t worth_threads = 1 << 13;  // values, below which waiting for others takes longer

std::int64_t scaled(float weight, int exponent) {
  return static_cast<std::int64_t>(std::floor(std::ldexp(static_cast<double>(weight), exponent) + 0.5));
}

bool fits(std::span<const float> row, int exponent) {
  for (std::size_t first = 0; first < row.size(); first += block_inputs) {
    std::int64_t block = 0;
    for (std::size_t i = first; i < std::min(first + block_inputs, row.size()); ++i) {
      const std::int64_t weight = std::abs(scaled(row[i], exponent));
      if (weight > largest_weight) return false;
      block += weight;
    }
    if (block > largest_block) return false;
  }
  return true;
}

int choose_exponent(std::span<const float> row) {
  double largest = 0;
  for (const float weight : row) {
    if (!(std::abs(weight) <= largest_weight)) return -1;  // no number, neither
    largest = std::max(largest, std::abs(static_cast<double>(weight)));
  }
  // Begins where the largest weight alone would fit.
  int exponent = largest == 0 ? 0 : std::min(largest_exponent, input_bits - std::ilogb(largest));
  while (exponent >= 0 && !fits(row, exponent)) --exponent;
  return exponent;
}

}  // namespace

void Panel::fill(int positions, int length, const Kernel& kernel) {
  positions_ = positions;
  const std::size_t each = positions > 0 ? pieces_.size() / static_cast<std::size_t>(positions) : 0;
  const std::size_t blocks = (each * static_cast<std::size_t>(length) + block_inputs - 1) / block_inputs;
  values_.resize(blocks * static_cast<std::size_t>(positions) * block_inputs);
  shifts_.resize(static_cast<std::size_t>(positions));
  const std::span<const Fixed* const> pieces = pieces_;
#pragma omp parallel for schedule(static) if (values_.size() >= worth_threads)
  for (int position = 0; position < positions; ++position)
    fill_position(position, pieces.subspan(static_cast<std::size_t>(position) * each, each), length, kernel);
}

void Panel::fill_position(int position, std::span<const Fixed* const> pieces, int length,
                          const Kernel& kernel) {
  static thread_local std::vector<Fixed> joined;
  const Fixed* whole = nullptr;
  if (length % block_inputs != 0) {  // pieces that end within a block are made one
    joined.clear();
    for (const Fixed* piece : pieces)
      if (piece != nullptr)
        joined.insert(joined.end(), piece, piece + length);
      else
        joined.resize(joined.size() + static_cast<std::size_t>(length));
    whole = joined.data();
    pieces = {&whole, 1};
    length = static_cast<int>(joined.size());
  }
  const Steps& steps = *kernel.steps;
  std::uint32_t all = 0;
  for (const Fixed* piece : pieces)
    if (piece != nullptr) all |= steps.magnitude(piece, length);
  const int shift = std::max(0, static_cast<int>(std::bit_width(all)) - input_bits);
  shifts_[static_cast<std::size_t>(position)] = shift;
  const std::ptrdiff_t step = std::ptrdiff_t{positions_} * block_inputs;
  std::int16_t* to = values_.data() + std::ptrdiff_t{position} * block_inputs;
  for (const Fixed* piece : pieces) {
    if (piece != nullptr)
      steps.narrow({.values = piece, .count = length, .shift = shift, .to = to, .step = step});
    for (int i = 0; i < length; i += block_inputs, to += step)
      if (piece == nullptr) std::fill_n(to, block_inputs, std::int16_t{0});
  }
}

ExactLayer::ExactLayer(std::span<const float> weights, std::span<const float> bias, Activation activation)
    : rows_(static_cast<int>(bias.size())),
      inputs_(bias.empty() ? 0 : static_cast<int>(weights.size() / bias.size())),
      blocks_((inputs_ + block_inputs - 1) / block_inputs),
      activation_(activation) {
  if (inputs_ < 1 || weights.size() != bias.size() * static_cast<std::size_t>(inputs_) || blocks_ > 1 << 16)
    throw Error(ErrorCode::invalid_argument,
                text("a layer with ", weights.size(), " weights and ", bias.size(), " rows"));
  while (1 << block_shift_ < blocks_) ++block_shift_;
  const auto groups = static_cast<std::size_t>((rows_ + lanes - 1) / lanes);
  weights_.resize(groups * lanes * static_cast<std::size_t>(blocks_) * block_inputs);
  for (int row = 0; row < rows_; ++row) {
    quantise(weights.subspan(static_cast<std::size_t>(row) * static_cast<std::size_t>(inputs_),
                             static_cast<std::size_t>(inputs_)),
             row);
    bias_.push_back(to_fixed(static_cast<double>(bias[static_cast<std::size_t>(row)])));
  }
}

void ExactLayer::quantise(std::span<const float> row, int index) {
  const int exponent = choose_exponent(row);
  if (exponent < 0)
    throw Error(ErrorCode::unsupported, text("row ", index, " of a layer has weights that are too large"),
                "Check that the file is a trained model");
  exponents_.push_back(exponent);
  std::int16_t* to = weights_.data() +
                     static_cast<std::ptrdiff_t>(index / lanes) * blocks_ * block_pairs * lanes * 2 +
                     static_cast<std::ptrdiff_t>(index % lanes) * 2;
  for (std::size_t i = 0; i < row.size(); ++i)
    to[i / 2 * lanes * 2 + i % 2] = static_cast<std::int16_t>(scaled(row[i], exponent));
}

void ExactLayer::run(const Panel& panel, std::span<Fixed* const> outputs, const Kernel& kernel) const {
#pragma omp parallel for schedule(static)
  for (int first_row = 0; first_row < rows_; first_row += lanes) run_rows(first_row, panel, outputs, kernel);
}

void ExactLayer::run_rows(int first_row, const Panel& panel, std::span<Fixed* const> outputs,
                          const Kernel& kernel) const {
  const int all = panel.positions(), tiles = (all + kernel.most_positions - 1) / kernel.most_positions;
  std::int32_t sums[16 * lanes];
  const std::size_t group_size = static_cast<std::size_t>(blocks_) * block_pairs * lanes * 2;
  const std::int16_t* weights = weights_.data() + static_cast<std::size_t>(first_row / lanes) * group_size;
  for (int tile = 0; tile < tiles; ++tile) {
    const int first = all * tile / tiles, count = all * (tile + 1) / tiles - first;
    kernel.run({.weights = weights,
                .activations = panel.data() + std::ptrdiff_t{block_inputs} * first,
                .stride = static_cast<std::size_t>(all),
                .blocks = blocks_,
                .shift = block_shift_,
                .sums = sums},
               count);
    for (int p = 0; p < count; ++p)
      kernel.steps->finish(
          {.sums = sums + std::ptrdiff_t{lanes} * p,
           .exponents = exponents_.data() + first_row,
           .bias = bias_.data() + first_row,
           .rows = std::min(lanes, rows_ - first_row),
           .shift = block_shift_ + panel.shift(first + p),
           .activation = activation_,
           .values = outputs[static_cast<std::size_t>(first) + static_cast<std::size_t>(p)] + first_row});
  }
}

void ExactLayer::append_contents(std::vector<std::int32_t>* list) const {
  list->insert(list->end(), {rows_, inputs_, block_shift_, static_cast<std::int32_t>(activation_)});
  list->insert(list->end(), exponents_.begin(), exponents_.end());
  list->insert(list->end(), bias_.begin(), bias_.end());
  list->insert(list->end(), weights_.begin(), weights_.end());
}

void count_below(std::span<const Fixed> values, std::span<const Fixed> bounds,
                 std::span<std::int32_t> counts) {
  kernels().back().steps->count_below(values.data(), static_cast<int>(values.size()), bounds.data(),
                                      static_cast<int>(bounds.size()), counts.data());
}

}  // namespace mpq::entropy
