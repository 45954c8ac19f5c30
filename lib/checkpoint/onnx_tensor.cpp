// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/onnx_tensor.h"

#include <algorithm>
#include <array>

#include "checkpoint/layout.h"
#include "checkpoint/limits.h"

namespace mpq::checkpoint {
namespace {

using protobuf::Field;

// Numbers of fields in TensorProto.
enum : std::uint32_t {
  dims = 1,
  data_type = 2,
  segment = 3,
  float_data = 4,
  int32_data = 5,
  int64_data = 7,
  name_field = 8,
  raw_data = 9,
  double_data = 10,
  uint64_data = 11,
  data_location = 14,
};

struct Parts {
  std::string name;
  std::vector<std::int64_t> shape;
  std::uint64_t type = 0;
  std::uint32_t field = 0;    // that has the values
  std::vector<Field> values;  // all of that number
  bool external = false, segmented = false;
};

// By the number that ONNX gives each type; none for text, 4 bits, and what is newer.
constexpr std::array<std::optional<Dtype>, 20> dtypes{
    std::nullopt,      Dtype::float32,  Dtype::uint8,       Dtype::int8,   Dtype::uint16,
    Dtype::int16,      Dtype::int32,    Dtype::int64,       std::nullopt,  Dtype::boolean,
    Dtype::float16,    Dtype::float64,  Dtype::uint32,      Dtype::uint64, Dtype::complex64,
    Dtype::complex128, Dtype::bfloat16, Dtype::float8_e4m3, std::nullopt,  Dtype::float8_e5m2};

Dtype dtype_of(std::uint64_t type) {
  if (type < dtypes.size() && dtypes[type]) return *dtypes[type];
  throw Error(ErrorCode::unsupported,
              text("its values are of ONNX's type ", type, ", which mpq does not read"),
              "Export the model in float32.");
}

// The field that values of a type are in, where they are not raw.
std::uint32_t field_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::float32:
    case Dtype::complex64:
      return float_data;
    case Dtype::float64:
    case Dtype::complex128:
      return double_data;
    case Dtype::int64:
      return int64_data;
    case Dtype::uint32:
    case Dtype::uint64:
      return uint64_data;
    default:
      return int32_data;
  }
}

void add_dims(std::vector<std::int64_t>& shape, const Field& field) {
  Cursor packed(field.bytes, field.place);
  do {
    if (shape.size() >= limits::rank)
      throw Error(ErrorCode::limit_exceeded, text("it has more than ", limits::rank, " dimensions"));
    shape.push_back(static_cast<std::int64_t>(field.is_bytes ? protobuf::varint(packed) : field.value));
  } while (packed.left() > 0);
}

void add_part(Parts& parts, const Field& field) {
  switch (field.number) {
    case dims:
      if (!field.is_bytes || !field.bytes.empty()) add_dims(parts.shape, field);
      break;
    case data_type:
      parts.type = field.value;
      break;
    case segment:
      parts.segmented = true;
      break;
    case name_field:
      parts.name = as_text(field.bytes.first(std::min(field.bytes.size(), limits::name_bytes + 1)));
      break;
    case data_location:
      parts.external = field.value == 1;
      break;
    case float_data:
    case int32_data:
    case int64_data:
    case raw_data:
    case double_data:
    case uint64_data:
      if (parts.field != 0 && parts.field != field.number)
        corrupt(text("it has values in two fields, the second at byte ", field.place));
      parts.field = field.number;
      if (parts.values.size() >= limits::onnx_loose_values)
        throw Error(ErrorCode::limit_exceeded,
                    text("it has more than ", limits::onnx_loose_values, " fields of values"));
      parts.values.push_back(field);
      break;
    default:
      break;
  }
}

