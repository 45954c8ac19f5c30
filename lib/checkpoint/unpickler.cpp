// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/unpickler.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstdlib>
#include <locale>
#include <sstream>

#include "checkpoint/limits.h"

namespace mpq::checkpoint {
namespace {

using Kind = Value::Kind;

class Machine {
 public:
  Machine(Cursor& cursor, Arena& arena, Calls& calls) : in_(cursor), arena_(arena), calls_(calls) {}

  Value& run() {
    while (!stopped_) step();
    return *pop();
  }

  // One function an instruction, or a few; `instructions` below has their codes.
  void nothing() {}
  void stop() { stopped_ = true; }
  void protocol() {
    if (const int version = in_.u8(); version > 5)
      throw Error(ErrorCode::unsupported, text("its pickle has protocol ", version, ", newer than 5"),
                  "Save it with protocol 2.");
  }
  void frame() { in_.u64(); }  // of no meaning to who has the whole file

  void mark() { marks_.push_back(stack_.size()); }
  void pop_one() {
    if (!marks_.empty() && marks_.back() == stack_.size())
      marks_.pop_back();
    else
      pop();
  }
  void pop_mark() { pop_to_mark(); }
  void duplicate() { push(top()); }

  void none() { push(arena_.none()); }
  void true_value() { push(arena_.boolean(true)); }
  void false_value() { push(arena_.boolean(false)); }
  void byte_integer() { push(arena_.integer(in_.u8())); }
  void short_integer() { push(arena_.integer(in_.u16())); }
  void integer() { push(arena_.integer(in_.number<std::int32_t>())); }
  void text_integer() {
    const std::string_view word = in_.line();
    if (word == "00" || word == "01") return push(arena_.boolean(word == "01"));
    push(arena_.integer(parse(word)));
  }
  void text_long() {
    std::string_view word = in_.line();
    if (word.ends_with('L')) word.remove_suffix(1);
    push(arena_.integer(parse(word)));
  }
  void long1() { push_long(in_.u8()); }
  void long4() { push_long(in_.u32()); }
  void real() {
    std::uint64_t bits = 0;
    for (const std::uint8_t byte : in_.take(8)) bits = bits << 8 | byte;
    push(arena_.real(std::bit_cast<double>(bits)));
  }
  void text_real() {
    std::istringstream word{std::string(in_.line().substr(0, 64))};
    word.imbue(std::locale::classic());
    double number = 0;
    if (!(word >> number)) corrupt(text("no number at byte ", in_.place()));
    push(arena_.real(number));
  }

  void string1() { push_string(in_.u8(), Kind::string); }
  void string4() { push_string(in_.u32(), Kind::string); }
  void string8() { push_string(in_.u64(), Kind::string); }
  void bytes1() { push_string(in_.u8(), Kind::bytes); }
  void bytes4() { push_string(in_.u32(), Kind::bytes); }
  void bytes8() { push_string(in_.u64(), Kind::bytes); }
  void text_unicode() { push(arena_.string(in_.line())); }
  void text_string() {
    std::string_view word = in_.line();
    if (word.size() < 2 || word.front() != word.back())
      corrupt(text("no quoted string before byte ", in_.place()));
    push(arena_.string(word.substr(1, word.size() - 2)));  // escapes stay: names have none
  }

  void empty_list() { push(arena_.make(Kind::list)); }
  void empty_tuple() { push(arena_.make(Kind::tuple)); }
  void empty_dict() { push(arena_.make(Kind::dict)); }
  void empty_set() { push(arena_.make(Kind::set)); }
  void list() { push_collected(Kind::list); }
  void tuple() { push_collected(Kind::tuple); }
  void frozen_set() { push_collected(Kind::set); }
  void dict() {
    Value& value = arena_.make(Kind::dict);
    set_items(value, pop_to_mark());
    push(value);
  }
  void tuple1() { push_tuple(1); }
  void tuple2() { push_tuple(2); }
  void tuple3() { push_tuple(3); }
  void append() {
    const Value* const item = pop();
    add_to(top(), {item});
  }
  void append_all() {
    const auto items = pop_to_mark();
    add_to(top(), items);
  }
  void set_item() {
    const Value* const value = pop();
    const Value* const key = pop();
    set_items(top(), {key, value});
  }
  void set_all_items() {
    const auto items = pop_to_mark();
    set_items(top(), items);
  }

  void get_text() { push(*remembered(number_of_line())); }
  void get1() { push(*remembered(in_.u8())); }
  void get4() { push(*remembered(in_.u32())); }
  void put_text() { remember(number_of_line()); }
  void put1() { remember(in_.u8()); }
  void put4() { remember(in_.u32()); }
  void memoize() { remember(memo_.size()); }

