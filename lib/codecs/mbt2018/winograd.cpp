// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/winograd.h"

#include <algorithm>
#include <array>

#include "nn/avx512.h"

namespace mpq::mbt2018::fast {

using namespace nn::avx512;

namespace {

constexpr int points = 7, slices = points * points;
constexpr int block = 6, group = 64;  // tiles and outputs whose sums are in registers

using Matrix = std::array<std::array<float, 5>, points>;

/// What the five weights become: three of even rows at four points, two of odd ones at three.
constexpr Matrix down_weights{{{1, 0, 0, 0, 0},
                               {0.5F, 0, 0.5F, 0, 0.5F},
                               {0.5F, 0, -0.5F, 0, 0.5F},
                               {0, 0, 0, 0, 1},
                               {0, 1, 0, 0, 0},
                               {0, 1, 0, 1, 0},
                               {0, 0, 0, 1, 0}}};
constexpr Matrix up_weights{{{0, 0, 0, 0, 1},
                             {0.5F, 0, 0.5F, 0, 0.5F},
                             {0.5F, 0, -0.5F, 0, 0.5F},
                             {1, 0, 0, 0, 0},
                             {0, 0, 0, 1, 0},
                             {0, 1, 0, 1, 0},
                             {0, 1, 0, 0, 0}}};

/// Which of the points 0, 1, -1 and infinity each is.
constexpr std::array<int, points> point_of{0, 1, 2, 3, 0, 1, 3};
/// What a point's product gives to the first and to the second output.
constexpr std::array<std::array<int, 2>, 4> back{{{1, 0}, {1, 1}, {1, -1}, {0, -1}}};

/// A sum of products, and the outputs of a tile that it is added to or taken from.
struct Product {
  std::vector<int> slices;
  struct Target {
    int output, sign;
  };
  std::vector<Target> targets;
};

std::vector<Product> down_products() {
  std::vector<Product> products;
  for (int a = 0; a < 4; ++a)
    for (int b = 0; b < 4; ++b) {
      Product product;
      for (int i = 0; i < slices; ++i)
        if (point_of[static_cast<std::size_t>(i / points)] == a &&
            point_of[static_cast<std::size_t>(i % points)] == b)
          product.slices.push_back(i);
      for (int o = 0; o < 4; ++o)
        if (const int sign = back[static_cast<std::size_t>(a)][static_cast<std::size_t>(o / 2)] *
                             back[static_cast<std::size_t>(b)][static_cast<std::size_t>(o % 2)])
          product.targets.push_back({o, sign});
      products.push_back(product);
    }
  return products;
}

std::vector<Product> up_products() {
  std::vector<Product> products;
  for (int i = 0; i < slices; ++i) {
    const int y = i / points, x = i % points;
    Product product{{i}, {}};
    for (int o = 0; o < 4; ++o)
      if (const int sign = back[static_cast<std::size_t>(point_of[static_cast<std::size_t>(y)])]
                               [static_cast<std::size_t>(o / 2)] *
                           back[static_cast<std::size_t>(point_of[static_cast<std::size_t>(x)])]
                               [static_cast<std::size_t>(o % 2)])
        product.targets.push_back({(o / 2 * 2 + (y > 3)) * 4 + o % 2 * 2 + (x > 3), sign});
    products.push_back(product);
  }
  return products;
}

}  // namespace

Winograd::Winograd(Kind k, std::span<const float> weight, std::span<const float> biases)
    : kind(k),
      inputs(static_cast<int>(weight.size() / 25 / biases.size())),
      outputs(static_cast<int>(biases.size())),
      weights(weight.size() / 25 * slices),
      bias(biases.begin(), biases.end()) {
  const Matrix& matrix = kind == Kind::down ? down_weights : up_weights;
  const auto in_count = static_cast<std::size_t>(inputs), out_count = static_cast<std::size_t>(outputs);
  for (std::size_t out = 0; out < out_count; ++out)
    for (std::size_t in = 0; in < in_count; ++in) {
      const float* w = weight.data() + 25 * (kind == Kind::down ? out * in_count + in : in * out_count + out);
      float half[points][5] = {};
      for (std::size_t i = 0; i < points; ++i)
        for (std::size_t x = 0; x < 5; ++x)
          for (std::size_t y = 0; y < 5; ++y) half[i][x] += matrix[i][y] * w[5 * y + x];
      for (std::size_t i = 0; i < points; ++i)
        for (std::size_t j = 0; j < points; ++j) {
          float sum = 0;
          for (std::size_t x = 0; x < 5; ++x) sum += matrix[j][x] * half[i][x];
          const std::size_t panel = (i * points + j) * (out_count / group) + out / group;
          weights[((panel * (in_count / 2) + in / 2) * group + out % group) * 2 + in % 2] = to_bfloat16(sum);
        }
    }
}

RowRange rows_seen(Winograd::Kind kind, int tile_row) {
  if (kind == Winograd::Kind::down) return {4 * tile_row - 2, 4 * tile_row + 5};
  return {2 * tile_row - 1, 2 * tile_row + 3};
}

#ifdef MPQ_AVX512

namespace {

constexpr int vectors = group / lanes;

/// Seven values at the points, of seven samples or of four.
template <Winograd::Kind kind>
MPQ_INLINE void transform(const __m512* d, __m512* t) {
  if constexpr (kind == Winograd::Kind::down) {
    t[0] = _mm512_sub_ps(d[0], d[4]);
    t[1] = _mm512_add_ps(d[2], d[4]);
    t[2] = _mm512_sub_ps(d[4], d[2]);
    t[3] = _mm512_sub_ps(d[2], d[6]);
    t[4] = _mm512_sub_ps(d[1], d[3]);
    t[5] = d[3];
    t[6] = _mm512_sub_ps(d[3], d[5]);
  } else {
    t[0] = _mm512_sub_ps(d[0], d[2]);
    t[1] = _mm512_add_ps(d[1], d[2]);
    t[2] = _mm512_sub_ps(d[2], d[1]);
    t[3] = _mm512_sub_ps(d[1], d[3]);
    t[4] = _mm512_sub_ps(d[1], d[2]);
    t[5] = d[2];
    t[6] = _mm512_sub_ps(d[2], d[3]);
  }
}

constexpr int samples(Winograd::Kind kind) {
  return kind == Winograd::Kind::down ? 7 : 4;
}

/// Where a tile's samples are; those outside of the picture are zeros.
template <Winograd::Kind kind>
struct Samples {
  static constexpr int side = samples(kind), step = kind == Winograd::Kind::down ? 4 : 2;
  static constexpr int before = kind == Winograd::Kind::down ? 2 : 1;

