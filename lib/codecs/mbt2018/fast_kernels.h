// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What LibTorch has no fast operator for, in bfloat16 for processors with AVX-512 BF16: normalisation without
// passes over memory, the first layer, which has too few inputs, and the last, which has too few outputs.
// Values are bfloat16, a std::uint16_t each; products are summed in float32. All functions may be called from
// several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mpq::mbt2018::fast {

using Value = std::uint16_t;

/// Whether this processor has them; `channels` must be divisible by 64.
bool available(int channels);

constexpr int picture_channels = 3;

/// Normalisation (see layers.h) of `channels` values a pixel.
struct Normalisation {
  /// `gamma` is [channels][channels], `beta` [channels].
  Normalisation(std::span<const float> gamma, std::span<const float> beta, bool is_inverse);

  int channels;
  bool inverse;
  std::vector<Value> gamma;  ///< [channels / 64][channels / 2][64][2]: pairs of inputs
  std::vector<float> beta;
};

/// `count` pixels, `step` values from one to the next. `x` and `y` may be the same.
void normalise(const Normalisation& layer, const Value* x, std::ptrdiff_t x_step, Value* y,
               std::ptrdiff_t y_step, int count);

/// The same of float32, one pixel after the other.
void normalise(const Normalisation& layer, const float* x, Value* y, std::ptrdiff_t y_step, int count);

/// The first convolution, 5x5 with stride 2 of three inputs, and the normalisation after it.
struct FirstLayer {
  /// `weight` is [channels][3][5][5] for pixels of 0 to 255.
  FirstLayer(std::span<const float> weight, std::span<const float> bias, Normalisation norm);

  int channels;
  std::vector<Value> weight;  ///< [channels / 64][5][8][64][2]: of a row 15 values and a zero
  std::vector<float> bias;
  Normalisation normalisation;
};

/// Values of a padded row of pixels: two zero pixels on both sides, and one value that the last vector reads.
constexpr std::ptrdiff_t row_values(int width) {
  return picture_channels * (std::ptrdiff_t{width} + 4) + 1;
}

/// Pixels to values.
void convert_row(const std::uint8_t* bytes, std::ptrdiff_t count, Value* values);

/// One row of outputs, [width / 2][channels], of five rows of row_values().
void first_layer_row(const FirstLayer& layer, const Value* const rows[5], int width, Value* out);

/// The last transposed convolution, 5x5 with stride 2 to three outputs.
struct LastLayer {
  /// `weight` is [channels][3][5][5].
  LastLayer(std::span<const float> weight, std::span<const float> bias);

  int channels;
  std::vector<Value> weight;  ///< of 255 times the outputs: [channels / 2][5][16][2], the last of 16 zero
  std::vector<float> bias;    ///< of 255 times the outputs
};

/// Floats of a row of outputs for `width` pixels of input: two pixels more on the left, and on the right.
constexpr std::ptrdiff_t sum_values(int width) {
  return picture_channels * (2 * std::ptrdiff_t{width} + 4) + 4;
}

/// Begins a row of outputs: the bias.
void begin_sums(const LastLayer& layer, int width, float* sums);
/// Adds what one row of inputs, [width][channels], gives to five rows of outputs, the third of them at twice
/// its own height.
void add_row(const LastLayer& layer, const Value* x, int width, float* const sums[5]);
/// Rounds and clamps `count` values from the pixel `left` on.
void finish_row(const float* sums, int left, std::ptrdiff_t count, std::uint8_t* bytes);

}  // namespace mpq::mbt2018::fast
