// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/residual_float.h"

#include <algorithm>

namespace mpq::mbt2018 {
namespace {

constexpr int patch_row = 3 * patch_size, block_row = 3 * block_size;  // values
constexpr int patches = block_size / patch_size;                       // along a block

std::span<const float> floats(const at::Tensor& x) {
  if (!x.defined()) return {};
  return {x.data_ptr<float>(), static_cast<std::size_t>(x.numel())};
}

/// Memory of one row's work; kept by a thread from row to row. Each part begins at a cache line.
class RowScratch {
 public:
  float* take(std::ptrdiff_t count) {
    float* const part = values_.data() + used_;
    used_ += (count + 15) / 16 * 16;
    return part;
  }
  /// For all that is taken before the next call.
  static RowScratch& with_room(std::ptrdiff_t count) {
    static thread_local RowScratch scratch;
    scratch.values_.resize(std::max(scratch.values_.size(), static_cast<std::size_t>(count)));
    scratch.used_ = 0;
    return scratch;
  }

 private:
  AlignedVector<float> values_;
  std::ptrdiff_t used_ = 0;
};

void add_bias(float* row, const float* bias, int count, float negative_slope) {
#pragma omp simd
  for (int i = 0; i < count; ++i) {
    const float value = row[i] + bias[i];
    row[i] = std::max(value, 0.0F) + std::min(value, 0.0F) * negative_slope;
  }
}

void widen(const std::uint8_t* bytes, int count, float* to) {
#pragma omp simd
  for (int i = 0; i < count; ++i) to[i] = bytes[i];
}

/// Both are around 0.
void to_bytes(const float* a, const float* b, int count, std::uint8_t* to) {
#pragma omp simd
  for (int i = 0; i < count; ++i) {
    const float value = (a[i] + b[i] + 0.5F) * 255 + 0.5F;
    to[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(std::min(std::max(value, 0.0F), 255.0F)));
  }
}

}  // namespace

bool FloatResidual::pays(const Architecture& architecture, const nn::Placement& placement) {
  return placement.device.is_cpu() && placement.type == at::kFloat && nn::float_kernels() != nullptr &&
         architecture.nano->wide % 32 == 0 && architecture.nano->deep % 32 == 0 && architecture.m % 16 == 0;
}

FloatResidual::FloatResidual(const ResidualWeights& weights) {
  const nn::FloatKernels& kernels = *nn::float_kernels();
  const auto mix = [&](const ResidualWeights::Mix& from, bool activated) {
    const auto bias = floats(from.bias);
    return Mix{{kernels, floats(from.weight), static_cast<int>(from.weight.size(0))},
               {bias.begin(), bias.end()},
               activated};
  };
  const auto blocks = [&](const std::vector<ResidualWeights::Block>& from) {
    std::vector<nn::GatedBlock> all;
    for (const ResidualWeights::Block& b : from)
      all.emplace_back(kernels, floats(b.gate), floats(b.gate_bias), floats(b.mix.weight),
                       floats(b.mix.bias));
    return all;
  };
  analysis_ = {mix(weights.analysis.linear, false), mix(weights.analysis.patch, true),
               blocks(weights.analysis.wide), blocks(weights.analysis.deep)};
  synthesis_ = {mix(weights.synthesis.linear, false), mix(weights.synthesis.patch, false),
                blocks(weights.synthesis.wide), blocks(weights.synthesis.deep)};
  down_ = mix(weights.down, true);
  out_ = mix(weights.out, false);
  in_ = mix(weights.in, true);
  up_ = mix(weights.up, true);
}

void FloatResidual::Mix::operator()(const float* pixels, int count, float* out) const {
  matrix.kernels->multiply(matrix, pixels, matrix.inputs, count, out, outputs());
  if (bias.empty()) return;
  for (int i = 0; i < count; ++i)
    add_bias(out + std::ptrdiff_t{i} * outputs(), bias.data(), outputs(), activated ? residual_slope : 1);
}

void FloatResidual::Map::resize(int rows, int columns, int depth) {
  height = rows;
  width = columns;
  channels = depth;
  values.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) *
                static_cast<std::size_t>(depth));
}

FloatResidual::Maps& FloatResidual::maps() {
  static thread_local Maps kept;
  return kept;
}

void FloatResidual::run(const std::vector<nn::GatedBlock>& blocks, Map& x, Map& other) {
  other.resize(x.height, x.width, x.channels);
  for (const nn::GatedBlock& b : blocks) {
    const nn::GatedPicture picture{x.row(0), other.row(0), x.height, x.width};
    constexpr int at_once = nn::gated_tiles_at_once;
    nn::share((picture.tiles() + at_once - 1) / at_once, [&](std::int64_t i) {
      static thread_local nn::FloatScratch scratch;
      const int first = static_cast<int>(i) * at_once;
      b.kernels->run(b, picture, first, std::min(at_once, picture.tiles() - first), &scratch);
    });
    std::swap(x.values, other.values);
  }
}

