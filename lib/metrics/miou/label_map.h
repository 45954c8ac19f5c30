// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Label maps: pictures whose pixels are classes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mpq::miou {

enum class Coding {
  index8,   ///< a byte is a class
  index16,  ///< two bytes are a class, the low one first
  ade20k,   ///< R, G, B of ADE20K's *_seg.png: see ade20k_class()
};

/// The class of a pixel of ADE20K's own maps (B numbers the instances): 0 is none, others count from 1
/// (CSAILVision/ADE20K, utils_ade20k.py: R / 10 * 256 + G).
constexpr std::uint16_t ade20k_class(std::uint16_t red, std::uint16_t green) {
  return static_cast<std::uint16_t>(red / 10 * 256 + green);
}

/// A view, which owns nothing.
struct LabelMap {
  Coding coding = Coding::index8;
  int width = 0;   ///< pixels, >= 1
  int height = 0;  ///< pixels, >= 1
  const std::uint8_t* data = nullptr;
  std::ptrdiff_t stride = 0;  ///< bytes from a row to the next
};

/// The classes of row `y`, one for each pixel of its width.
void read_row(const LabelMap& map, int y, std::span<std::uint16_t> classes);

}  // namespace mpq::miou
