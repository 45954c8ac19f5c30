// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The backbones as tables: what torchvision calls `features`, as far as LPIPS looks at it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "checkpoint/binding.h"
#include "metrics/lpips/lpips.h"

namespace mpq::lpips {

struct Layer {
  enum class Kind { convolution, fire, pool };
  Kind kind;
  int index;            ///< torchvision's number, of convolutions and Fire modules
  int inputs, outputs;  ///< channels
  int kernel, stride;
  int padding = 0;        ///< zeros on each side, of convolutions
  int squeeze = 0;        ///< channels within a Fire module
  bool round_up = false;  ///< of a pool: windows that begin in the picture and end outside count
  bool tap = false;       ///< what leaves it, after its ReLU, is compared

  std::string name() const { return "features." + std::to_string(index); }
};

std::span<const Layer> layers_of(Backbone backbone);

/// Channels of the compared features, layer by layer.
std::vector<std::int64_t> tapped_channels(Backbone backbone);

/// Tensors of torchvision's features.
std::vector<checkpoint::Wanted> wanted_features(Backbone backbone);

/// Pixels of the shortest side that every layer has something to look at.
int smallest_side(Backbone backbone);

}  // namespace mpq::lpips
