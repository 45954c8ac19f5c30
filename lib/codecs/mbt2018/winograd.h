// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Convolutions of 5x5 with stride 2, and transposed ones, with half the multiplications (12.25 instead of 25
// an output of the one, an input of the other), for processors with AVX-512 BF16.
//
// Even and odd rows and columns are apart: of five weights three meet the even ones and two the odd ones,
// each with stride 1. Winograd's minimal filtering (Lavin and Gray, "Fast Algorithms for Convolutional Neural
// Networks", 2016) computes two outputs of three weights from four products, at the points 0, 1, -1 and
// infinity, and two of two weights from three, at 0, 1 and infinity: seven instead of ten, and in two
// dimensions 49 instead of 100. What belongs to the same point is summed before it is transformed back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/mbt2018/fast_kernels.h"

namespace mpq::mbt2018::fast {

/// Whether they are the fastest way on this processor: where it multiplies matrices (AMX), direct ones are.
bool winograd_pays(int inputs, int outputs);

struct Winograd {
  enum class Kind {
    down,  ///< to half the height and width, padding 2; weights [outputs][inputs][5][5]
    up,    ///< transposed, to twice the height and width, padding 2, one more below and on the right;
           ///< weights [inputs][outputs][5][5]
  };

  Winograd(Kind k, std::span<const float> weight, std::span<const float> biases);

  Kind kind;
  int inputs, outputs;         ///< channels; inputs divisible by 16, outputs by 64
  std::vector<Value> weights;  ///< transformed: [49][outputs / 64][inputs / 2][64][2]
  std::vector<float> bias;

  /// Rows and columns of outputs that are computed together.
  int tile() const { return kind == Kind::down ? 2 : 4; }
};

/// Rows of a picture of bfloat16, channels last; rows that are not here are not asked for.
struct PictureRows {
  const Value* data;        ///< of row `first`
  std::ptrdiff_t row_step;  ///< values from a row to the next
  int first;
  int height,
      width;  ///< of the whole picture; height and width of inputs of `down` divisible by 4, of `up` by 2
};

/// Which rows of inputs a row of tiles sees: from `begin` to `end`; some may lie outside of the picture.
struct RowRange {
  int begin, end;
};
RowRange rows_seen(Winograd::Kind kind, int tile_row);

/// Memory that one thread works in; kept from call to call.
struct Scratch {
  std::vector<Value> slices;
  std::vector<float> sums;
};

/// Outputs of a row of tiles, normalised: `rows` are tile() rows of [width][outputs].
void convolve(const Winograd& layer, const PictureRows& x, int tile_row, const Normalisation& normalisation,
              Value* const* rows, Scratch* scratch);
/// The same without normalisation.
void convolve(const Winograd& layer, const PictureRows& x, int tile_row, float* const* rows,
              Scratch* scratch);

}  // namespace mpq::mbt2018::fast