  void global() {
    const std::string_view module = in_.line();
    push_reference(module, in_.line());
  }
  void stack_global() {
    const Value* const name = pop();
    const Value* const module = pop();
    if (!name->is(Kind::string) || !module->is(Kind::string))
      corrupt(text("a class without a name before byte ", in_.place()));
    push_reference(module->text, name->text);
  }
  void reduce() {
    Value& args = popped(Kind::tuple);
    Value& function = *pop();
    push_call(function, args);
  }
  void new_object_with_keywords() {
    const Value* const keywords = pop();
    Value& args = popped(Kind::tuple);
    push_call(*pop(), args);
    if (top().is(Kind::record) && keywords->is(Kind::dict) && !keywords->items.empty())
      top().entries = keywords;
  }
  void instance() {
    const std::string_view module = in_.line(), name = in_.line();
    Value& args = collected(Kind::tuple);
    push_reference(module, name);
    push_call(*pop(), args);
  }
  void object() {
    const auto items = pop_to_mark();
    if (items.empty()) corrupt(text("an object without a class before byte ", in_.place()));
    Value& args = arena_.make(Kind::tuple);
    args.items.assign(items.begin() + 1, items.end());
    push_call(*const_cast<Value*>(items.front()), args);
  }
  void build() {
    Value& state = *pop();
    calls_.set_state(top(), state);
  }
  void persistent_text() { push(calls_.persistent(arena_.string(in_.line()))); }
  void persistent() { push(calls_.persistent(*pop())); }

 private:
  void step();

  void push(Value& value) { stack_.push_back(&value); }
  Value* pop() {
    Value& value = top();
    stack_.pop_back();
    return &value;
  }
  Value& top() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back()))
      corrupt(text("its pickle takes a value that is not there, before byte ", in_.place()));
    return *stack_.back();
  }
  Value& popped(Kind kind) {
    Value* const value = pop();
    if (!value->is(kind)) corrupt(text("its pickle has a value of the wrong kind before byte ", in_.place()));
    return *value;
  }
  std::vector<const Value*> pop_to_mark() {
    if (marks_.empty()) corrupt(text("its pickle takes a mark that is not there, before byte ", in_.place()));
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<const Value*> values(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return values;
  }

  void push_string(std::uint64_t size, Kind kind) { push(arena_.string(in_.text_of(size), kind)); }
  void push_reference(std::string_view module, std::string_view name) {
    push(arena_.string(text(module, ".", name), Kind::reference));
  }
  Value& collected(Kind kind) {
    auto items = pop_to_mark();
    Value& value = arena_.make(kind);
    value.items = std::move(items);
    return value;
  }
  void push_collected(Kind kind) { push(collected(kind)); }
  void push_tuple(std::size_t size) {
    Value& value = arena_.make(Kind::tuple);
    value.items.resize(size);
    for (std::size_t i = size; i-- > 0;) value.items[i] = pop();
    push(value);
  }
  void push_call(Value& function, Value& args) {
    if (!function.is(Kind::reference))
      corrupt(text("its pickle calls what is no function, before byte ", in_.place()));
    push(calls_.call(function, args));
  }
  void push_long(std::uint64_t size);

  std::int64_t parse(std::string_view word) const {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size())
      corrupt(text("no number of 64 bits before byte ", in_.place()));
    return number;
  }
  std::uint64_t number_of_line() { return static_cast<std::uint64_t>(parse(in_.line())); }

  void add_to(Value& target, const std::vector<const Value*>& items) const {
    if (!target.is(Kind::list) && !target.is(Kind::set) && !target.is(Kind::record))
      corrupt(text("its pickle appends to what is no list, before byte ", in_.place()));
    target.items.insert(target.items.end(), items.begin(), items.end());
  }
  void set_items(Value& target, const std::vector<const Value*>& items);

  Value* remembered(std::uint64_t number) const {
    if (number >= memo_.size() || memo_[static_cast<std::size_t>(number)] == nullptr)
      corrupt(text("its pickle refers to what it did not remember, before byte ", in_.place()));
    return memo_[static_cast<std::size_t>(number)];
  }
  void remember(std::uint64_t number) {
    if (number >= limits::pickle_memo)
      throw Error(ErrorCode::limit_exceeded,
                  text("its pickle remembers more than ", limits::pickle_memo, " objects"));
    if (number >= memo_.size()) memo_.resize(static_cast<std::size_t>(number) + 1);
    memo_[static_cast<std::size_t>(number)] = &top();
  }

  Cursor& in_;
  Arena& arena_;
  Calls& calls_;
  std::vector<Value*> stack_;
  std::vector<std::size_t> marks_;  // sizes of the stack
  std::vector<Value*> memo_;
  std::size_t steps_ = 0;
  bool stopped_ = false;
};

