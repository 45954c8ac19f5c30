// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/arena.h"

#include <algorithm>
#include <unordered_map>

#include "checkpoint/cursor.h"
#include "checkpoint/limits.h"

namespace mpq::checkpoint {
namespace {

// The children of a value, numbered.
std::size_t child_count(const Value& value) {
  return value.items.size() + 3;
}

const Value*& child(Value& value, std::size_t index) {
  const std::size_t items = value.items.size();
  if (index < items) return value.items[index];
  return index == items ? value.args : index == items + 1 ? value.entries : value.state;
}

struct Frame {
  Value* value;
  std::size_t next = 0;        // child
  std::uint64_t unfolded = 1;  // values in it, with itself
};

constexpr std::uint64_t in_progress = 0;

class TreeMaker {
 public:
  explicit TreeMaker(Arena& arena) : arena_(arena) {}

  void run(Value& root) {
    enter(root);
    while (!frames_.empty()) step();
  }

 private:
  void enter(Value& value) {
    if (frames_.size() >= limits::pickle_depth)
      throw Error(ErrorCode::limit_exceeded,
                  text("its objects are nested deeper than ", limits::pickle_depth));
    sizes_[&value] = in_progress;
    frames_.push_back({&value});
  }

  void step() {
    Frame& frame = frames_.back();
    if (frame.next == child_count(*frame.value)) return leave();
    const Value*& next = child(*frame.value, frame.next++);
    if (next == nullptr) return;
    const auto known = sizes_.find(next);
    if (known == sizes_.end()) return enter(const_cast<Value&>(*next));  // the arena's
    if (known->second == in_progress) next = &cycle();
    add(std::max<std::uint64_t>(known->second, 1));
  }

  void leave() {
    const Frame done = frames_.back();
    frames_.pop_back();
    sizes_[done.value] = done.unfolded;
    if (!frames_.empty()) add(done.unfolded);
  }

  void add(std::uint64_t size) {
    std::uint64_t& sum = frames_.back().unfolded;
    if ((sum += size) > limits::pickle_unfolded)
      throw Error(ErrorCode::limit_exceeded,
                  text("its shared objects unfold to more than ", limits::pickle_unfolded, " values"));
  }

  const Value& cycle() {
    if (cycle_ == nullptr) cycle_ = &arena_.string("cycle", Value::Kind::record);
    return *cycle_;
  }

  Arena& arena_;
  const Value* cycle_ = nullptr;
  std::vector<Frame> frames_;
  std::unordered_map<const Value*, std::uint64_t> sizes_;
};

}  // namespace

Value& Arena::make(Value::Kind kind) {
  if (values_.size() >= limits::pickle_values)
    throw Error(ErrorCode::limit_exceeded,
                text("its pickle has more than ", limits::pickle_values, " objects"));
  values_.emplace_back().kind = kind;
  return values_.back();
}

Value& Arena::string(std::string_view text, Value::Kind kind) {
  Value& value = make(kind);
  value.text = text;
  return value;
}

Value& Arena::real(double number) {
  Value& value = make(Value::Kind::real);
  value.real = number;
  return value;
}

Value& Arena::none() {
  if (constants_[2] == nullptr) constants_[2] = &make(Value::Kind::none);
  return *constants_[2];
}

Value& Arena::boolean(bool truth) {
  Value*& known = constants_[truth ? 1 : 0];
  if (known == nullptr) (known = &make(Value::Kind::boolean))->integer = truth ? 1 : 0;
  return *known;
}

Value& Arena::integer(std::int64_t number) {
  const bool small = number >= 0 && number < std::ssize(small_);
  if (small && small_[static_cast<std::size_t>(number)] != nullptr)
    return *small_[static_cast<std::size_t>(number)];
  Value& value = make(Value::Kind::integer);
  value.integer = number;
  if (small) small_[static_cast<std::size_t>(number)] = &value;
  return value;
}

void Arena::charge(std::size_t bytes) {
  charged_ += bytes;
  if (charged_ > limits::pickle_bytes)
    throw Error(ErrorCode::limit_exceeded,
                text("its pickle copies more than ", limits::pickle_bytes, " bytes"));
}

void make_tree(Value& root, Arena& arena) {
  TreeMaker(arena).run(root);
}

}  // namespace mpq::checkpoint
