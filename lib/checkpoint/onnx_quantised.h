// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Weights that quantised ONNX exports hold as 8-bit integers with a scale and a zero point.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/contents.h"

namespace mpq::checkpoint {

struct QuantisedUse {
  std::string scale, zero_point;  ///< names of tensors; the zero point may be empty
  std::int64_t axis = -1;         ///< of the channels, from the end where negative
};

/// By the name of the integer tensor.
using QuantisedUses = std::map<std::string, QuantisedUse>;

/// Notes what a node of the graph says of a quantised weight: DequantizeLinear, MatMulInteger, ConvInteger.
void note_use(QuantisedUses& uses, std::string_view op_type, const std::vector<std::string>& inputs,
              std::int64_t axis);

/// Adds a float32 tensor for each quantised one, under its name without "_quantized" (or with "_dequantized"
/// where it does not end so). Those named so with a "_scale" and a "_zero_point" beside them need no node.
void add_dequantised(Contents& contents, const QuantisedUses& uses);

}  // namespace mpq::checkpoint
