// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A hash of numbers, the same on every machine: tells models apart, and does not withstand who wants to make
// two of one hash.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/mbt2018/architecture.h"

namespace mpq::mbt2018 {

/// FNV-1a over 32-bit words, finished as MurmurHash3 does.
class Hash {
 public:
  void add(std::uint32_t word) { state_ = (state_ ^ word) * 0x100000001B3; }
  void add(std::string_view characters) {
    add(static_cast<std::uint32_t>(characters.size()));
    for (const char c : characters) add(static_cast<std::uint32_t>(static_cast<unsigned char>(c)));
  }
  void add(const std::vector<std::int32_t>& values) {
    add(static_cast<std::uint32_t>(values.size()));
    for (const std::int32_t value : values) add(static_cast<std::uint32_t>(value));
  }
  void add(const std::vector<float>& values) {
    add(static_cast<std::uint32_t>(values.size()));
    for (const float value : values) add(std::bit_cast<std::uint32_t>(value));
  }
  void add_layer(const Model& model, const std::string& layer) {
    add(model.weights.floats(layer + ".weight"));
    add(model.weights.floats(layer + ".bias"));
  }

  std::uint64_t value() const {
    std::uint64_t x = state_;
    x = (x ^ x >> 33) * 0xFF51AFD7ED558CCD;
    x = (x ^ x >> 33) * 0xC4CEB9FE1A85EC53;
    return x ^ x >> 33;
  }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325;
};

}  // namespace mpq::mbt2018
