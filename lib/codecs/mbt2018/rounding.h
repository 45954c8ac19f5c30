// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// How an encoder rounds latents: a value whose whole number costs many bits goes to the one nearer to the
// mean where the bits that this saves are worth more than the error that it adds (rate-distortion optimised
// quantisation; Sullivan, "Efficient scalar quantization of exponential and Laplacian random variables",
// 1996, for why the zone around zero is wider than the others). Decoders need not know.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "entropy/cdf_tables.h"
#include "entropy/fixed.h"

namespace mpq::mbt2018 {

/// What an error of 1 in a latent of mbt2018-nano is worth, in bits: of 16 to 60, the price with the smallest
/// files at equal PSNR. The published models are trained for another slope between rate and error each.
inline constexpr double nano_price = 28;

/// Immutable.
class Rounding {
 public:
  static constexpr std::size_t levels = 4;  ///< whole numbers beyond it are the nearest

  /// To the nearest whole number, halves to the even one.
  Rounding() = default;
  /// Of values coded with these tables; a squared error of 1 is worth `price` bits.
  Rounding(const entropy::CdfTables& tables, double price);

  /// The symbol for a value that lies `distance` from its mean (Fixed), coded with this row.
  std::int32_t operator()(int row, std::int64_t distance) const;

 private:
  /// By row: the least distances that 1, 2, ... are taken for.
  std::vector<std::array<std::int64_t, levels>> least_;
};

}  // namespace mpq::mbt2018