using Instruction = void (Machine::*)();
struct Code {
  unsigned char code;
  Instruction run;
};

constexpr Code instructions[] = {
    {0x80, &Machine::protocol},     {0x95, &Machine::frame},
    {'.', &Machine::stop},          {'(', &Machine::mark},
    {'0', &Machine::pop_one},       {'1', &Machine::pop_mark},
    {'2', &Machine::duplicate},     {'N', &Machine::none},
    {0x88, &Machine::true_value},   {0x89, &Machine::false_value},
    {'K', &Machine::byte_integer},  {'M', &Machine::short_integer},
    {'J', &Machine::integer},       {'I', &Machine::text_integer},
    {'L', &Machine::text_long},     {0x8a, &Machine::long1},
    {0x8b, &Machine::long4},        {'G', &Machine::real},
    {'F', &Machine::text_real},     {'S', &Machine::text_string},
    {'T', &Machine::string4},       {'U', &Machine::string1},
    {'V', &Machine::text_unicode},  {'X', &Machine::string4},
    {0x8c, &Machine::string1},      {0x8d, &Machine::string8},
    {'B', &Machine::bytes4},        {'C', &Machine::bytes1},
    {0x8e, &Machine::bytes8},       {0x96, &Machine::bytes8},
    {']', &Machine::empty_list},    {')', &Machine::empty_tuple},
    {'}', &Machine::empty_dict},    {0x8f, &Machine::empty_set},
    {'l', &Machine::list},          {'t', &Machine::tuple},
    {'d', &Machine::dict},          {0x91, &Machine::frozen_set},
    {0x85, &Machine::tuple1},       {0x86, &Machine::tuple2},
    {0x87, &Machine::tuple3},       {'a', &Machine::append},
    {'e', &Machine::append_all},    {0x90, &Machine::append_all},
    {'s', &Machine::set_item},      {'u', &Machine::set_all_items},
    {'g', &Machine::get_text},      {'h', &Machine::get1},
    {'j', &Machine::get4},          {'p', &Machine::put_text},
    {'q', &Machine::put1},          {'r', &Machine::put4},
    {0x94, &Machine::memoize},      {'c', &Machine::global},
    {0x93, &Machine::stack_global}, {'R', &Machine::reduce},
    {0x81, &Machine::reduce},       {0x92, &Machine::new_object_with_keywords},
    {'i', &Machine::instance},      {'o', &Machine::object},
    {'b', &Machine::build},         {'P', &Machine::persistent_text},
    {'Q', &Machine::persistent},    {0x98, &Machine::nothing},
};

constexpr std::array<Instruction, 256> make_table() {
  std::array<Instruction, 256> table{};
  for (const Code& code : instructions) table[code.code] = code.run;
  return table;
}

constexpr std::array<Instruction, 256> table = make_table();

void Machine::step() {
  if (++steps_ > limits::pickle_steps)
    throw Error(ErrorCode::limit_exceeded,
                text("its pickle has more than ", limits::pickle_steps, " instructions"));
  const auto place = in_.place();
  const std::uint8_t code = in_.u8();
  if (table[code] == nullptr)
    throw Error(ErrorCode::unsupported, text("its pickle has the instruction ", int{code}, " at byte ", place,
                                             ", which mpq does not read"));
  (this->*table[code])();
}

// Two's complement, low byte first. Those that do not fit become records, as Value documents.
void Machine::push_long(std::uint64_t size) {
  const Bytes bytes = in_.take(size);
  if (bytes.size() > 8) {
    Value& args = arena_.make(Kind::tuple);
    args.items.push_back(&arena_.string(as_text(bytes), Kind::bytes));
    Value& value = arena_.string("int", Kind::record);
    value.args = &args;
    return push(value);
  }
  std::uint64_t number = !bytes.empty() && bytes.back() >= 128 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8 | bytes[i];
  push(arena_.integer(static_cast<std::int64_t>(number)));
}

void Machine::set_items(Value& target, const std::vector<const Value*>& items) {
  if (items.size() % 2 != 0) corrupt(text("its pickle has a key without a value before byte ", in_.place()));
  Value* dict = &target;
  if (target.is(Kind::record)) {
    if (target.entries == nullptr) target.entries = &arena_.make(Kind::dict);
    dict = const_cast<Value*>(target.entries);  // which we made
  }
  if (!dict->is(Kind::dict))
    corrupt(text("its pickle sets items of what is no dict, before byte ", in_.place()));
  dict->items.insert(dict->items.end(), items.begin(), items.end());
}

}  // namespace

Value& unpickle(Cursor& cursor, Arena& arena, Calls& calls) {
  return Machine(cursor, arena, calls).run();
}

}  // namespace mpq::checkpoint
