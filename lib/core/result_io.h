// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Result files: JSON lines and CSV, written while a stream runs and read back whole (docs/results.md).
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/result.h"

namespace mpq {

enum class ResultFormat { json_lines, csv };

/// ".csv" means CSV, everything else JSON lines.
ResultFormat result_format_for(const std::filesystem::path& path);

/// One result as a line without its newline; doubles read back to the same bits. JSON has no infinity or NaN:
/// they are written as the strings "inf", "-inf" and "nan". Absent optional fields are left out. Bytes that
/// are not UTF-8 become U+FFFD.
std::string to_json(const Result& result);

/// One result as a record of csv_header()'s columns, quoted as in RFC 4180. All details share the last
/// column, "psnr-y=30.1;mse=46.2"; '%', ';' and '=' in a detail's name are written as %25, %3B and %3D.
std::string to_csv(const Result& result);
std::string csv_header();

/// Inverse of to_json. Unknown fields are ignored. Throws Error(corrupt_data) that names the missing or
/// mistyped field, and Error(unsupported) for a newer schema version.
Result result_from_json(const std::string& line);

/// Inverse of to_csv; the record may hold newlines inside quotes. Throws as result_from_json.
Result result_from_csv(const std::string& record);

/// Creates or truncates `path` and appends one line a result; every line is flushed, so that a file is whole
/// up to the last result even when the process dies. Not thread-safe. Throws Error(io).
class ResultWriter {
 public:
  explicit ResultWriter(const std::filesystem::path& path);
  void write(const Result& result);

 private:
  void write_line(const std::string& line);

  std::filesystem::path path_;
  ResultFormat format_;
  std::ofstream file_;
};

/// All results of a file that ResultWriter wrote, in either format, told apart by the first line. Blank lines
/// are skipped; a line may have 1 MiB. Throws Error(io), and Error(corrupt_data) or Error(unsupported) with
/// file and line.
std::vector<Result> read_results(const std::filesystem::path& path);

}  // namespace mpq
