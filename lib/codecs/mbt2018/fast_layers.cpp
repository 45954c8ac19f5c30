// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/fast_layers.h"

#include <algorithm>
#include <vector>

#include "codecs/mbt2018/fast_rows.h"

namespace mpq::mbt2018 {
namespace {

using fast::Value;

fast::FirstLayer read_first(const LayerReader& reader) {
  const at::Tensor weight = reader.tensor("g_a.0.weight") / 255, bias = reader.tensor("g_a.0.bias");
  return {floats(weight), floats(bias), read_normalisation(reader, "g_a.1", false)};
}

fast::LastLayer read_last(const LayerReader& reader) {
  const at::Tensor weight = reader.tensor("g_s.6.weight"), bias = reader.tensor("g_s.6.bias");
  return {floats(weight), floats(bias)};
}

/// A row of the four outputs of an Upsampling, normalised.
void join_row(const fast::Normalisation& layer, const std::array<at::Tensor, 4>& parts, std::int64_t row,
              Value* out) {
  for (std::size_t column = 0; column < 2; ++column) {
    const at::Tensor& part = parts[(row % 2 == 0 ? 0 : 2) + column];
    fast::normalise(layer, values(part) + row / 2 * part.stride(2), part.stride(3),
                    out + static_cast<std::ptrdiff_t>(column) * layer.channels,
                    std::ptrdiff_t{2} * layer.channels, static_cast<int>(part.size(3)));
  }
}

}  // namespace

FastLayers::FastLayers(const LayerReader& reader)
    : first(read_first(reader)),
      last(read_last(reader)),
      g_a_norm{read_normalisation(reader, "g_a.3", false), read_normalisation(reader, "g_a.5", false)},
      g_s_norm{read_normalisation(reader, "g_s.1", true), read_normalisation(reader, "g_s.3", true),
               read_normalisation(reader, "g_s.5", true)} {}

std::unique_ptr<const FastLayers> fast_layers(const LayerReader& reader, const nn::Placement& placement,
                                              int channels) {
  if (!placement.device.is_cpu() || placement.type != at::kBFloat16 || !fast::available(channels))
    return nullptr;
  return std::make_unique<const FastLayers>(reader);
}

at::Tensor first_layer(const fast::FirstLayer& layer, const ImageView& picture, const Padding& padding) {
  const at::Tensor out = empty(layer.channels, padding.height / 2, padding.width / 2);
  constexpr std::int64_t band = 16;  // rows whose pixels stay in the cache
  at::parallel_for(0, padding.height / 2, band, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t from = begin; from < end; from += band) {
      const std::int64_t to = std::min(from + band, end);
      const PixelRows rows(picture, padding, static_cast<int>(2 * from - 2),
                           static_cast<int>(2 * (to - from) + 3));
      for (auto y = static_cast<int>(from); y < to; ++y)
        rows.first_layer(layer, y, padding.width, values(out) + y * out.stride(2));
    }
  });
  return out;
}

void normalise(const fast::Normalisation& layer, const at::Tensor& x) {
  Value* const first = values(x);
  at::parallel_for(0, x.size(2) * x.size(3), 64, [&](std::int64_t begin, std::int64_t end) {
    Value* const pixels = first + begin * layer.channels;
    fast::normalise(layer, pixels, layer.channels, pixels, layer.channels, static_cast<int>(end - begin));
  });
}

at::Tensor join(const fast::Normalisation& layer, const std::array<at::Tensor, 4>& parts) {
  const at::Tensor out = empty(layer.channels, 2 * parts[0].size(2), 2 * parts[0].size(3));
  at::parallel_for(0, out.size(2), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      join_row(layer, parts, row, values(out) + row * out.stride(2));
  });
  return out;
}

void last_layer(const fast::LastLayer& layer, const fast::Normalisation& normalisation,
                const std::array<at::Tensor, 4>& parts, const Padding& padding,
                const MutableImageView& picture) {
  const std::int64_t height = padding.height / 2;
  const int width = padding.width / 2;
  constexpr std::int64_t band = 32;  // so many rows that the two computed twice cost little
  at::parallel_for(0, height, band, [&](std::int64_t begin, std::int64_t end) {
    std::vector<Value> x(static_cast<std::size_t>(width) * static_cast<std::size_t>(layer.channels));
    for (std::int64_t from = begin; from < end; from += band) {
      const std::int64_t to = std::min(from + band, end);
      SumRows sums(layer, width, from, to);
      for (std::int64_t row = std::max<std::int64_t>(from - 1, 0); row < std::min(to + 1, height); ++row) {
        join_row(normalisation, parts, row, x.data());
        sums.add(layer, x.data(), width, row);
      }
      sums.finish(2 * from, 2 * to, padding, picture);
    }
  });
}

}  // namespace mpq::mbt2018
