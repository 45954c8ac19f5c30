// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What class a picture belongs to: from a list of files, or from the picture's own name.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <vector>

namespace mpq::accuracy {

/// A class by its index in the classifier's output (from 0), by its name, or by both.
struct Label {
  std::optional<int> index;
  std::string name;

  bool known() const { return index || !name.empty(); }
};

/// A number is an index, anything else a name.
Label label_of_text(const std::string& text);

struct ListedFile {
  std::string file;  ///< as the list names it
  Label label;       ///< not known where the list says none
  std::string mask;  ///< empty where the list names none
};

/// Reads a list of files, by the end of its name:
/// - .csv: the first line names the columns: file, and any of index, label, mask; others are ignored;
/// - .json: [{"file": "a.jpg", "index": 3, "label": "tench", "mask": "a.png"}, ...], or {"a.jpg": LABEL, ...}
///   with LABEL an index, a name or {"index": 3, "label": "tench"};
/// - all else: names alone, one a line.
/// In the list's order. Throws Error(io), and Error(corrupt_data) that names the list and the line or entry;
/// a file that is listed twice is one.
std::vector<ListedFile> read_file_list(const std::filesystem::path& list);

/// The labels of a list, to look up by a file's name. Immutable: any thread.
class Labels {
 public:
  /// Throws as read_file_list(); a file without a label is Error(corrupt_data), too.
  explicit Labels(const std::filesystem::path& list);

  /// By the name as it is listed, then without its folders, then without its ending. Throws
  /// Error(invalid_argument), which names file and list, where none is.
  const Label& of(const std::string& file) const;

 private:
  std::filesystem::path list_;
  std::map<std::string, Label> labels_;
};

/// Labels that are part of the files' names. Immutable: any thread.
class LabelPattern {
 public:
  /// A regular expression (ECMAScript's) whose first group is the label: "^([^/]+)/" takes the folder,
  /// "(.*)_[0-9]+" what stands before a number. Throws Error(invalid_argument).
  explicit LabelPattern(const std::string& pattern);

  /// Throws Error(invalid_argument), which names the file, where the pattern finds nothing in it.
  Label of(const std::string& file) const;

 private:
  std::string pattern_;
  std::regex regex_;
};

}  // namespace mpq::accuracy
