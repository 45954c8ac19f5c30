// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/winograd_layers.h"

#include <algorithm>
#include <vector>

#include "codecs/mbt2018/fast_rows.h"

namespace mpq::mbt2018 {
namespace {

using fast::Value;
using fast::Winograd;

fast::Winograd read_layer(const LayerReader& reader, const std::string& name, Winograd::Kind kind) {
  const at::Tensor weight = reader.tensor(name + ".weight"), bias = reader.tensor(name + ".bias");
  return {kind, floats(weight), floats(bias)};
}

fast::PictureRows rows_of(const at::Tensor& x) {
  return {values(x), x.stride(2), 0, static_cast<int>(x.size(2)), static_cast<int>(x.size(3))};
}

/// Some megabytes of a thread, kept for the next picture.
fast::Scratch& scratch() {
  thread_local fast::Scratch scratch;
  return scratch;
}

std::array<std::int64_t, 2> output_size(const Winograd& layer, const at::Tensor& x) {
  if (layer.kind == Winograd::Kind::down) return {x.size(2) / 2, x.size(3) / 2};
  return {x.size(2) * 2, x.size(3) * 2};
}

/// Calls function(tile row, output rows) for all rows of tiles.
template <class Element, class Function>
void for_tile_rows(const Winograd& layer, const at::Tensor& out, Element* first, const Function& function) {
  nn::share(out.size(2) / layer.tile(), [&](std::int64_t row) {
    std::array<Element*, 4> rows{};
    for (int i = 0; i < layer.tile(); ++i)
      rows[static_cast<std::size_t>(i)] = first + (row * layer.tile() + i) * out.stride(2);
    function(static_cast<int>(row), rows.data());
  });
}

/// The rows of the first layer's outputs that a row of tiles of the second sees, row of tiles after row.
class Window {
 public:
  Window(const fast::FirstLayer& layer, const ImageView& picture, const Padding& padding)
      : layer_(layer),
        picture_(picture),
        padding_(padding),
        step_(std::ptrdiff_t{padding.width} / 2 * layer.channels) {
    static thread_local std::vector<Value> kept;
    values_ = &kept;
    kept.resize(static_cast<std::size_t>(size * step_));
  }

  fast::PictureRows rows(int tile_row) {
    const auto [begin, end] = fast::rows_seen(Winograd::Kind::down, tile_row);
    int from = begin;
    if (begin < end_) {  // the rest is here
      std::copy(at(begin), at(end_), values_->data());
      from = end_;
    }
    first_ = begin;
    compute(std::max(from, 0), std::min(end, padding_.height / 2));
    end_ = end;
    return {values_->data(), step_, begin, padding_.height / 2, padding_.width / 2};
  }

 private:
  static constexpr std::ptrdiff_t size = 7;

  Value* at(int row) { return values_->data() + step_ * (row - first_); }

  void compute(int from, int to) {
    if (from >= to) return;
    const PixelRows pixels(picture_, padding_, 2 * from - 2, 2 * (to - from) + 3);
    for (int y = from; y < to; ++y) pixels.first_layer(layer_, y, padding_.width, at(y));
  }

