// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Values of any type as float32.
#include <bit>
#include <cmath>
#include <cstring>

#include "checkpoint/checkpoint.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::checkpoint {
namespace {

float from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

// IEEE 754 binary16: exact in float32, subnormals, infinities and NaN payloads too.
float from_float16(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16;
  const std::uint32_t exponent = bits >> 10 & 31U, fraction = bits & 1023U;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000U | fraction << 13);
  if (exponent > 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
  return sign != 0 ? -magnitude : magnitude;
}

template <class Stored, class Convert>
std::vector<float> convert(std::span<const std::uint8_t> bytes, const Convert& to_float) {
  std::vector<float> values(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof stored, sizeof stored);
    values[i] = to_float(stored);
  }
  return values;
}

template <class Number>
std::vector<float> numbers(std::span<const std::uint8_t> bytes) {
  return convert<Number>(bytes, [](Number number) { return static_cast<float>(number); });
}

}  // namespace

std::vector<float> to_float32(std::span<const std::uint8_t> bytes, Dtype dtype) {
  switch (dtype) {
    case Dtype::boolean:
      return convert<std::uint8_t>(bytes, [](std::uint8_t value) { return value != 0 ? 1.0F : 0.0F; });
    case Dtype::uint8:
      return numbers<std::uint8_t>(bytes);
    case Dtype::uint16:
      return numbers<std::uint16_t>(bytes);
    case Dtype::uint32:
      return numbers<std::uint32_t>(bytes);
    case Dtype::uint64:
      return numbers<std::uint64_t>(bytes);
    case Dtype::int8:
      return numbers<std::int8_t>(bytes);
    case Dtype::int16:
      return numbers<std::int16_t>(bytes);
    case Dtype::int32:
      return numbers<std::int32_t>(bytes);
    case Dtype::int64:
      return numbers<std::int64_t>(bytes);
    case Dtype::float16:
      return convert<std::uint16_t>(bytes, from_float16);
    case Dtype::bfloat16:
      return convert<std::uint16_t>(bytes, from_bfloat16);
    case Dtype::float32:
      return numbers<float>(bytes);
    case Dtype::float64:
      return numbers<double>(bytes);
    case Dtype::float8_e4m3:
    case Dtype::float8_e5m2:
    case Dtype::complex64:
    case Dtype::complex128:
      break;
  }
  throw Error(ErrorCode::unsupported,
              text("values of type ", name_of(dtype), " cannot be turned into float32"),
              "Save the tensor as float32.");
}

std::vector<float> to_float32(const Checkpoint& checkpoint, const Tensor& tensor) {
  const Data data = checkpoint.read(tensor);
  try {
    return to_float32(data.bytes, tensor.dtype);
  } catch (const Error& error) {
    throw Error(error.code(), text(checkpoint.file(), ": tensor \"", tensor.name, "\": ", error.what()),
                error.remedy());
  }
}

}  // namespace mpq::checkpoint
