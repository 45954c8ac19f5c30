// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Looking through the tree of a pickle: items by key, names of tensors, a line for people.
#include "checkpoint/value.h"

#include <algorithm>

#include "checkpoint/limits.h"
#include "checkpoint/tensor_calls.h"

namespace mpq::checkpoint {
namespace {

using Kind = Value::Kind;

class Names {
 public:
  std::vector<std::pair<std::string, std::size_t>> found;

  void walk(const Value& value) {
    switch (value.kind) {
      case Kind::tensor:
        return add(static_cast<std::size_t>(value.integer));
      case Kind::dict:
        return walk_dict(value);
      case Kind::list:
      case Kind::tuple:
        return walk_items(value);
      case Kind::record:
        walk_items(value);
        if (value.entries != nullptr) walk(*value.entries);
        if (value.state != nullptr) walk(*value.state);
        if (value.args != nullptr && is_reduced(value)) walk_within("args", *value.args);
        return;
      default:
        return;
    }
  }

 private:
  // A storage is described by its arguments, which hold no tensors but many strings.
  static bool is_reduced(const Value& value) { return value.text != "torch.storage"; }

  void walk_dict(const Value& dict) {
    for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const Value& key = *dict.items[i];
      if (key.is(Kind::string))
        walk_within(key.text, *dict.items[i + 1]);
      else if (key.is(Kind::integer))
        walk_within(std::to_string(key.integer), *dict.items[i + 1]);
      else
        walk_within("?", *dict.items[i + 1]);
    }
  }

  void walk_items(const Value& value) {
    for (std::size_t i = 0; i < value.items.size(); ++i) walk_within(std::to_string(i), *value.items[i]);
  }

  void walk_within(std::string_view part, const Value& value) {
    if (!value.is(Kind::tensor) && value.items.empty() && !value.is(Kind::record)) return;
    const std::size_t before = path_.size();
    // The places where torch.nn.Module keeps its parts do not appear in state_dict().
    if (part != "_parameters" && part != "_buffers" && part != "_modules") {
      if (!path_.empty()) path_ += '.';
      path_ += part.substr(0, limits::name_bytes + 1);
    }
    walk(value);
    path_.resize(before);
  }

  void add(std::size_t array) {
    if (path_.size() > limits::name_bytes || found.size() >= limits::tensors)
      throw Error(ErrorCode::limit_exceeded,
                  text("it has more than ", limits::tensors, " tensors, or a name of more than ",
                       limits::name_bytes, " bytes"));
    found.emplace_back(path_, array);
  }

  std::string path_;
};

void append(std::string& line, const Value& value, std::size_t width);

void append_items(std::string& line, const std::vector<const Value*>& items, bool pairs, std::size_t width) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (line.size() >= width) {
      line += "...";
      return;
    }
    append(line, *items[i], width);
    if (i + 1 < items.size()) line += pairs && i % 2 == 0 ? ": " : ", ";
  }
}

// Bytes of a file may be no text at all, or control a terminal.
void append_text(std::string& line, std::string_view text, std::size_t width) {
  const std::size_t room = width > line.size() ? width - line.size() : 0;
  for (const char c : text.substr(0, room)) line += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  if (text.size() > room) line += "...";
}

void append_record(std::string& line, const Value& value, std::size_t width) {
  append_text(line, value.text, width);
  line += '(';
  if (value.args != nullptr) append_items(line, value.args->items, false, width);
  line += ')';
  if (value.state == nullptr || line.size() >= width) return;
  line += " with ";
  append(line, *value.state, width);
}

void append_collection(std::string& line, const Value& value, std::size_t width) {
  const bool list = value.is(Kind::list), tuple = value.is(Kind::tuple);
  line += list ? '[' : tuple ? '(' : '{';
  append_items(line, value.items, value.is(Kind::dict), width);
  line += list ? ']' : tuple ? ')' : '}';
}

void append(std::string& line, const Value& value, std::size_t width) {
  switch (value.kind) {
    case Kind::none:
      line += "None";
      return;
    case Kind::boolean:
      line += value.integer != 0 ? "True" : "False";
      return;
    case Kind::integer:
      line += std::to_string(value.integer);
      return;
    case Kind::real:
      line += text(value.real);
      return;
    case Kind::bytes:
      line += text("<", value.text.size(), " bytes>");
      return;
    case Kind::tensor:
      line += "<tensor>";
      return;
    case Kind::string:
    case Kind::reference:
      line += value.is(Kind::string) ? "\"" : "<class ";
      append_text(line, value.text, width);
      line += value.is(Kind::string) ? '"' : '>';
      return;
    case Kind::record:
      return append_record(line, value, width);
    default:
      return append_collection(line, value, width);
  }
}

}  // namespace

const Value* Value::find(std::string_view key) const noexcept {
  if (is(Kind::record)) {
    const Value* found = entries == nullptr ? nullptr : entries->find(key);
    return found != nullptr || state == nullptr ? found : state->find(key);
  }
  if (!is(Kind::dict)) return nullptr;
  for (std::size_t i = items.size() / 2; i-- > 0;) {  // from the end: the last one counts
    const Value& name = *items[2 * i];
    if (name.is(Kind::string) && name.text == key) return items[2 * i + 1];
  }
  return nullptr;
}

std::string preview(const Value& value, std::size_t width) {
  std::string line;
  append(line, value, width);
  return line;
}

std::vector<std::pair<std::string, std::size_t>> tensor_names(const Value& root) {
  Names names;
  names.walk(root);
  return std::move(names.found);
}

}  // namespace mpq::checkpoint