/// A row of latents (from the pixels alone) and the rows of `wide` beside it.
void FloatResidual::analyse_row(const ImageView& picture, const Padding& padding, int y, float* latents,
                                Map& wide) const {
  const int columns = padding.latents.width, row = 3 * padding.width;
  const std::ptrdiff_t all = std::ptrdiff_t{row} * block_size;
  RowScratch& scratch = RowScratch::with_room(2 * all + 2 * row + 64);
  float* const blocks = scratch.take(all);   // [columns][block_size][block_row]
  float* const squares = scratch.take(all);  // [patches][columns * patches][patch_size][patch_row]
  float* const line = scratch.take(row);
  auto* const bytes = reinterpret_cast<std::uint8_t*>(scratch.take(row));
  for (int i = 0; i < block_size; ++i) {
    copy_padded_row(picture, padding, y * block_size + i, bytes);
    widen(bytes, row, line);
    for (std::ptrdiff_t x = 0; x < columns; ++x)
      std::copy_n(line + x * block_row, block_row, blocks + (x * block_size + i) * block_row);
    for (std::ptrdiff_t x = 0; x < std::ptrdiff_t{columns} * patches; ++x)
      std::copy_n(
          line + x * patch_row, patch_row,
          squares + (((i / patch_size) * columns * patches + x) * patch_size + i % patch_size) * patch_row);
  }
  analysis_.linear(blocks, columns, latents);
  analysis_.patch(squares, columns * patches * patches, wide.row(y * patches));
}

at::Tensor FloatResidual::analyse(const ImageView& picture, const Padding& padding) const {
  const int height = padding.latents.height, width = padding.latents.width;
  at::Tensor y = at::empty({height, width, out_.outputs()}, at::kFloat);
  const auto latents = [&](std::int64_t row) { return y.data_ptr<float>() + row * width * out_.outputs(); };
  Maps& kept = maps();
  Map &wide = kept.wide, &deep = kept.deep, &other = kept.other;
  wide.resize(height * patches, width * patches, analysis_.patch.outputs());
  nn::share(height, [&](std::int64_t row) {
    analyse_row(picture, padding, static_cast<int>(row), latents(row), wide);
  });
  run(analysis_.wide, wide, other);
  deep.resize(height, width, down_.outputs());
  nn::share(height, [&](std::int64_t row) {
    const int r = static_cast<int>(row), both = 2 * wide.channels;
    RowScratch& scratch = RowScratch::with_room(2 * both * width);
    float* const squares = scratch.take(2 * both * width);
    for (int x = 0; x < width; ++x)
      for (int i = 0; i < 2; ++i)
        std::copy_n(wide.row(2 * r + i) + std::ptrdiff_t{x} * both, both, squares + (2 * x + i) * both);
    down_(squares, width, deep.row(r));
  });
  run(analysis_.deep, deep, other);
  nn::share(height, [&](std::int64_t row) {
    const int count = width * out_.outputs();
    float* const more = RowScratch::with_room(count).take(count);
    out_(deep.row(static_cast<int>(row)), width, more);
    float* const sum = latents(row);
#pragma omp simd
    for (int i = 0; i < count; ++i) sum[i] += more[i];
  });
  return y.permute({2, 0, 1}).unsqueeze(0);
}

/// The pixels of a row of latents.
void FloatResidual::synthesise_row(const float* latents, int y, Map& wide, const Padding& padding,
                                   const MutableImageView& picture) const {
  const int columns = padding.latents.width, row = 3 * padding.width;
  const std::ptrdiff_t all = std::ptrdiff_t{row} * block_size;
  RowScratch& scratch = RowScratch::with_room(2 * all + row + 64);
  float* const blocks = scratch.take(all);
  float* const squares = scratch.take(all);
  auto* const bytes = reinterpret_cast<std::uint8_t*>(scratch.take(row));
  synthesis_.linear(latents, columns, blocks);
  synthesis_.patch(wide.row(y * patches), columns * patches * patches, squares);
  for (int i = 0; i < block_size; ++i) {
    const int to = y * block_size + i - padding.top;
    if (to < 0 || to >= picture.height) continue;
    for (std::ptrdiff_t x = 0; x < std::ptrdiff_t{columns} * patches; ++x)
      to_bytes(
          blocks + (x / patches * block_size + i) * block_row + x % patches * patch_row,
          squares + (((i / patch_size) * columns * patches + x) * patch_size + i % patch_size) * patch_row,
          patch_row, bytes + x * patch_row);
    std::copy_n(bytes + std::ptrdiff_t{3} * padding.left, std::ptrdiff_t{3} * picture.width,
                picture.planes[0].data + picture.planes[0].stride * to);
  }
}

void FloatResidual::synthesise(const at::Tensor& y, const Padding& padding,
                               const MutableImageView& picture) const {
  const int height = padding.latents.height, width = padding.latents.width;
  const at::Tensor ordered = y.squeeze(0).permute({1, 2, 0}).contiguous();
  const auto latents = [&](std::int64_t row) {
    return ordered.data_ptr<float>() + row * width * in_.matrix.inputs;
  };
  Maps& kept = maps();
  Map &wide = kept.wide, &deep = kept.deep, &other = kept.other;
  deep.resize(height, width, in_.outputs());
  nn::share(height, [&](std::int64_t row) { in_(latents(row), width, deep.row(static_cast<int>(row))); });
  run(synthesis_.deep, deep, other);
  wide.resize(height * patches, width * patches, up_.outputs() / (patches * patches));
  nn::share(height, [&](std::int64_t row) {
    const int r = static_cast<int>(row), both = 2 * wide.channels;
    float* const squares = RowScratch::with_room(2 * both * width).take(2 * both * width);
    up_(deep.row(r), width, squares);
    for (int x = 0; x < width; ++x)
      for (int i = 0; i < 2; ++i)
        std::copy_n(squares + (2 * x + i) * both, both, wide.row(2 * r + i) + std::ptrdiff_t{x} * both);
  });
  run(synthesis_.wide, wide, other);
  nn::share(height, [&](std::int64_t row) {
    synthesise_row(latents(row), static_cast<int>(row), wide, padding, picture);
  });
}

}  // namespace mpq::mbt2018
