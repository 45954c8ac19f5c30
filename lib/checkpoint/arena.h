// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Where the values of one pickle live: counted, freed together, and cycles harmless.
#pragma once

#include <array>
#include <deque>
#include <string_view>

#include "checkpoint/value.h"

namespace mpq::checkpoint {

class Arena {
 public:
  /// Throws Error(limit_exceeded) after limits::pickle_values values.
  Value& make(Value::Kind kind);
  Value& string(std::string_view text, Value::Kind kind = Value::Kind::string);
  Value& real(double number);
  /// These are shared and must not be changed.
  Value& none();
  Value& boolean(bool value);
  Value& integer(std::int64_t number);

  /// Accounts for `bytes` that are copied from one value to another. Throws Error(limit_exceeded) once they
  /// are more than limits::pickle_bytes in all: what a pickle may name often it shall not make large often.
  void charge(std::size_t bytes);

 private:
  std::size_t charged_ = 0;
  std::deque<Value> values_;  // keeps addresses
  std::array<Value*, 256> small_{};
  std::array<Value*, 3> constants_{};
};

/// Makes a tree of what may contain itself (parents that their children know, for example): where a value is
/// met within itself it is replaced by a record of the class "cycle". Throws Error(limit_exceeded) where
/// values are nested deeper than limits::pickle_depth, or would be more than limits::pickle_unfolded if
/// shared ones were written out.
void make_tree(Value& root, Arena& arena);

}  // namespace mpq::checkpoint
