// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "entropy/table_builder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <numeric>
#include <queue>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "entropy/exact_math.h"

namespace mpq::entropy {
namespace {

constexpr std::int64_t one = probability_one;
constexpr int most_symbols = 1 << 14;
constexpr double tail_quantile = 6.1094102;  // of the normal distribution, for a tail of 1e-9 on both sides

[[noreturn]] void corrupt(const std::string& what) {
  throw Error(ErrorCode::corrupt_data, text("the model's ", what), "Fetch the model again");
}

/// Tables of one kind, row by row.
class Rows {
 public:
  void add(std::span<const double> probabilities, std::int32_t offset) {
    rows_.push_back(quantise_probabilities(probabilities));
    offsets_.push_back(offset);
  }

  CdfTables build() const {
    std::size_t columns = 0;
    for (const auto& row : rows_) columns = std::max(columns, row.size());
    std::vector<std::int32_t> all, lengths;
    for (const auto& row : rows_) {
      all.insert(all.end(), row.begin(), row.end());
      all.resize(all.size() + columns - row.size());
      lengths.push_back(static_cast<std::int32_t>(row.size()));
    }
    return {all, lengths, offsets_};
  }

 private:
  std::vector<std::vector<std::int32_t>> rows_;
  std::vector<std::int32_t> offsets_;
};

/// Gives every symbol a frequency of at least 1, each from the rarest that can spare one.
void fill_gaps(std::vector<std::int32_t>& frequencies) {
  using Giver = std::pair<std::int32_t, std::size_t>;  // frequency, symbol
  std::priority_queue<Giver, std::vector<Giver>, std::greater<>> givers;
  for (std::size_t i = 0; i < frequencies.size(); ++i)
    if (frequencies[i] > 1) givers.emplace(frequencies[i], i);
  for (std::int32_t& frequency : frequencies) {
    if (frequency != 0) continue;
    const auto [most, giver] = givers.top();  // not empty: most_symbols is less than `one`
    givers.pop();
    frequency = 1;
    --frequencies[giver];
    if (most > 2) givers.emplace(most - 1, giver);
  }
}

double value(std::span<const float> values, std::size_t i) {
  return static_cast<double>(values[i]);
}

/// How many whole steps a channel's table reaches below and above its median.
double below(const FactorizedChannel& channel) {
  return std::max(0.0, std::ceil(value(channel.quantiles, 1) - value(channel.quantiles, 0)));
}
double above(const FactorizedChannel& channel) {
  return std::max(0.0, std::ceil(value(channel.quantiles, 2) - value(channel.quantiles, 1)));
}

/// The logit of a channel's cumulative density at x.
double logit(const FactorizedChannel& channel, double x) {
  std::array<double, 3> in{x};
  std::size_t inputs = 1;
  for (std::size_t layer = 0; layer < 5; ++layer) {
    const std::size_t outputs = layer == 4 ? 1 : 3;
    std::array<double, 3> out{};
    for (std::size_t o = 0; o < outputs; ++o) {
      double sum = 0;
      for (std::size_t i = 0; i < inputs; ++i)
        sum += exact_softplus(value(channel.matrices[layer], o * inputs + i)) * in[i];
      sum += value(channel.biases[layer], o);
      if (layer < 4) sum += exact_tanh(value(channel.factors[layer], o)) * exact_tanh(sum);
      out[o] = sum;
    }
    in = out;
    inputs = outputs;
  }
  return in[0];
}

}  // namespace

std::vector<std::int32_t> quantise_probabilities(std::span<const double> probabilities) {
  if (probabilities.empty() || probabilities.size() > most_symbols)
    corrupt(text("distribution has ", probabilities.size(), " values"));
  std::vector<std::int64_t> frequencies;
  for (const double p : probabilities) {
    if (!(p >= 0 && p <= 2)) corrupt(text("distribution has the probability ", p));
    frequencies.push_back(static_cast<std::int64_t>(std::floor(p * static_cast<double>(one) + 0.5)));
  }
  const std::int64_t total = std::accumulate(frequencies.begin(), frequencies.end(), std::int64_t{0});
  if (total == 0) corrupt("distribution has no positive probability");
  std::vector<std::int32_t> scaled;
  for (const std::int64_t frequency : frequencies)
    scaled.push_back(static_cast<std::int32_t>(one * frequency / total));
  scaled.back() += static_cast<std::int32_t>(one) - std::accumulate(scaled.begin(), scaled.end(), 0);
  fill_gaps(scaled);
  std::vector<std::int32_t> cdf{0};
  std::partial_sum(scaled.begin(), scaled.end(), std::back_inserter(cdf));
  return cdf;
}

std::vector<float> default_scales() {
  constexpr double first = -2.20727491318972077, last = 5.54517744447956248;  // log(0.11), log(256)
  std::vector<float> scales(64);
  for (std::size_t i = 0; i < scales.size(); ++i)
    scales[i] = static_cast<float>(exact_exp(first + (last - first) * static_cast<double>(i) / 63));
  return scales;
}

CdfTables gaussian_tables(std::span<const float> scales) {
  Rows rows;
  for (const float scale : scales) {
    const double s = static_cast<double>(scale);
    if (!(s > 0 && s < 1000)) corrupt(text("scale table has the value ", s));
    const int centre = static_cast<int>(std::ceil(s * tail_quantile));
    std::vector<double> probabilities;
    for (int i = -centre; i <= centre; ++i) {
      const double distance = std::abs(i);
      probabilities.push_back(exact_normal_tail((distance - 0.5) / s) -
                              exact_normal_tail((distance + 0.5) / s));
    }
    probabilities.push_back(2 * exact_normal_tail((centre + 0.5) / s));
    rows.add(probabilities, -centre);
  }
  return rows.build();
}

CdfTables factorized_tables(std::span<const FactorizedChannel> channels) {
  // The reference takes the upper tail of every channel from where its longest row ends.
  double longest = 0;
  for (const FactorizedChannel& channel : channels)
    longest = std::max(longest, below(channel) + above(channel));
  if (!(longest < most_symbols)) corrupt("bottleneck has quantiles that lie too far apart");
  Rows rows;
  for (const FactorizedChannel& channel : channels) {
    const double first = value(channel.quantiles, 1) - below(channel);
    std::vector<double> probabilities;
    const int last = static_cast<int>(below(channel) + above(channel));
    for (int i = 0; i <= last; ++i)
      probabilities.push_back(exact_sigmoid(logit(channel, first + i + 0.5)) -
                              exact_sigmoid(logit(channel, first + i - 0.5)));
    probabilities.push_back(exact_sigmoid(logit(channel, first - 0.5)) +
                            exact_sigmoid(-logit(channel, first + longest + 0.5)));
    rows.add(probabilities, -static_cast<std::int32_t>(below(channel)));
  }
  return rows.build();
}

}  // namespace mpq::entropy
