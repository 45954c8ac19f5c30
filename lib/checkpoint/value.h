// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Plain data of a pickled file: what a Python object would hold, without the object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mpq::checkpoint {

/// One value of the tree. Values belong to their checkpoint and live as long as it does. A value may appear
/// in several places, but never within itself (there
/// stands a record of the class "cycle"): a walk of the tree ends, after at most limits::pickle_unfolded
/// values and limits::pickle_depth levels.
struct Value {
  enum class Kind : std::uint8_t {
    none,
    boolean,  ///< `integer` is 0 or 1
    integer,  ///< `integer`; those beyond 64 bits are records of the class "int" with their bytes as argument
    real,     ///< `real`
    string,   ///< `text`, UTF-8 unless Python 2 wrote it
    bytes,    ///< `text`
    list,     ///< `items`
    tuple,    ///< `items`
    set,      ///< `items`
    dict,     ///< `items`: key, value, key, value... in the file's order
    tensor,   ///< `integer` is an index into Checkpoint::arrays(): not every array has a name
    reference,  ///< a class or function by its name in `text`, for example "demucs.hdemucs.HDemucs"; never
                ///< loaded
    record,     ///< an object of a class or the result of a call that we did not make: see below
  };

  Kind kind = Kind::none;
  union {
    std::int64_t integer = 0;
    double real;
  };
  std::string text;                 ///< record: the name of the class or function, module first
  std::vector<const Value*> items;  ///< record: what was appended to it
  const Value* args = nullptr;      ///< record: the tuple of arguments
  const Value* entries = nullptr;   ///< record: keyword arguments, or what was set by key; a dict
  const Value* state = nullptr;     ///< record, dict, list: its attributes, mostly a dict; null for none

  bool is(Kind wanted) const noexcept { return kind == wanted; }

  /// What a dict holds under a string key, the state of a record under an attribute's name; null for neither.
  /// Time grows with the size of the dict.
  const Value* find(std::string_view key) const noexcept;
};

/// One line, shortened to about `width` characters: for messages and listings.
std::string preview(const Value& value, std::size_t width = 80);

}  // namespace mpq::checkpoint