// Low byte first.
void put(std::vector<std::uint8_t>& bytes, std::uint64_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

// Numbers one by one: `size` low bytes of each are kept.
void decode(const Field& field, bool fixed, std::size_t size, std::vector<std::uint8_t>& bytes) {
  if (!field.is_bytes) return put(bytes, field.value, size);
  if (fixed) {
    bytes.insert(bytes.end(), field.bytes.begin(), field.bytes.end());
    return;
  }
  for (Cursor packed(field.bytes, field.place); packed.left() > 0;)
    put(bytes, protobuf::varint(packed), size);
}

Data decode_all(const std::vector<Field>& fields, Dtype dtype, std::uint64_t wanted) {
  const bool fixed = fields[0].number == float_data || fields[0].number == double_data;
  const std::size_t size = std::min<std::size_t>(size_of(dtype), fields[0].number == float_data ? 4 : 8);
  std::vector<std::uint8_t> bytes;
  for (const Field& field : fields) decode(field, fixed, size, bytes);
  if (bytes.size() != wanted)
    corrupt(text("it has ", bytes.size(), " bytes of values at byte ", fields[0].place, ", not ", wanted));
  const auto count = static_cast<std::int64_t>(wanted / size_of(dtype));
  return arrange(owned(std::move(bytes)), {dtype, {count}, {1}, 0, false});
}

// No number takes less than a byte: this is known before any is decoded.
void check_size(const Parts& parts, Dtype dtype, std::uint64_t wanted) {
  std::uint64_t held = 0;
  for (const Field& field : parts.values)
    held += field.is_bytes ? field.bytes.size() : field.width == 0 ? 1 : field.width;
  const bool exact =
      parts.field == 0 || parts.field == raw_data || parts.field == float_data || parts.field == double_data;
  const std::uint64_t least = exact ? wanted : wanted / size_of(dtype);
  if (held < least || (exact && held != wanted))
    corrupt(text("its shape ", shape_text(parts.shape), " of ", name_of(dtype), " takes ",
                 exact ? "" : "at least ", least, " bytes, but it has ", held,
                 parts.values.empty() ? "" : text(" at byte ", parts.values[0].place)));
}

std::function<Data()> loader(Parts parts, Dtype dtype, std::uint64_t wanted, const Source& source) {
  const bool in_place = parts.values.size() == 1 && parts.values[0].is_bytes &&
                        (parts.field == raw_data || parts.field == float_data || parts.field == double_data);
  if (parts.values.empty()) return [] { return Data{}; };
  if (!in_place && parts.field == raw_data) corrupt("it has raw values in several parts");
  if (parts.values.size() > 1) {  // at once: the fields take more memory than the values
    Data values = decode_all(parts.values, dtype, wanted);
    return [values = std::move(values)] { return values; };
  }
  if (!in_place)
    return [values = std::move(parts.values), dtype, wanted, owner = source.owner] {
      return decode_all(values, dtype, wanted);
    };
  Layout layout{dtype, parts.shape, c_strides(parts.shape), 0, false};
  const Data place{parts.values[0].bytes, source.owner, false};
  return [place, layout = std::move(layout)] { return arrange(place, layout); };
}

Array array_of(Parts parts, const Source& source) {
  if (parts.external)
    throw Error(ErrorCode::unsupported, "its values are in another file, which mpq does not open",
                "Export the model as one file.");
  if (parts.segmented)
    throw Error(ErrorCode::unsupported, "it is written in segments", "Export the model again.");
  const Dtype dtype = dtype_of(parts.type);
  const std::uint64_t wanted = bytes_of(dtype, parts.shape);
  if (parts.field != 0 && parts.field != raw_data && parts.field != field_of(dtype))
    corrupt(text("it has its values of ", name_of(dtype), " in the field of others, at byte ",
                 parts.values[0].place));
  check_size(parts, dtype, wanted);
  Array array{{parts.name, dtype, parts.shape}, {}};
  array.load = loader(std::move(parts), dtype, wanted, source);
  return array;
}

}  // namespace

Array read_onnx_tensor(const Field& message, const Source& source, std::size_t& budget) {
  std::string name;
  try {
    Parts parts;
    protobuf::Message fields(message, budget);
    while (const auto field = fields.next()) add_part(parts, *field);
    if (parts.name.size() > limits::name_bytes)
      throw Error(ErrorCode::limit_exceeded, text("its name has more than ", limits::name_bytes, " bytes"));
    name = parts.name;
    return array_of(std::move(parts), source);
  } catch (const Error& error) {
    throw Error(error.code(), text("tensor \"", name, "\" at byte ", message.place, ": ", error.what()),
                error.remedy());
  }
}

}  // namespace mpq::checkpoint
