// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Reads Python's pickles as plain data. A pickle is a program for a small stack machine; this one has no
// instruction that could import, call or open anything: it builds values, and hands calls to `Calls`.
// https://docs.python.org/3/library/pickletools.html names the instructions.
#pragma once

#include <cstdint>

#include "checkpoint/arena.h"
#include "checkpoint/cursor.h"

namespace mpq::checkpoint {

/// What is made of the calls in a pickle. Values handed in belong to the arena and may be kept.
class Calls {
 public:
  virtual ~Calls() = default;
  /// Python would return `function(*args)`. `function` is of the kind reference, `args` a tuple.
  virtual Value& call(Value& function, Value& args) = 0;
  /// Python would set the state of `object`, a result of call().
  virtual void set_state(Value& object, Value& state) = 0;
  /// What the persistent id `id` stands for.
  virtual Value& persistent(Value& id) = 0;
};

/// Runs one pickle from the cursor's place to its end, where it leaves the cursor. The result lives in
/// `arena` and may contain itself (see make_tree). Throws Error(corrupt_data, unsupported, limit_exceeded).
Value& unpickle(Cursor& cursor, Arena& arena, Calls& calls);

}  // namespace mpq::checkpoint
