// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "entropy/rans.h"

#include <bit>

#include "core/error.h"
#include "core/text.h"

namespace mpq::entropy {
namespace {

constexpr std::uint64_t lowest_state = std::uint64_t{1} << 31;
constexpr int nibble_bits = 4;
constexpr std::uint32_t nibble_mask = (1U << nibble_bits) - 1;
constexpr std::uint32_t most_digits = 8;  // of an escaped value: 32 bits

/// Words in the order in which the encoder makes them, the decoder's backwards.
class BackwardWords {
 public:
  void add(std::uint64_t word) { words_.push_back(static_cast<std::uint32_t>(word)); }

  std::vector<std::uint8_t> bytes() const {
    std::vector<std::uint8_t> result;
    result.reserve(words_.size() * 4);
    for (auto word = words_.rbegin(); word != words_.rend(); ++word)
      for (int shift = 0; shift < 32; shift += 8) result.push_back(static_cast<std::uint8_t>(*word >> shift));
    return result;
  }

 private:
  std::vector<std::uint32_t> words_;
};

void make_room(std::uint64_t& x, std::uint64_t size, int bits, BackwardWords& words) {
  if (x < ((lowest_state >> bits) << 32) * size) return;
  words.add(x);
  x >>= 32;
}

/// x / size, of an x below 2^47 size (what make_room() leaves): what floating point gives is off by one at
/// most, and mended. A division of 64 bits takes several times as long on many processors.
std::uint64_t divide(std::uint64_t x, std::uint32_t size) {
  const double estimate = static_cast<double>(static_cast<std::int64_t>(x)) * (1.0 / size);
  const auto quotient = static_cast<std::int64_t>(estimate);
  const std::int64_t rest = static_cast<std::int64_t>(x) - quotient * size;
  return static_cast<std::uint64_t>(quotient + (rest >= size) - (rest < 0));
}

[[noreturn]] void corrupt(const char* what) {
  throw Error(ErrorCode::corrupt_data, text("the entropy-coded data ", what));
}

}  // namespace

template <std::size_t states>
void RansEncoder<states>::refuse(std::int32_t value) {
  throw Error(ErrorCode::invalid_argument, text("the value ", value, " is too large to be coded"));
}

/// How many nibbles follow, in nibbles of which 15 means that another is to be added; then they, lowest
/// first.
template <std::size_t states>
void RansEncoder<states>::escape(std::uint32_t distance, std::uint8_t state) {
  const auto digits = static_cast<std::uint32_t>((std::bit_width(distance) + nibble_bits - 1) / nibble_bits);
  std::uint32_t count = digits;
  for (; count >= nibble_mask; count -= nibble_mask) steps_.push_back({nibble_mask, 0, state});
  steps_.push_back({count, 0, state});
  for (std::uint32_t i = 0; i < digits; ++i)
    steps_.push_back({distance >> (i * nibble_bits) & nibble_mask, 0, state});
}

template <std::size_t states>
std::vector<std::uint8_t> RansEncoder<states>::finish() {
  std::array<std::uint64_t, states> all;
  all.fill(lowest_state);
  BackwardWords words;
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    std::uint64_t& x = all[step->state];
    if (step->size == 0) {
      make_room(x, 1, nibble_bits, words);
      x = x << nibble_bits | step->start;
    } else {
      make_room(x, step->size, probability_bits, words);
      const std::uint64_t quotient = divide(x, step->size);
      x = (quotient << probability_bits) + (x - quotient * step->size) + step->start;
    }
  }
  for (auto x = all.rbegin(); x != all.rend(); ++x) {
    words.add(*x >> 32);
    words.add(*x);
  }
  steps_.clear();
  count_ = 0;
  return words.bytes();
}

template <std::size_t states>
RansDecoder<states>::RansDecoder(std::span<const std::uint8_t> bytes) : rest_(bytes) {
  if (bytes.size() % 4 != 0) corrupt("is no whole number of words");
  for (std::uint64_t& x : x_) {
    const std::uint64_t low = next_word();
    x = low | std::uint64_t{next_word()} << 32;
  }
}

template <std::size_t states>
std::uint32_t RansDecoder<states>::next_word() {
  if (rest_.size() < 4) corrupt("ends too early");
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word |= static_cast<std::uint32_t>(rest_[i]) << (8 * i);
  rest_ = rest_.subspan(4);
  return word;
}

template <std::size_t states>
std::uint32_t RansDecoder<states>::nibble(std::uint64_t& x) {
  const auto value = static_cast<std::uint32_t>(x & nibble_mask);
  x >>= nibble_bits;
  refill(x);
  return value;
}

template <std::size_t states>
std::int32_t RansDecoder<states>::escaped(std::uint64_t& x, std::int32_t escape) {
  std::uint32_t digits = 0, more = nibble_mask;
  while (more == nibble_mask && digits <= most_digits) digits += more = nibble(x);
  if (digits > most_digits) corrupt("holds a value of too many digits");
  std::uint32_t distance = 0;
  for (std::uint32_t i = 0; i < digits; ++i) distance |= nibble(x) << (i * nibble_bits);
  if (distance >= static_cast<std::uint32_t>(2 * largest_escaped)) corrupt("holds a value that is too large");
  const auto half = static_cast<std::int32_t>(distance / 2);
  return distance % 2 == 1 ? -half - 1 : half + escape;
}

template <std::size_t states>
void RansDecoder<states>::finish() const {
  if (!rest_.empty()) corrupt("goes on after the last value");
  for (const std::uint64_t x : x_)
    if (x != lowest) corrupt("does not end as it should");
}

template class RansEncoder<1>;
template class RansEncoder<native_states>;
template class RansDecoder<1>;
template class RansDecoder<native_states>;

}  // namespace mpq::entropy
