// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nn/weights.h"

#include "core/error.h"
#include "core/text.h"

namespace mpq::nn {
namespace {

at::ScalarType torch_type(const checkpoint::Checkpoint& checkpoint, const checkpoint::Tensor& tensor) {
  using checkpoint::Dtype;
  switch (tensor.dtype) {
    case Dtype::float16:
      return at::kHalf;
    case Dtype::bfloat16:
      return at::kBFloat16;
    case Dtype::float32:
      return at::kFloat;
    case Dtype::float64:
      return at::kDouble;
    case Dtype::int8:
      return at::kChar;
    case Dtype::uint8:
      return at::kByte;
    case Dtype::int16:
      return at::kShort;
    case Dtype::int32:
      return at::kInt;
    case Dtype::int64:
      return at::kLong;
    case Dtype::boolean:
      return at::kBool;
    default:
      throw Error(ErrorCode::unsupported,
                  text(checkpoint.file(), ": the tensor ", tensor.name, " is of the type ",
                       checkpoint::name_of(tensor.dtype), ", which no weight has"));
  }
}

}  // namespace

at::Tensor load(const checkpoint::Checkpoint& checkpoint, const checkpoint::Tensor& tensor,
                at::ScalarType type, at::Device device) {
  const checkpoint::Data data = checkpoint.read(tensor);
  // from_blob wants a pointer that may write; what it makes is only read here.
  auto* bytes = const_cast<std::uint8_t*>(data.bytes.data());
  const at::Tensor view = at::from_blob(bytes, tensor.shape, at::dtype(torch_type(checkpoint, tensor)));
  at::Tensor copy = view.to(device, type, /*non_blocking=*/false, /*copy=*/true);
  checkpoint.release(data);
  return copy;
}

}  // namespace mpq::nn
