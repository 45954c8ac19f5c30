// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The few calls in pickles of PyTorch and NumPy that mean plain data: tensors, arrays, numbers, dicts. All
// others become records.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "checkpoint/contents.h"
#include "checkpoint/layout.h"
#include "checkpoint/unpickler.h"

namespace mpq::checkpoint {

/// Memory that tensors are views of, as a persistent id names it.
struct Storage {
  std::string key;
  std::string type;            ///< the class, for example "torch.FloatStorage"
  std::optional<Dtype> dtype;  ///< uint8 for an untyped one, none for a class that we do not know
  std::uint64_t count = 0;     ///< values of that type
};

/// Where the values of a storage are: their number of bytes, and how to get them.
struct Place {
  std::uint64_t bytes = 0;
  std::function<Data()> load;
};

class TensorCalls : public Calls {
 public:
  explicit TensorCalls(Arena& arena) : arena_(arena) {}

  Value& call(Value& function, Value& args) override;
  void set_state(Value& object, Value& state) override;
  Value& persistent(Value& id) override;

  const std::vector<Storage>& storages() const { return storages_; }
  const Storage* find_storage(const std::string& key) const;

  /// What was read as Contents: names from the tree below `root`, values from where `find` says that storages
  /// are. `big_endian` is their byte order. Throws Error, which names the tensor.
  Contents contents(const Value& root, std::shared_ptr<const Arena> arena, bool big_endian,
                    const std::function<Place(const Storage&)>& find) const;

 private:
  using Handler = Value& (TensorCalls::*)(Value& function, const std::vector<const Value*>& args);
  static const std::unordered_map<std::string_view, Handler>& handlers();

  struct View {  // of a storage
    std::size_t storage = 0;
    std::int64_t offset = 0;  // in values of the storage's type
  };
  struct Pending {
    Layout layout;
    std::size_t storage = 0;       // or
    const Value* bytes = nullptr;  // of a NumPy array
  };

  Value& record(Value& function, Value& args);
  Value& first_argument(Value& function, const std::vector<const Value*>& args);
  Value& object_of_class(Value& function, const std::vector<const Value*>& args);
  Value& ordered_dict(Value& function, const std::vector<const Value*>& args);
  Value& encode(Value& function, const std::vector<const Value*>& args);
  Value& rebuild_tensor(Value& function, const std::vector<const Value*>& args);
  Value& rebuild_tensor_of_type(Value& function, const std::vector<const Value*>& args);
  Value& rebuild_subclass(Value& function, const std::vector<const Value*>& args);
  Value& begin_array(Value& function, const std::vector<const Value*>& args);
  Value& array_from_buffer(Value& function, const std::vector<const Value*>& args);
  Value& scalar(Value& function, const std::vector<const Value*>& args);

  View view(const Value& id);
  std::size_t storage_index(Storage storage);
  Value& add_tensor(const std::vector<const Value*>& args, std::optional<Dtype> dtype);
  void finish_array(Value& array, const Value& state);
  void make_tensor(Value& value, Pending pending);
  Place place_of(const Pending& pending, const std::shared_ptr<const Arena>& arena,
                 std::vector<Place>& places, const std::function<Place(const Storage&)>& find) const;

  Arena& arena_;
  std::vector<Storage> storages_;
  std::unordered_map<std::string, std::size_t> storages_by_key_;
  std::unordered_map<const Value*, View> views_;
  std::vector<Pending> arrays_;
};

/// A type as NumPy describes it, for example "<f4" or ">i8".
struct NumpyType {
  Dtype dtype = Dtype::float32;
  bool big_endian = false;
};

/// None for what is no number: strings, dates, objects, records.
std::optional<NumpyType> numpy_type(std::string_view description);

/// Names of the tensors in the tree below `root`: keys, numbers and attributes with dots between.
std::vector<std::pair<std::string, std::size_t>> tensor_names(const Value& root);

}  // namespace mpq::checkpoint