  const fast::FirstLayer& layer_;
  const ImageView& picture_;
  const Padding& padding_;
  std::ptrdiff_t step_;
  std::vector<Value>* values_;
  int first_ = 0, end_ = -1000;  // no row yet
};

/// Rows of tiles whose sums belong together, whatever the number of threads: so that the order of additions
/// and with it the picture stay the same.
constexpr int band = 8;

}  // namespace

WinogradLayers::WinogradLayers(const LayerReader& reader)
    : g_a{read_layer(reader, "g_a.2", Winograd::Kind::down),
          read_layer(reader, "g_a.4", Winograd::Kind::down),
          read_layer(reader, "g_a.6", Winograd::Kind::down)},
      g_s{read_layer(reader, "g_s.0", Winograd::Kind::up), read_layer(reader, "g_s.2", Winograd::Kind::up),
          read_layer(reader, "g_s.4", Winograd::Kind::up)} {}

std::unique_ptr<const WinogradLayers> winograd_layers(const LayerReader& reader, int n, int m) {
  if (!fast::winograd_pays(n, m) || !fast::winograd_pays(m, n)) return nullptr;
  return std::make_unique<const WinogradLayers>(reader);
}

at::Tensor convolve(const Winograd& layer, const fast::Normalisation& normalisation, const at::Tensor& x) {
  const auto [height, width] = output_size(layer, x);
  const at::Tensor out = empty(layer.outputs, height, width);
  for_tile_rows(layer, out, values(out), [&](int row, Value* const* rows) {
    fast::convolve(layer, rows_of(x), row, normalisation, rows, &scratch());
  });
  return out;
}

at::Tensor convolve(const Winograd& layer, const at::Tensor& x) {
  const auto [height, width] = output_size(layer, x);
  const at::Tensor out = empty(layer.outputs, height, width, at::kFloat);
  for_tile_rows(layer, out, out.data_ptr<float>(), [&](int row, float* const* rows) {
    fast::convolve(layer, rows_of(x), row, rows, &scratch());
  });
  return out;
}

at::Tensor first_layers(const FastLayers& fast, const Winograd& layer, const ImageView& picture,
                        const Padding& padding) {
  const at::Tensor out = empty(layer.outputs, padding.height / 4, padding.width / 4);
  const std::int64_t tile_rows = padding.height / 8;
  // So many that the rows computed twice, three between two parts, cost little.
  const std::int64_t part = std::clamp<std::int64_t>(tile_rows / (4 * at::get_num_threads()), 1, 8);
  nn::share((tile_rows + part - 1) / part, [&](std::int64_t i) {
    Window window(fast.first, picture, padding);
    for (std::int64_t row = i * part; row < std::min((i + 1) * part, tile_rows); ++row) {
      Value* const rows[] = {values(out) + 2 * row * out.stride(2),
                             values(out) + (2 * row + 1) * out.stride(2)};
      const auto at = static_cast<int>(row);
      fast::convolve(layer, window.rows(at), at, fast.g_a_norm[0], rows, &scratch());
    }
  });
  return out;
}

void last_layers(const FastLayers& fast, const Winograd& layer, const at::Tensor& x, const Padding& padding,
                 const MutableImageView& picture) {
  const int width = padding.width / 2;
  constexpr std::int64_t tile = 4, rows_of_band = band * tile;
  const std::int64_t bands = padding.height / 2 / rows_of_band;
  std::vector<SumRows> sums;
  for (std::int64_t i = 0; i < bands; ++i)
    sums.emplace_back(fast.last, width, i * rows_of_band, (i + 1) * rows_of_band);
  const auto sums_of = [&](std::int64_t i) -> SumRows& { return sums[static_cast<std::size_t>(i)]; };
  nn::share(bands, [&](std::int64_t i) {
    const std::ptrdiff_t step = std::ptrdiff_t{width} * layer.outputs;
    std::vector<Value> values(static_cast<std::size_t>(tile * step));
    Value* const rows[] = {values.data(), values.data() + step, values.data() + 2 * step,
                           values.data() + 3 * step};
    for (std::int64_t row = i * band; row < (i + 1) * band; ++row) {
      fast::convolve(layer, rows_of(x), static_cast<int>(row), fast.g_s_norm[2], rows, &scratch());
      for (int k = 0; k < tile; ++k) sums_of(i).add(fast.last, rows[k], width, tile * row + k);
    }
  });
  // An input's part in five rows of outputs reaches one row into the band below and two into the one above.
  nn::share(bands, [&](std::int64_t i) {
    const std::int64_t first = 2 * i * rows_of_band, last = first + 2 * rows_of_band;
    if (i > 0) sums_of(i).take(sums_of(i - 1), first);
    for (std::int64_t row = last - 2; row < last && i + 1 < bands; ++row)
      sums_of(i).take(sums_of(i + 1), row);
    sums_of(i).finish(first, last, padding, picture);
  });
}

at::Tensor analyse(const FastLayers& fast, const WinogradLayers& layers, const ImageView& picture,
                   const Padding& padding) {
  const at::Tensor x = first_layers(fast, layers.g_a[0], picture, padding);
  return convolve(layers.g_a[2], convolve(layers.g_a[1], fast.g_a_norm[1], x));
}

void synthesise(const FastLayers& fast, const WinogradLayers& layers, const at::Tensor& y,
                const Padding& padding, const MutableImageView& picture) {
  const at::Tensor x =
      convolve(layers.g_s[0], fast.g_s_norm[0], y.contiguous(at::MemoryFormat::ChannelsLast));
  last_layers(fast, layers.g_s[2], convolve(layers.g_s[1], fast.g_s_norm[1], x), padding, picture);
}

}  // namespace mpq::mbt2018
