// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Files of lines, and CSV records in them, quoted as in RFC 4180.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace mpq {

/// A field as it stands in a record: in quotes where it needs them.
std::string csv_field(const std::string& field);
/// In quotes in any case.
std::string csv_quoted(const std::string& field);

/// The fields of a record, which may hold newlines inside quotes. Throws Error(corrupt_data).
std::vector<std::string> split_csv(const std::string& record);

/// Reads lines of at most 1 MiB; a CSV record may span several, while a quote is open. Not thread-safe.
class RecordReader {
 public:
  /// Throws Error(io) that names the file.
  explicit RecordReader(const std::filesystem::path& path);

  /// The next line, or the next CSV record without its line end. False at the end of the file. Throws
  /// Error(corrupt_data), and Error(io) where the file cannot be read on.
  bool next(std::string& record, bool csv);

  /// "FILE:LINE" of the record that next() read last.
  std::string where() const;

 private:
  bool append_line(std::string& record);
  void append(char c, std::string& record);

  std::filesystem::path path_;
  std::ifstream file_;
  std::size_t line_ = 0, first_line_ = 0;
  bool in_quotes_ = false;
};

}  // namespace mpq