  Samples(const PictureRows& x, int inputs, int tile_row, int tile, const Value* zeros) {
    for (int i = 0; i < side; ++i)
      for (int j = 0; j < side; ++j) {
        const int row = step * tile_row - before + i, column = step * tile - before + j;
        const bool inside = row >= 0 && row < x.height && column >= 0 && column < x.width;
        at[i][j] = inside ? x.data + (row - x.first) * x.row_step + std::ptrdiff_t{column} * inputs : zeros;
      }
  }

  const Value* at[side][side];
};

/// The 49 slices of one tile, `step` values from a slice to the next.
template <Winograd::Kind kind>
MPQ_INLINE void transform_tile(const Samples<kind>& from, int inputs, Value* to, std::ptrdiff_t step) {
  constexpr int side = samples(kind);
  for (int c = 0; c < inputs; c += lanes) {
    __m512 rows[points][side];
    for (int i = 0; i < side; ++i) {
      __m512 d[side], t[points];
#  pragma GCC unroll 8
      for (int j = 0; j < side; ++j) d[j] = load16(from.at[i][j] + c);
      transform<kind>(d, t);
#  pragma GCC unroll 8
      for (int j = 0; j < points; ++j) rows[j][i] = t[j];
    }
    for (int j = 0; j < points; ++j) {
      __m512 t[points];
      transform<kind>(rows[j], t);
#  pragma GCC unroll 8
      for (int i = 0; i < points; ++i) store16(to + (i * points + j) * step + c, t[i]);
    }
  }
}

/// A row of tiles' part: transformed inputs [49][tiles][inputs] and sums [tile][tile][tiles][outputs].
struct Part {
  const Winograd& layer;
  int first, count;  ///< tiles
  int room;          ///< `count` and those that fill the last block
  Scratch& scratch;

