// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tasks/segformer/classes.h"

#include <cmath>
#include <fstream>
#include <optional>

#include "core/error.h"
#include "core/text.h"

namespace mpq::segformer {
namespace {

/// The bits of the number, three at a time, from the highest bit of each component down.
Colour usual_colour(int index) {
  Colour colour{};
  int bits = index + 1;
  for (int shift = 7; shift >= 0; --shift, bits >>= 3)
    for (std::size_t c = 0; c < 3; ++c)
      colour[c] = static_cast<std::uint8_t>(colour[c] | (bits >> c & 1) << shift);
  return colour;
}

std::optional<Colour> parse_colour(const std::string& word) {
  if (word.size() != 7 || word.find_first_not_of("0123456789abcdefABCDEF", 1) != std::string::npos) return {};
  const int value = std::stoi(word.substr(1), nullptr, 16);
  return Colour{static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
                static_cast<std::uint8_t>(value)};
}

}  // namespace

std::string Classes::name(std::size_t index) const {
  return index < names.size() && !names[index].empty() ? names[index] : std::to_string(index);
}

Classes classes_with(std::vector<std::string> names, int count) {
  Classes classes{std::move(names), {}};
  for (int i = 0; i < count; ++i) classes.colours.push_back(usual_colour(i));
  return classes;
}

Classes read_classes(const std::filesystem::path& file, int count) {
  std::ifstream stream(file);
  std::string line;
  std::vector<std::string> lines;
  while (std::getline(stream, line)) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  if (!stream.eof())
    throw Error(ErrorCode::io, text("the labels file ", file.string(), " cannot be read"), "Check its name");
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (lines.size() != static_cast<std::size_t>(count))
    throw Error(ErrorCode::mismatch,
                text("the labels file ", file.string(), " has ", lines.size(), " lines, but the model ",
                     count, " classes"),
                "Give each class a line, in the model's order");
  Classes classes = classes_with({}, count);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].starts_with('#')) {
      const auto end = std::min(lines[i].find(' '), lines[i].size());
      const auto colour = parse_colour(lines[i].substr(0, end));
      if (!colour)
        throw Error(
            ErrorCode::corrupt_data,
            text("line ", i + 1, " of the labels file ", file.string(), " begins with no colour: ", lines[i]),
            "Write it as #RRGGBB, six hexadecimal digits, and a space after it");
      classes.colours[i] = *colour;
      lines[i].erase(0, end + 1);
    }
    classes.names.push_back(lines[i]);
  }
  return classes;
}

void colour(const LabelMap& map, const Classes& classes, double opacity, const MutableImageView& picture) {
  const int own = static_cast<int>(std::lround(opacity * 256));
  std::vector<std::array<int, 3>> parts;
  for (const Colour& c : classes.colours)
    parts.push_back({own * c[0] + 128, own * c[1] + 128, own * c[2] + 128});
  const std::uint16_t* label = map.labels.data();
  for (int y = 0; y < map.height; ++y) {
    std::uint8_t* pixel = picture.planes[0].data + picture.planes[0].stride * y;
    for (int x = 0; x < map.width; ++x, ++label, pixel += 3) {
      const auto& part = parts[*label];
      for (std::size_t c = 0; c < 3; ++c)
        pixel[c] = static_cast<std::uint8_t>((part[c] + (256 - own) * pixel[c]) >> 8);
    }
  }
}

}  // namespace mpq::segformer
