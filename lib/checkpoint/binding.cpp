// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/binding.h"

#include <algorithm>
#include <unordered_set>

#include "checkpoint/layout.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::checkpoint {
namespace {

constexpr std::size_t names_shown = 10;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// What the wildcards of a pattern met, each kind in its order.
struct Met {
  std::vector<std::string_view> numbers, texts;
};

bool fits(std::string_view pattern, std::string_view name, Met& met);

bool number_fits(std::string_view pattern, std::string_view name, Met& met) {
  const auto end =
      static_cast<std::size_t>(std::find_if_not(name.begin(), name.end(), is_digit) - name.begin());
  if (end == 0) return false;
  met.numbers.push_back(name.substr(0, end));
  if (fits(pattern, name.substr(end), met)) return true;
  met.numbers.pop_back();
  return false;
}

bool text_fits(std::string_view pattern, std::string_view name, Met& met) {
  for (std::size_t size = name.size() + 1; size-- > 0;) {
    met.texts.push_back(name.substr(0, size));
    if (fits(pattern, name.substr(size), met)) return true;
    met.texts.pop_back();
  }
  return false;
}

bool fits(std::string_view pattern, std::string_view name, Met& met) {
  const std::size_t plain = std::min(pattern.find_first_of("#*"), pattern.size());
  if (name.substr(0, plain) != pattern.substr(0, plain)) return false;
  if (plain == pattern.size()) return name.size() == plain;
  const bool number = pattern[plain] == '#';
  pattern.remove_prefix(plain + 1);
  name.remove_prefix(plain);
  return number ? number_fits(pattern, name, met) : text_fits(pattern, name, met);
}

std::string fill(const std::string& pattern, const Met& met) {
  std::string name;
  std::size_t numbers = 0, texts = 0;
  for (const char c : pattern) {
    if (c == '#' && numbers < met.numbers.size())
      name += met.numbers[numbers++];
    else if (c == '*' && texts < met.texts.size())
      name += met.texts[texts++];
    else
      name += c;
  }
  return name;
}

// The first names of a kind of fault, and how many there are.
class Faults {
 public:
  explicit Faults(std::string kind) : kind_(std::move(kind)) {}

  void add(const std::string& name) {
    if (count_++ < names_shown) names_ += (names_.empty() ? "" : ", ") + name;
  }
  std::size_t count() const { return count_; }
  void append_to(std::string& sentence) const {
    if (count_ == 0) return;
    sentence += text(sentence.empty() ? "" : "; ", count_, " ", kind_, ": ", names_);
    if (count_ > names_shown) sentence += text(" and ", count_ - names_shown, " more");
  }

 private:
  std::string kind_, names_;
  std::size_t count_ = 0;
};

bool fits(const std::vector<std::int64_t>& wanted, const std::vector<std::int64_t>& shape) {
  return std::equal(wanted.begin(), wanted.end(), shape.begin(), shape.end(),
                    [](std::int64_t a, std::int64_t b) { return a == -1 || a == b; });
}

class Binder {
 public:
  using Tensors = std::unordered_map<std::string, const Tensor*>;

  Tensors collect(const Checkpoint& checkpoint, const KeyMap& map) {
    Tensors found;
    for (const Tensor& tensor : checkpoint.tensors()) {
      const auto name = own_name(map, tensor.name);
      if (name && !found.emplace(*name, &tensor).second) twice_.add(*name);
    }
    return found;
  }

  void check(const Checkpoint& checkpoint, const KeyMap& map, const Tensors& found,
             const std::vector<Wanted>& wanted) {
    std::unordered_set<std::string_view> names;
    for (const Wanted& one : wanted) {
      names.insert(one.name);
      check_one(found, one);
    }
    for (const Tensor& tensor : checkpoint.tensors()) {  // again, for the file's order
      const auto name = own_name(map, tensor.name);
      if (name && !names.contains(*name)) unexpected_.add(*name);
    }
  }

  /// Empty if all is well.
  std::string sentence() const {
    std::string sentence;
    for (const Faults* faults : {&missing_, &unexpected_, &shaped_, &twice_}) faults->append_to(sentence);
    return sentence;
  }

 private:
  void check_one(const Tensors& found, const Wanted& wanted) {
    const auto tensor = found.find(wanted.name);
    if (tensor == found.end()) return missing_.add(wanted.name);
    const auto& shape = tensor->second->shape;
    if (!fits(wanted.shape, shape))
      shaped_.add(text(wanted.name, " is ", shape_text(shape), ", not ", shape_text(wanted.shape)));
  }

  Faults missing_{"missing"}, unexpected_{"unexpected"}, shaped_{"of another shape"}, twice_{"there twice"};
};

}  // namespace

std::optional<std::string> own_name(const KeyMap& map, const std::string& published) {
  for (const std::string& pattern : map.ignored) {
    Met met;
    if (fits(pattern, std::string_view(published), met)) return std::nullopt;
  }
  std::string_view name = published;
  for (const std::string& prefix : map.strip_prefixes)
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  for (const Rename& rename : map.renames) {
    Met met;
    if (fits(rename.published, name, met)) return fill(rename.ours, met);
  }
  return std::string(name);
}

const Tensor& Binding::tensor(std::string_view name) const {
  const auto found = tensors_.find(std::string(name));
  if (found == tensors_.end())
    throw Error(ErrorCode::invalid_argument, text("the model wanted no tensor \"", name, "\""));
  return *found->second;
}

Binding bind(std::shared_ptr<const Checkpoint> checkpoint, const std::vector<Wanted>& wanted,
             const KeyMap& map, const Suggest& suggest) {
  Binder binder;
  Binding binding;
  binding.tensors_ = binder.collect(*checkpoint, map);
  binder.check(*checkpoint, map, binding.tensors_, wanted);
  if (const std::string faults = binder.sentence(); !faults.empty()) {
    const std::string hint = suggest ? suggest(*checkpoint) : "";
    throw Error(ErrorCode::mismatch,
                text(checkpoint->file(), " does not fit the model of ", wanted.size(), " tensors: ", faults),
                hint.empty() ? "Name the checkpoint of this model, or the model of this checkpoint." : hint);
  }
  binding.checkpoint_ = std::move(checkpoint);
  return binding;
}

}  // namespace mpq::checkpoint
