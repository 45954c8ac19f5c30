// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nn/winograd3x3.h"

#include <algorithm>

#include "nn/avx512.h"
#include "nn/winograd_weights.h"

namespace mpq::nn {

using namespace avx512;

namespace {

constexpr int points = winograd3x3_points, slices = points * points;
constexpr int block = 6, group = 64;  // tiles and outputs whose sums are in registers
constexpr int depth = 256;            // inputs whose weights for a group stay in the first cache

int round_up(int count) {
  return (count + block - 1) / block * block;
}

}  // namespace

Winograd3x3::Winograd3x3(std::span<const float> weight, std::span<const float> biases)
    : inputs(static_cast<int>(weight.size() / 9 / biases.size())),
      outputs(static_cast<int>(biases.size())),
      weights(weight.size() / 9 * slices),
      bias(biases.begin(), biases.end()) {
  const auto in_count = static_cast<std::size_t>(inputs), out_count = static_cast<std::size_t>(outputs);
  for (std::size_t out = 0; out < out_count; ++out)
    for (std::size_t in = 0; in < in_count; ++in) {
      const auto transformed = at_winograd3x3_points(weight.data() + 9 * (out * in_count + in));
      for (std::size_t slice = 0; slice < slices; ++slice) {
        const std::size_t panel = out / group * slices + slice;
        weights[((panel * (in_count / 2) + in / 2) * group + out % group) * 2 + in % 2] =
            to_bfloat16(transformed[slice]);
      }
    }
}

int Winograd3x3::tiles_at_once() const {
  constexpr int second_cache = 1 << 19;  // bytes of it for transformed inputs
  return std::clamp(second_cache / (slices * 2 * inputs) / block * block, 4 * block, 16 * block);
}

#ifdef MPQ_AVX512

namespace {

constexpr int vectors = group / lanes;

MPQ_INLINE void transform(const __m512* d, __m512* t) {
  t[0] = _mm512_sub_ps(d[0], d[2]);
  t[1] = _mm512_add_ps(d[1], d[2]);
  t[2] = _mm512_sub_ps(d[2], d[1]);
  t[3] = _mm512_sub_ps(d[1], d[3]);
}

/// The 16 slices of one tile, `step` values from a slice to the next.
MPQ_INLINE void transform_tile(const Winograd3x3& layer, const Winograd3x3Picture& x, int tile,
                               const Value* zeros, Value* to, std::ptrdiff_t step) {
  const int top = tile / x.tiles_across() * 2 - 1, left = tile % x.tiles_across() * 2 - 1;
  const Value* at[points][points];
  for (int i = 0; i < points; ++i)
    for (int j = 0; j < points; ++j) {
      const int row = top + i, column = left + j;
      const bool inside = row >= 0 && row < x.height && column >= 0 && column < x.width;
      at[i][j] = inside ? x.inputs + (std::ptrdiff_t{row} * x.width + column) * layer.inputs : zeros;
    }
  for (int c = 0; c < layer.inputs; c += lanes) {
    __m512 rows[points][points];
#  pragma GCC unroll 4
    for (int i = 0; i < points; ++i) {
      __m512 d[points], t[points];
#  pragma GCC unroll 4
      for (int j = 0; j < points; ++j) d[j] = load16(at[i][j] + c);
      transform(d, t);
#  pragma GCC unroll 4
      for (int j = 0; j < points; ++j) rows[j][i] = t[j];
    }
#  pragma GCC unroll 4
    for (int j = 0; j < points; ++j) {
      __m512 t[points];
      transform(rows[j], t);
#  pragma GCC unroll 4
      for (int i = 0; i < points; ++i) store16(to + (i * points + j) * step + c, t[i]);
    }
  }
}

MPQ_TARGET void transform_tiles(const Winograd3x3& layer, const Winograd3x3Picture& x, int first, int count,
                                Value* to, std::ptrdiff_t step) {
  const std::vector<Value> zeros(static_cast<std::size_t>(layer.inputs));
  for (int i = 0; i < count; ++i)
    transform_tile(layer, x, first + i, zeros.data(), to + std::ptrdiff_t{i} * layer.inputs, step);
}

/// products[tile][64] of `block` tiles += a[tile][inputs from `from` on] times a panel of weights.
MPQ_TARGET void multiply_block(const Value* a, std::ptrdiff_t step, int pairs, const Value* panel, bool more,
                               float* products) {
  Sums<block, vectors> sums;
#  pragma GCC unroll 8
  for (int i = 0; i < block; ++i)
#  pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v)
      sums[i][v] = more ? _mm512_loadu_ps(products + i * group + v * lanes) : _mm512_setzero_ps();
  multiply<block, vectors>(sums, a, step, pairs, panel, 2 * group);
#  pragma GCC unroll 8
  for (int i = 0; i < block; ++i)
#  pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) _mm512_storeu_ps(products + i * group + v * lanes, sums[i][v]);
}

/// Products of one group of outputs: [16][room][64].
void multiply_group(const Winograd3x3& layer, int first_output, int room, Winograd3x3Scratch* scratch) {
  const Value* panel = layer.weights.data() + std::ptrdiff_t{first_output} * slices * layer.inputs;
  for (int slice = 0; slice < slices; ++slice)
    for (int from = 0; from < layer.inputs; from += depth) {
      const int some = std::min(depth, layer.inputs - from);
      for (int tile = 0; tile < room; tile += block)
        multiply_block(scratch->slices.data() + (std::ptrdiff_t{slice} * room + tile) * layer.inputs + from,
                       layer.inputs, some / 2, panel, from > 0,
                       scratch->products.data() + (std::ptrdiff_t{slice} * room + tile) * group);
      panel += std::ptrdiff_t{some} * group;
    }
}

/// Outputs of 16 channels of a tile from its products, `step` floats from a slice to the next.
MPQ_INLINE void transform_back(const float* products, std::ptrdiff_t step, __m512 bias, __m512 out[2][2]) {
  __m512 half[2][points];
#  pragma GCC unroll 4
  for (int j = 0; j < points; ++j) {
    __m512 m[points];
#  pragma GCC unroll 4
    for (int i = 0; i < points; ++i) m[i] = _mm512_loadu_ps(products + (i * points + j) * step);
    half[0][j] = _mm512_add_ps(_mm512_add_ps(m[0], m[1]), m[2]);
    half[1][j] = _mm512_sub_ps(_mm512_sub_ps(m[1], m[2]), m[3]);
  }
#  pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    const __m512* const h = half[i];
    const __m512 left = _mm512_add_ps(_mm512_add_ps(h[0], h[1]), h[2]);
    const __m512 right = _mm512_sub_ps(_mm512_sub_ps(h[1], h[2]), h[3]);
    out[i][0] = _mm512_max_ps(_mm512_add_ps(left, bias), _mm512_setzero_ps());
    out[i][1] = _mm512_max_ps(_mm512_add_ps(right, bias), _mm512_setzero_ps());
  }
}

MPQ_TARGET void finish_group(const Winograd3x3& layer, const Winograd3x3Picture& x, int first_output,
                             int first, int count, int room, const float* products) {
  const std::ptrdiff_t n = layer.outputs, step = std::ptrdiff_t{room} * group;
  for (int tile = 0; tile < count; ++tile) {
    const int row = (first + tile) / x.tiles_across(), column = (first + tile) % x.tiles_across();
    const bool right = 2 * column + 1 < x.width, below = 2 * row + 1 < x.height;
    Value* const to = x.outputs + (std::ptrdiff_t{2} * row * x.width + 2 * column) * n + first_output;
    Value* const pooled = x.pooled != nullptr && right && below
                              ? x.pooled + (std::ptrdiff_t{row} * (x.width / 2) + column) * n + first_output
                              : nullptr;
    for (int c = 0; c < group; c += lanes) {
      __m512 out[2][2];
      transform_back(products + tile * group + c, step, _mm512_loadu_ps(layer.bias.data() + first_output + c),
                     out);
      store16(to + c, out[0][0]);
      if (right) store16(to + n + c, out[0][1]);
      if (below) store16(to + x.width * n + c, out[1][0]);
      if (right && below) store16(to + (x.width + 1) * n + c, out[1][1]);
      if (pooled != nullptr)
        store16(pooled + c,
                _mm512_max_ps(_mm512_max_ps(out[0][0], out[0][1]), _mm512_max_ps(out[1][0], out[1][1])));
    }
  }
}

}  // namespace

bool Winograd3x3::pays(int inputs, int outputs) {
  return available() && !multiplies_matrices() && inputs % lanes == 0 && outputs % group == 0;
}

void convolve(const Winograd3x3& layer, const Winograd3x3Picture& picture, int first, int count,
              Winograd3x3Scratch* scratch) {
  const int room = round_up(count);
  const std::ptrdiff_t step = std::ptrdiff_t{room} * layer.inputs;
  scratch->slices.resize(std::max(scratch->slices.size(), static_cast<std::size_t>(step) * slices));
  scratch->products.resize(
      std::max(scratch->products.size(), static_cast<std::size_t>(room) * group * slices));
  transform_tiles(layer, picture, first, count, scratch->slices.data(), step);
  for (int output = 0; output < layer.outputs; output += group) {
    multiply_group(layer, output, room, scratch);
    finish_group(layer, picture, output, first, count, room, scratch->products.data());
  }
}

#else

bool Winograd3x3::pays(int, int) {
  return false;
}
void convolve(const Winograd3x3&, const Winograd3x3Picture&, int, int, Winograd3x3Scratch*) {}

#endif

}  // namespace mpq::nn
