// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/tensor_calls.h"

#include <algorithm>

#include "checkpoint/limits.h"

namespace mpq::checkpoint {
namespace {

using Kind = Value::Kind;
using Args = std::vector<const Value*>;

// PyTorch's storage classes, and with small letters its types.
std::optional<Dtype> torch_type(std::string_view name) {
  name.remove_prefix(name.rfind('.') == std::string_view::npos ? 0 : name.rfind('.') + 1);
  static const std::unordered_map<std::string_view, Dtype> types{{"FloatStorage", Dtype::float32},
                                                                 {"DoubleStorage", Dtype::float64},
                                                                 {"HalfStorage", Dtype::float16},
                                                                 {"BFloat16Storage", Dtype::bfloat16},
                                                                 {"CharStorage", Dtype::int8},
                                                                 {"ByteStorage", Dtype::uint8},
                                                                 {"ShortStorage", Dtype::int16},
                                                                 {"IntStorage", Dtype::int32},
                                                                 {"LongStorage", Dtype::int64},
                                                                 {"BoolStorage", Dtype::boolean},
                                                                 {"UntypedStorage", Dtype::uint8},
                                                                 {"_UntypedStorage", Dtype::uint8},
                                                                 {"ComplexFloatStorage", Dtype::complex64},
                                                                 {"ComplexDoubleStorage", Dtype::complex128},
                                                                 {"float8_e4m3fn", Dtype::float8_e4m3},
                                                                 {"float8_e5m2", Dtype::float8_e5m2},
                                                                 {"uint16", Dtype::uint16},
                                                                 {"uint32", Dtype::uint32},
                                                                 {"uint64", Dtype::uint64},
                                                                 {"float32", Dtype::float32},
                                                                 {"float64", Dtype::float64},
                                                                 {"float16", Dtype::float16},
                                                                 {"bfloat16", Dtype::bfloat16},
                                                                 {"int8", Dtype::int8},
                                                                 {"uint8", Dtype::uint8},
                                                                 {"int16", Dtype::int16},
                                                                 {"int32", Dtype::int32},
                                                                 {"int64", Dtype::int64},
                                                                 {"bool", Dtype::boolean},
                                                                 {"complex64", Dtype::complex64},
                                                                 {"complex128", Dtype::complex128}};
  const auto found = types.find(name);
  return found == types.end() ? std::nullopt : std::optional(found->second);
}

std::int64_t integer(const Value& value) {
  if (!value.is(Kind::integer)) corrupt("its pickle describes a tensor by something else than a number");
  return value.integer;
}

std::vector<std::int64_t> integers(const Value& value) {
  if (!value.is(Kind::tuple) && !value.is(Kind::list))
    corrupt("its pickle describes a shape by something else than numbers");
  if (value.items.size() > limits::rank)
    throw Error(ErrorCode::limit_exceeded, text("a tensor has more than ", limits::rank, " dimensions"));
  std::vector<std::int64_t> numbers;
  for (const Value* item : value.items) numbers.push_back(integer(*item));
  return numbers;
}

const Value& argument(const Args& args, std::size_t index) {
  if (index >= args.size()) corrupt("a call in its pickle lacks arguments");
  return *args[index];
}

// Values of the arena are ours to hand on; only its shared constants must not change, and nothing changes
// those.
Value& own(const Value& value) {
  return const_cast<Value&>(value);
}

}  // namespace

const std::unordered_map<std::string_view, TensorCalls::Handler>& TensorCalls::handlers() {
  using T = TensorCalls;
  static const std::unordered_map<std::string_view, Handler> map{
      {"collections.OrderedDict", &T::ordered_dict},
      {"copyreg._reconstructor", &T::object_of_class},
      {"copy_reg._reconstructor", &T::object_of_class},
      {"torch._utils._rebuild_tensor", &T::rebuild_tensor},
      {"torch._utils._rebuild_tensor_v2", &T::rebuild_tensor},
      {"torch._utils._rebuild_tensor_v3", &T::rebuild_tensor_of_type},
      {"torch._tensor._rebuild_from_type_v2", &T::rebuild_subclass},
      {"torch._utils._rebuild_parameter", &T::first_argument},
      {"torch._utils._rebuild_parameter_with_state", &T::first_argument},
      {"torch.Size", &T::first_argument},
      {"torch.jit._pickle.restore_type_tag", &T::first_argument},
      {"torch.jit._pickle.build_intlist", &T::first_argument},
      {"torch.jit._pickle.build_tensorlist", &T::first_argument},
      {"torch.jit._pickle.build_doublelist", &T::first_argument},
      {"torch.jit._pickle.build_boollist", &T::first_argument},
      {"builtins.set", &T::first_argument},
      {"builtins.frozenset", &T::first_argument},
      {"__builtin__.set", &T::first_argument},
      {"__builtin__.frozenset", &T::first_argument},
      {"_codecs.encode", &T::encode},
      {"numpy.core.multiarray._reconstruct", &T::begin_array},
      {"numpy._core.multiarray._reconstruct", &T::begin_array},
      {"numpy.core.numeric._frombuffer", &T::array_from_buffer},
      {"numpy._core.numeric._frombuffer", &T::array_from_buffer},
      {"numpy.core.multiarray.scalar", &T::scalar},
      {"numpy._core.multiarray.scalar", &T::scalar},
  };
  return map;
}

Value& TensorCalls::call(Value& function, Value& args) {
  const auto handler = handlers().find(function.text);
  return handler == handlers().end() ? record(function, args)
                                     : (this->*handler->second)(function, args.items);
}

Value& TensorCalls::record(Value& function, Value& args) {
  arena_.charge(function.text.size());
  Value& value = arena_.string(function.text, Kind::record);
  value.args = &args;
  return value;
}

void TensorCalls::set_state(Value& object, Value& state) {
  switch (object.kind) {
    case Kind::record:
      object.state = &state;
      if (object.text == "numpy.ndarray") finish_array(object, state);
      return;
    case Kind::list:
    case Kind::dict:
      object.state = &state;
      return;
    case Kind::tensor:  // attributes of a parameter
      return;
    default:
      corrupt("its pickle sets the state of what has none");
  }
}

// ("storage", class, key, device, number of values), and in old files a part of another storage.
Value& TensorCalls::persistent(Value& id) {
  const Args& items = id.items;
  if (items.size() >= 2 && items[0]->is(Kind::string) && items[0]->text == "module") return own(*items[1]);
  Value& value = arena_.make(Kind::record);
  value.text = "torch.storage";
  value.args = &id;
  if (items.size() >= 5 && items[0]->is(Kind::string) && items[0]->text == "storage")
    views_.emplace(&value, view(id));
  return value;
}

TensorCalls::View TensorCalls::view(const Value& id) {
  const Args& items = id.items;
  if (!items[1]->is(Kind::reference) || !items[2]->is(Kind::string) || integer(*items[4]) < 0)
    corrupt("its pickle describes a storage wrongly");
  const auto count = static_cast<std::uint64_t>(items[4]->integer);
  View view{storage_index({items[2]->text, items[1]->text, torch_type(items[1]->text), count}), 0};
  if (items.size() > 5 && items[5]->is(Kind::tuple)) view.offset = integer(argument(items[5]->items, 1));
  return view;
}

std::size_t TensorCalls::storage_index(Storage storage) {
  const auto [known, is_new] = storages_by_key_.emplace(storage.key, storages_.size());
  if (is_new) {
    storages_.push_back(std::move(storage));
  } else if (const Storage& before = storages_[known->second];
             before.type != storage.type || before.count != storage.count) {
    corrupt(text("its storage \"", storage.key.substr(0, limits::name_bytes), "\" is described in two ways"));
  }
  return known->second;
}

const Storage* TensorCalls::find_storage(const std::string& key) const {
  const auto found = storages_by_key_.find(key);
  return found == storages_by_key_.end() ? nullptr : &storages_[found->second];
}

Value& TensorCalls::first_argument(Value&, const Args& args) {
  return args.empty() ? arena_.make(Kind::list) : own(*args[0]);
}

// (class, base, state of the base): an object whose state follows.
Value& TensorCalls::object_of_class(Value&, const Args& args) {
  const Value& type = argument(args, 0);
  arena_.charge(type.text.size());
  return arena_.string(type.text, Kind::record);
}

Value& TensorCalls::ordered_dict(Value&, const Args& args) {
  Value& dict = arena_.make(Kind::dict);
  if (args.empty()) return dict;
  if (args[0]->is(Kind::dict)) return own(*args[0]);
  arena_.charge(args[0]->items.size() * 2 * sizeof(void*));
  for (const Value* pair : args[0]->items) {
    if (pair->items.size() != 2) corrupt("its pickle has a dict of something else than pairs");
    dict.items.insert(dict.items.end(), pair->items.begin(), pair->items.end());
  }
  return dict;
}

// How Python 3 writes bytes for Python 2: as characters of Latin-1.
Value& TensorCalls::encode(Value&, const Args& args) {
  const std::string& from = argument(args, 0).text;
  arena_.charge(from.size());
  Value& bytes = arena_.make(Kind::bytes);
  bytes.text.reserve(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto first = static_cast<unsigned char>(from[i]);
    const bool two = first == 0xC2 || first == 0xC3;
    if (first >= 128 && (!two || i + 1 == from.size())) corrupt("its pickle has bytes that are no Latin-1");
    const auto low = two ? static_cast<unsigned char>(from[++i]) & 63U : first;
    bytes.text += static_cast<char>(two ? (first & 3U) << 6 | low : low);
  }
  return bytes;
}

// (storage, offset, shape, strides, ...)
Value& TensorCalls::rebuild_tensor(Value&, const Args& args) {
  return add_tensor(args, std::nullopt);
}

// (storage, offset, shape, strides, requires_grad, hooks, type, ...): the type is not the storage's.
Value& TensorCalls::rebuild_tensor_of_type(Value&, const Args& args) {
  const auto dtype = torch_type(argument(args, 6).text);
  if (!dtype)
    throw Error(ErrorCode::unsupported, text("it has tensors of the type ", args[6]->text.substr(0, 64)),
                "Save them as float32.");
  return add_tensor(args, dtype);
}

// (function, class, arguments, state): a tensor of a class of its own, or with attributes.
Value& TensorCalls::rebuild_subclass(Value& function, const Args& args) {
  const std::string& inner = argument(args, 0).text;
  const Args& inner_args = argument(args, 2).items;
  if (inner == "torch._utils._rebuild_tensor_v2") return add_tensor(inner_args, std::nullopt);
  if (inner == "torch._utils._rebuild_parameter") return first_argument(function, inner_args);
  return arena_.string(function.text, Kind::record);
}

Value& TensorCalls::add_tensor(const Args& args, std::optional<Dtype> dtype) {
  const auto found = views_.find(&argument(args, 0));
  if (found == views_.end()) corrupt("its pickle has a tensor without a storage");
  const Storage& storage = storages_[found->second.storage];
  if (!storage.dtype)
    throw Error(ErrorCode::unsupported, text("it has tensors in a ", storage.type.substr(0, 64)),
                "Save them as float32.");
  Pending pending;
  pending.layout.dtype = dtype.value_or(*storage.dtype);
  pending.layout.shape = integers(argument(args, 2));
  pending.layout.strides = integers(argument(args, 3));
  pending.storage = found->second.storage;
  std::int64_t offset = integer(argument(args, 1));
  const auto size = static_cast<std::int64_t>(size_of(pending.layout.dtype));
  if (offset < 0 || found->second.offset < 0 ||
      __builtin_add_overflow(offset, found->second.offset, &offset) ||
      __builtin_mul_overflow(offset, size, &offset))
    corrupt("its pickle has a tensor with an impossible offset");
  pending.layout.offset = static_cast<std::uint64_t>(offset);
  Value& value = arena_.make(Kind::tensor);
  make_tensor(value, std::move(pending));
  return value;
}

void TensorCalls::make_tensor(Value& value, Pending pending) {
  if (arrays_.size() >= limits::tensors)
    throw Error(ErrorCode::limit_exceeded, text("it has more than ", limits::tensors, " tensors"));
  value.kind = Kind::tensor;
  value.integer = static_cast<std::int64_t>(arrays_.size());
  arrays_.push_back(std::move(pending));
}

Place TensorCalls::place_of(const Pending& pending, const std::shared_ptr<const Arena>& arena,
                            std::vector<Place>& places,
                            const std::function<Place(const Storage&)>& find) const {
  if (pending.bytes == nullptr) {
    Place& place = places[pending.storage];
    if (!place.load) place = find(storages_[pending.storage]);
    return place;
  }
  const std::string& held = pending.bytes->text;
  const Bytes bytes(reinterpret_cast<const std::uint8_t*>(held.data()), held.size());
  return {held.size(), [bytes, arena] { return Data{bytes, arena, false}; }};
}

Contents TensorCalls::contents(const Value& root, std::shared_ptr<const Arena> arena, bool big_endian,
                               const std::function<Place(const Storage&)>& find) const {
  Contents contents;
  contents.root = &root;
  contents.names = tensor_names(root);
  std::vector<const std::string*> names(arrays_.size(), nullptr);
  for (const auto& [name, index] : contents.names) names[index] = &name;
  std::vector<Place> places(storages_.size());
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    Layout layout = arrays_[i].layout;
    if (arrays_[i].bytes == nullptr) layout.big_endian = big_endian;
    const std::string name = names[i] == nullptr ? text("number ", i) : *names[i];
    try {
      const Place place = place_of(arrays_[i], arena, places, find);
      check_layout(layout, place.bytes);
      contents.arrays.push_back({{names[i] == nullptr ? "" : name, layout.dtype, layout.shape},
                                 [load = place.load, layout] { return arrange(load(), layout); }});
    } catch (const Error& error) {
      throw Error(error.code(), text("tensor \"", name, "\": ", error.what()), error.remedy());
    }
  }
  contents.values = std::move(arena);
  return contents;
}

}  // namespace mpq::checkpoint
