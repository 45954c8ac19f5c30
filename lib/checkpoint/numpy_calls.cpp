// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The part of TensorCalls that knows NumPy's arrays and numbers.
#include <algorithm>
#include <bit>
#include <cstring>

#include "checkpoint/tensor_calls.h"

namespace mpq::checkpoint {
namespace {

using Kind = Value::Kind;
using Args = std::vector<const Value*>;

const Value& argument(const Args& args, std::size_t index) {
  if (index >= args.size()) corrupt("an array in its pickle lacks arguments");
  return *args[index];
}

bool holds_bytes(const Value& value) {
  return value.is(Kind::bytes) || value.is(Kind::string);  // the latter from Python 2
}

bool is_true(const Value& value) {
  return (value.is(Kind::boolean) || value.is(Kind::integer)) && value.integer != 0;
}

// dtype("f4", ...) whose state holds the byte order: (3, "<", ...).
std::optional<NumpyType> type_of(const Value& dtype) {
  if (dtype.text != "numpy.dtype" || dtype.args == nullptr) return std::nullopt;
  auto type = numpy_type(argument(dtype.args->items, 0).text);
  if (type && dtype.state != nullptr) type->big_endian = argument(dtype.state->items, 1).text == ">";
  return type;
}

std::vector<std::int64_t> shape_of(const Value& shape) {
  std::vector<std::int64_t> sizes;
  if (shape.is(Kind::integer)) sizes.push_back(shape.integer);
  for (const Value* size : shape.items) {
    if (!size->is(Kind::integer))
      corrupt("its pickle describes the shape of an array by something else than numbers");
    sizes.push_back(size->integer);
    if (count_of(sizes) < 0) break;  // throws for what is absurd, and early
  }
  return sizes;
}

Layout layout_of(const NumpyType& type, const Value& shape, bool fortran) {
  Layout layout;
  layout.dtype = type.dtype;
  layout.shape = shape_of(shape);
  layout.strides = fortran ? fortran_strides(layout.shape) : c_strides(layout.shape);
  layout.big_endian = type.big_endian;
  return layout;
}

// A whole number, sign-extended where its type is signed.
std::int64_t whole(std::string_view bytes, bool is_signed) {
  std::uint64_t number = is_signed && static_cast<signed char>(bytes.back()) < 0 ? ~std::uint64_t{0} : 0;
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte)
    number = number << 8 | static_cast<unsigned char>(*byte);
  return static_cast<std::int64_t>(number);
}

}  // namespace

std::optional<NumpyType> numpy_type(std::string_view description) {
  static const std::unordered_map<std::string_view, Dtype> types{
      {"b1", Dtype::boolean},   {"u1", Dtype::uint8},      {"u2", Dtype::uint16},  {"u4", Dtype::uint32},
      {"u8", Dtype::uint64},    {"i1", Dtype::int8},       {"i2", Dtype::int16},   {"i4", Dtype::int32},
      {"i8", Dtype::int64},     {"f2", Dtype::float16},    {"f4", Dtype::float32}, {"f8", Dtype::float64},
      {"c8", Dtype::complex64}, {"c16", Dtype::complex128}};
  NumpyType type;
  if (!description.empty() && std::string_view("<>|=").find(description[0]) != std::string_view::npos) {
    type.big_endian = description[0] == '>';
    description.remove_prefix(1);
  }
  const auto found = types.find(description);
  if (found == types.end()) return std::nullopt;
  type.dtype = found->second;
  return type;
}

// An empty array, whose state follows.
Value& TensorCalls::begin_array(Value&, const Args& args) {
  arena_.charge(sizeof(Value));
  Value& array = arena_.string("numpy.ndarray", Kind::record);
  if (!args.empty()) array.args = args[0];
  return array;
}

// (version, shape, type, whether in Fortran's order, bytes). Arrays of objects stay records.
void TensorCalls::finish_array(Value& array, const Value& state) {
  const auto type = type_of(argument(state.items, 2));
  const Value& bytes = argument(state.items, 4);
  if (!type || !holds_bytes(bytes)) return;
  Pending pending;
  pending.layout = layout_of(*type, argument(state.items, 1), is_true(argument(state.items, 3)));
  pending.bytes = &bytes;
  make_tensor(array, std::move(pending));
}

// (bytes, type, shape, "C" or "F")
Value& TensorCalls::array_from_buffer(Value& function, const Args& args) {
  const auto type = type_of(argument(args, 1));
  const Value& bytes = argument(args, 0);
  if (!type || !holds_bytes(bytes)) return arena_.string(function.text, Kind::record);
  Pending pending;
  pending.layout = layout_of(*type, argument(args, 2), argument(args, 3).text == "F");
  pending.bytes = &bytes;
  Value& array = arena_.make(Kind::tensor);
  make_tensor(array, std::move(pending));
  return array;
}

// (type, bytes)
Value& TensorCalls::scalar(Value& function, const Args& args) {
  const auto type = type_of(argument(args, 0));
  if (!type || !holds_bytes(argument(args, 1))) return arena_.string(function.text, Kind::record);
  std::string bytes = args[1]->text.substr(0, 16);
  if (bytes.size() != size_of(type->dtype) || args[1]->text.size() > 16)
    corrupt("its pickle has a number of the wrong size");
  if (type->big_endian) std::reverse(bytes.begin(), bytes.end());
  const std::string_view name = name_of(type->dtype);
  if (type->dtype == Dtype::boolean) return arena_.boolean(bytes[0] != 0);
  if (name.starts_with("int") || name.starts_with("uint"))
    return arena_.integer(whole(bytes, name.starts_with("int")));
  if (name.starts_with("complex")) return arena_.string(function.text, Kind::record);
  if constexpr (std::endian::native == std::endian::big) std::reverse(bytes.begin(), bytes.end());
  if (type->dtype == Dtype::float64) {
    double number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    return arena_.real(number);
  }
  return arena_.real(
      to_float32({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, type->dtype)[0]);
}

}  // namespace mpq::checkpoint
