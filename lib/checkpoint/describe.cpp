// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The listing of a checkpoint for people.
#include <algorithm>

#include "checkpoint/checkpoint.h"
#include "checkpoint/layout.h"
#include "core/text.h"

namespace mpq::checkpoint {
namespace {

constexpr std::size_t line_width = 100;

// Names and metadata may hold anything, also what controls a terminal.
std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }, '?');
  return text;
}

std::string shortened(const std::string& text) {
  return text.size() <= line_width ? text : text.substr(0, line_width) + "...";
}

std::string summary(const Checkpoint& checkpoint) {
  std::int64_t values = 0;
  for (const Tensor& tensor : checkpoint.tensors()) values += tensor.elements();
  return text(checkpoint.file(), ": ", checkpoint.format(), ", ", checkpoint.tensors().size(), " tensors, ",
              values, " values\n");
}

// What is in the topmost dict and is no dict itself: hyper-parameters, epochs, class names.
std::string plain_items(const Value& root) {
  std::string lines;
  if (!root.is(Value::Kind::dict)) return lines;
  for (std::size_t i = 0; i + 1 < root.items.size(); i += 2) {
    const Value& value = *root.items[i + 1];
    if (value.is(Value::Kind::tensor) || preview(value, 2000).find("<tensor>") != std::string::npos) continue;
    lines += text("  ", preview(*root.items[i], 40), " = ", preview(value, line_width), '\n');
  }
  return lines;
}

}  // namespace

std::string describe(const Checkpoint& checkpoint) {
  std::string lines = summary(checkpoint);
  for (const auto& [key, value] : checkpoint.metadata())
    lines += text("  ", printable(shortened(key)), " = ", printable(shortened(value)), '\n');
  if (checkpoint.root() != nullptr) lines += plain_items(*checkpoint.root());
  for (const Tensor& tensor : checkpoint.tensors())
    lines +=
        text("  ", printable(tensor.name), "  ", name_of(tensor.dtype), " ", shape_text(tensor.shape), '\n');
  return lines;
}

}  // namespace mpq::checkpoint
