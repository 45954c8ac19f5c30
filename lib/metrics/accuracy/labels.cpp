// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/accuracy/labels.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/csv.h"
#include "core/error.h"
#include "core/text.h"
#include "metrics/accuracy/labels_json.h"

namespace mpq::accuracy {
namespace {

namespace fs = std::filesystem;

std::optional<int> number_in(const std::string& words) {
  int number = 0;
  const char* const end = words.data() + words.size();
  const auto parsed = std::from_chars(words.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < 0) return std::nullopt;
  return number;
}

/// Where the columns that matter stand in a CSV file.
struct Columns {
  static constexpr std::size_t absent = std::string::npos;
  std::size_t file = absent, index = absent, label = absent, mask = absent;

  explicit Columns(const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == "file") file = i;
      if (names[i] == "index") index = i;
      if (names[i] == "label") label = i;
      if (names[i] == "mask") mask = i;
    }
    if (file == absent)
      throw Error(ErrorCode::corrupt_data, "no column is called \"file\"",
                  "Let the first line name the columns: file, and index, label or mask");
  }

  ListedFile read(const std::vector<std::string>& fields) const {
    const auto field = [&](std::size_t column) {
      return column < fields.size() ? fields[column] : std::string();
    };
    ListedFile listed{field(file), {{}, field(label)}, field(mask)};
    if (listed.file.empty()) throw Error(ErrorCode::corrupt_data, "the column \"file\" is empty");
    if (const std::string number = field(index); !number.empty()) {
      listed.label.index = number_in(number);
      if (!listed.label.index)
        throw Error(ErrorCode::corrupt_data, text("the index \"", number, "\" is no number from 0"));
    }
    return listed;
  }
};

std::vector<ListedFile> read_lines(RecordReader& reader, bool csv) {
  std::vector<ListedFile> files;
  std::optional<Columns> columns;
  bool first = true;
  for (std::string line; reader.next(line, csv); first = false) {
    if (line.ends_with('\r')) line.pop_back();
    if (first && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);  // a byte order mark
    if (line.empty()) continue;
    if (!csv)
      files.push_back({line, {}, {}});
    else if (columns)
      files.push_back(columns->read(split_csv(line)));
    else
      columns.emplace(split_csv(line));
  }
  return files;
}

std::vector<ListedFile> read_any_list(const fs::path& list) {
  try {
    if (list.extension() == ".json") return read_json_list(list);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::io) throw;
    throw Error(error.code(), text(list.string(), ": ", error.what()), error.remedy());
  }
  RecordReader reader(list);
  try {
    return read_lines(reader, list.extension() == ".csv");
  } catch (const Error& error) {
    throw Error(error.code(), text(reader.where(), ": ", error.what()), error.remedy());
  }
}

}  // namespace

Label label_of_text(const std::string& text) {
  const auto number = number_in(text);
  return number ? Label{number, {}} : Label{{}, text};
}

std::vector<ListedFile> read_file_list(const fs::path& list) {
  if (std::error_code ignored; fs::is_directory(list, ignored))
    throw Error(ErrorCode::io, text(list.string(), " is a folder"), "Name a file that lists files");
  std::vector<ListedFile> files = read_any_list(list);
  std::set<std::string> names;
  for (const ListedFile& listed : files) {
    if (!names.insert(listed.file).second)
      throw Error(ErrorCode::corrupt_data, text(list.string(), " lists ", listed.file, " twice"),
                  "Remove one of the two");
  }
  return files;
}

Labels::Labels(const fs::path& list) : list_(list) {
  for (const ListedFile& listed : read_file_list(list)) {
    if (!listed.label.known())
      throw Error(ErrorCode::corrupt_data, text(list.string(), " has no label for ", listed.file),
                  "Give each file an index or a label");
    labels_.emplace(listed.file, listed.label);
  }
}

const Label& Labels::of(const std::string& file) const {
  const fs::path path(file);
  for (const fs::path& name : {path, path.filename(), path.stem()}) {
    if (const auto found = labels_.find(name.string()); found != labels_.end()) return found->second;
  }
  throw Error(ErrorCode::invalid_argument, text(list_.string(), " has no label for ", file),
              "Add a line for it, or leave the picture out");
}

LabelPattern::LabelPattern(const std::string& pattern) : pattern_(pattern) {
  const char* const remedy = "Write the label as a group: \"(.*)_[0-9]+\"";
  try {
    regex_ = pattern;
  } catch (const std::regex_error& error) {
    throw Error(ErrorCode::invalid_argument,
                text("label-pattern \"", pattern, "\" is no regular expression: ", error.what()), remedy);
  }
  if (regex_.mark_count() < 1)
    throw Error(ErrorCode::invalid_argument, text("label-pattern \"", pattern, "\" has no group"), remedy);
}

Label LabelPattern::of(const std::string& file) const {
  std::smatch match;
  if (!std::regex_search(file, match, regex_) || match[1].length() == 0)
    throw Error(ErrorCode::invalid_argument,
                text("label-pattern \"", pattern_, "\" finds no label in the name ", file),
                "Change the pattern, or name the labels in a file");
  return label_of_text(match[1]);
}

}  // namespace mpq::accuracy