  std::ptrdiff_t slice_step() const { return std::ptrdiff_t{room} * layer.inputs; }
  std::ptrdiff_t output_step() const { return std::ptrdiff_t{room} * layer.outputs; }
};

MPQ_TARGET void multiply_block(const Part& part, const Product& product, int outputs_from, int tile) {
  const Winograd& layer = part.layer;
  Sums<block, vectors> sums;
#  pragma GCC unroll 8
  for (int i = 0; i < block; ++i)
#  pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sums[i][v] = _mm512_setzero_ps();
  for (const int slice : product.slices) {
    const std::ptrdiff_t panel = std::ptrdiff_t{slice} * (layer.outputs / group) + outputs_from / group;
    multiply<block, vectors>(
        sums, part.scratch.slices.data() + slice * part.slice_step() + tile * layer.inputs, layer.inputs,
        layer.inputs / 2, layer.weights.data() + panel * layer.inputs * group, 2 * group);
  }
  for (const auto& [output, sign] : product.targets) {
    float* const to = part.scratch.sums.data() + output * part.output_step() +
                      std::ptrdiff_t{tile} * layer.outputs + outputs_from;
#  pragma GCC unroll 8
    for (int i = 0; i < block; ++i)
#  pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) {
        float* const sum = to + std::ptrdiff_t{i} * layer.outputs + v * lanes;
        const __m512 old = _mm512_loadu_ps(sum);
        _mm512_storeu_ps(sum, sign > 0 ? _mm512_add_ps(old, sums[i][v]) : _mm512_sub_ps(old, sums[i][v]));
      }
  }
}

void multiply_part(const Part& part) {
  static const std::vector<Product> down = down_products(), up = up_products();
  const Winograd& layer = part.layer;
  float* sums = part.scratch.sums.data();
  for (int i = 0; i < layer.tile() * layer.tile() * part.room; ++i, sums += layer.outputs)
    std::copy(layer.bias.begin(), layer.bias.end(), sums);
  for (int from = 0; from < layer.outputs; from += group)
    for (const Product& product : layer.kind == Winograd::Kind::down ? down : up)
      for (int tile = 0; tile < part.room; tile += block) multiply_block(part, product, from, tile);
}

template <Winograd::Kind kind>
MPQ_TARGET void transform_part(const Part& part, const PictureRows& x, int tile_row) {
  const std::vector<Value> zeros(static_cast<std::size_t>(part.layer.inputs));
  for (int tile = 0; tile < part.count; ++tile)
    transform_tile<kind>(
        Samples<kind>(x, part.layer.inputs, tile_row, part.first + tile, zeros.data()), part.layer.inputs,
        part.scratch.slices.data() + std::ptrdiff_t{tile} * part.layer.inputs, part.slice_step());
}

/// Calls write(row, column, sums) for each output of a tile, with its sums for `count` tiles from `first` on.
template <class Write>
void convolve_row(const Winograd& layer, const PictureRows& x, int tile_row, Scratch* scratch,
                  const Write& write) {
  const bool down = layer.kind == Winograd::Kind::down;
  const int tiles = x.width / (down ? 4 : 2);
  constexpr int most = 24;  // what the second cache holds of them
  for (int first = 0; first < tiles; first += most) {
    const int count = std::min(most, tiles - first), room = (count + block - 1) / block * block;
    const Part part{layer, first, count, room, *scratch};
    const auto outputs = static_cast<std::size_t>(layer.tile() * layer.tile());
    scratch->slices.resize(
        std::max(scratch->slices.size(), static_cast<std::size_t>(part.slice_step()) * slices));
    scratch->sums.resize(
        std::max(scratch->sums.size(), static_cast<std::size_t>(part.output_step()) * outputs));
    if (down)
      transform_part<Winograd::Kind::down>(part, x, tile_row);
    else
      transform_part<Winograd::Kind::up>(part, x, tile_row);
    multiply_part(part);
    for (int i = 0; i < layer.tile(); ++i)
      for (int j = 0; j < layer.tile(); ++j)
        write(i, first * layer.tile() + j, scratch->sums.data() + (i * layer.tile() + j) * part.output_step(),
              count);
  }
}

}  // namespace

bool winograd_pays(int inputs, int outputs) {
  return !multiplies_matrices() && fast::available(group) && inputs % lanes == 0 && outputs % group == 0;
}

void convolve(const Winograd& layer, const PictureRows& x, int tile_row, const Normalisation& normalisation,
              Value* const* rows, Scratch* scratch) {
  convolve_row(layer, x, tile_row, scratch, [&](int row, int column, const float* sums, int count) {
    normalise(normalisation, sums, rows[row] + std::ptrdiff_t{column} * layer.outputs,
              std::ptrdiff_t{layer.tile()} * layer.outputs, count);
  });
}

void convolve(const Winograd& layer, const PictureRows& x, int tile_row, float* const* rows,
              Scratch* scratch) {
  const std::ptrdiff_t n = layer.outputs;
  convolve_row(layer, x, tile_row, scratch, [&](int row, int column, const float* sums, int count) {
    for (int i = 0; i < count; ++i) std::copy_n(sums + i * n, n, rows[row] + (column + i * layer.tile()) * n);
  });
}

#else

bool winograd_pays(int, int) {
  return false;
}
void convolve(const Winograd&, const PictureRows&, int, const Normalisation&, Value* const*, Scratch*) {}
void convolve(const Winograd&, const PictureRows&, int, float* const*, Scratch*) {}

#endif

}  // namespace mpq::mbt2018::fast
