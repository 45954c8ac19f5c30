// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Random damage to coded data, the same on every machine for the same seed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace mpq::test {

class Mutator {
 public:
  using Data = std::vector<std::uint8_t>;

  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  /// 0 to `count` - 1, or 0 where `count` is 0.
  std::size_t below(std::size_t count) { return count == 0 ? 0 : random_() % count; }

  /// Damages `data` in one to eight ways; never makes it much longer. Half of the damage falls into the first
  /// 64 bytes, where headers are.
  void damage(Data* data) {
    for (std::size_t left = 1 + below(below(4) == 0 ? 8 : 2); left > 0; --left) damage_once(data);
  }

 private:
  std::size_t place(const Data& data) {
    return below(random_() % 2 == 0 ? std::min<std::size_t>(64, data.size()) : data.size());
  }
  std::uint8_t random_byte() { return static_cast<std::uint8_t>(random_()); }

  void damage_once(Data* data) {
    if (data->empty()) return data->push_back(random_byte());
    const auto at = data->begin() + static_cast<std::ptrdiff_t>(place(*data));
    const auto room = static_cast<std::size_t>(data->end() - at);
    const auto run = static_cast<std::ptrdiff_t>(1 + below(std::min<std::size_t>(room, 32)));
    constexpr std::uint8_t telling[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
    switch (below(8)) {
      case 0:
      case 1:
        *at = static_cast<std::uint8_t>(*at ^ 1U << below(8));
        break;
      case 2:
        *at = random_byte();
        break;
      case 3:
        std::fill_n(at, std::min<std::ptrdiff_t>(run, 4), telling[below(std::size(telling))]);
        break;
      case 4:
        *at = static_cast<std::uint8_t>(*at + below(9) - 4);
        break;
      case 5:
        data->erase(at, below(4) == 0 ? data->end() : at + run);  // cut short, or out of the middle
        break;
      case 6: {
        const Data copy(at, at + run);
        data->insert(data->begin() + static_cast<std::ptrdiff_t>(place(*data)), copy.begin(), copy.end());
        break;
      }
      default:
        std::generate_n(at, run, [this] { return random_byte(); });
    }
  }

  std::mt19937 random_;
};

}  // namespace mpq::test
