// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Convolutions over maps of fixed-point values, on exact layers: their results are the same on every machine.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "entropy/exact_layer.h"

namespace mpq::entropy {

/// Values [height][width][channels].
struct Map {
  int height = 0, width = 0, channels = 0;
  std::vector<Fixed> values;

  Map() = default;
  Map(int rows, int columns, int depth)
      : height(rows),
        width(columns),
        channels(depth),
        values(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) *
               static_cast<std::size_t>(depth)) {}

  Fixed* at(int y, int x) { return values.data() + index(y, x); }
  const Fixed* at(int y, int x) const { return values.data() + index(y, x); }
  /// Null outside.
  const Fixed* find(int y, int x) const {
    return y >= 0 && y < height && x >= 0 && x < width ? at(y, x) : nullptr;
  }

 private:
  std::ptrdiff_t index(int y, int x) const { return (std::ptrdiff_t{y} * width + x) * channels; }
};

/// An input of a kernel, relative to the position that the kernel looks from.
struct Tap {
  int y, x;
};

/// One matrix product over some taps. Immutable; thread-safe.
class TapLayer {
 public:
  TapLayer() = default;
  /// `weights` is [rows][taps][channels]. Throws as ExactLayer does.
  TapLayer(std::vector<Tap> taps, std::span<const float> weights, std::span<const float> bias,
           Activation activation);

  const ExactLayer& layer() const noexcept { return layer_; }
  /// Fills a panel with what the kernel sees at some positions of a map; zeros outside.
  void look(const Map& map, std::span<const Tap> positions, Panel* panel) const;

 private:
  std::vector<Tap> taps_;
  ExactLayer layer_;
};

/// How a published layer's weights and bias are called to be read.
struct Weights {
  std::span<const float> values;  ///< [out][in][k][k], of transposed convolutions [in][out][k][k]
  std::span<const float> bias;    ///< [out]
};

/// A k x k convolution, stride 1, zero padding k / 2. Of a masked one (type A) the weights count that lie
/// before the centre, row by row.
TapLayer convolution(const Weights& weights, int kernel, Activation activation, bool masked = false);

/// A transposed 5 x 5 convolution with stride 2, padding 2, output padding 1: doubles a map's size.
/// Immutable; thread-safe.
class Doubling {
 public:
  Doubling() = default;
  Doubling(const Weights& weights, Activation activation);
  Map run(const Map& input) const;

 private:
  std::array<TapLayer, 4> layers_;  ///< of the outputs at even and odd rows and columns
};

/// The convolution at every position.
Map run(const TapLayer& layer, const Map& input);

}  // namespace mpq::entropy
