// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A tensor as ONNX files write it (TensorProto of onnx.proto).
#pragma once

#include "checkpoint/contents.h"
#include "checkpoint/protobuf.h"

namespace mpq::checkpoint {

/// Throws Error(corrupt_data, unsupported, limit_exceeded), which names the tensor.
Array read_onnx_tensor(const protobuf::Field& message, const Source& source, std::size_t& budget);

}  // namespace mpq::checkpoint
