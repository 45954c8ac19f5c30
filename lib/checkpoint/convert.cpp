// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Values of one type as those of another.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "checkpoint/checkpoint.h"
#include "checkpoint/half.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::checkpoint {
namespace {

template <class Stored, class Value = float, class Convert>
std::vector<Value> convert(std::span<const std::uint8_t> bytes, const Convert& to_value) {
  std::vector<Value> values(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof stored, sizeof stored);
    values[i] = to_value(stored);
  }
  return values;
}

template <class Number>
std::vector<float> numbers(std::span<const std::uint8_t> bytes) {
  return convert<Number>(bytes, [](Number number) { return static_cast<float>(number); });
}

std::vector<double> doubles(std::span<const std::uint8_t> bytes) {
  return convert<double, double>(bytes, [](double number) { return number; });
}

// `overflow` is the smallest magnitude that rounds to infinity.
template <class Value, class Round>
void round_all(const std::vector<Value>& values, Dtype to, double overflow, const Round& round,
               std::uint8_t* out) {
  for (const Value value : values) {
    if (std::isfinite(value) && std::abs(value) >= overflow)
      throw Error(ErrorCode::unsupported, text("the value ", value, " is beyond the range of ", name_of(to)),
                  "Choose bfloat16 or float32, which reach further, or keep the type.");
    const auto stored = round(value);
    std::memcpy(out, &stored, sizeof stored);
    out += sizeof stored;
  }
}

template <class Value>
void store(const std::vector<Value>& values, Dtype to, std::uint8_t* out) {
  if (to == Dtype::float16) {
    round_all(values, to, 65520.0, to_float16, out);
  } else if (to == Dtype::bfloat16) {
    round_all(values, to, 0x1.FFp127, to_bfloat16, out);
  } else {
    round_all(
        values, to, 0x1.FFFFFFp127, [](Value value) { return static_cast<float>(value); }, out);
  }
}

bool has_arithmetic(Dtype dtype) {
  return dtype == Dtype::float16 || dtype == Dtype::bfloat16 || dtype == Dtype::float32 ||
         dtype == Dtype::float64;
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

std::vector<std::uint8_t> to_type(std::span<const std::uint8_t> bytes, Dtype from, Dtype to) {
  if (!has_arithmetic(from) || !has_arithmetic(to) || to == Dtype::float64)
    throw Error(ErrorCode::unsupported,
                text("values of type ", name_of(from), " cannot be turned into ", name_of(to)),
                "Keep the type.");
  constexpr std::size_t block = 16384;  // values: those on the way take little memory
  const std::size_t count = bytes.size() / size_of(from);
  std::vector<std::uint8_t> converted(count * size_of(to));
  for (std::size_t at = 0; at < count; at += block) {
    const auto part = bytes.subspan(at * size_of(from), std::min(block, count - at) * size_of(from));
    std::uint8_t* const out = converted.data() + at * size_of(to);
    from == Dtype::float64 ? store(doubles(part), to, out) : store(to_float32(part, from), to, out);
  }
  return converted;
}

}  // namespace mpq::checkpoint
