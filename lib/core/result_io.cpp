// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Files of results: writing line by line, reading back whole.
#include "core/result_io.h"

#include <cerrno>
#include <cstring>

#include "core/csv.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq {
namespace {

bool is_blank(const std::string& record) {
  return record.find_first_not_of(" \t\r") == std::string::npos;
}

std::vector<Result> read_records(RecordReader& reader) {
  std::vector<Result> results;
  std::string record;
  bool csv = false, first = true;
  while (reader.next(record, csv)) {
    if (is_blank(record)) continue;
    if (first && record.starts_with("schema,")) {
      if (record.ends_with('\r')) record.pop_back();  // next() did not know yet that this is CSV
      if (record != csv_header()) throw Error(ErrorCode::corrupt_data, "CSV header names other columns");
      csv = true;
    } else {
      results.push_back(csv ? result_from_csv(record) : result_from_json(record));
    }
    first = false;
  }
  return results;
}

}  // namespace

ResultFormat result_format_for(const std::filesystem::path& path) {
  return path.extension() == ".csv" ? ResultFormat::csv : ResultFormat::json_lines;
}

ResultWriter::ResultWriter(const std::filesystem::path& path)
    : path_(path), format_(result_format_for(path)), file_(path, std::ios::binary | std::ios::trunc) {
  if (!file_) {
    throw Error(ErrorCode::io, text("cannot create ", path.string(), ": ", std::strerror(errno)),
                "Check that the folder exists and can be written.");
  }
  if (format_ == ResultFormat::csv) write_line(csv_header());
}

void ResultWriter::write(const Result& result) {
  write_line(format_ == ResultFormat::csv ? to_csv(result) : to_json(result));
}

void ResultWriter::write_line(const std::string& line) {
  file_ << line << '\n' << std::flush;
  if (!file_) {
    throw Error(ErrorCode::io, text("cannot write ", path_.string(), ": ", std::strerror(errno)),
                "Check that the disk has space.");
  }
}

std::vector<Result> read_results(const std::filesystem::path& path) {
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored)) {
    throw Error(ErrorCode::io, text(path.string(), " is a folder"), "Name a result file in it.");
  }
  RecordReader reader(path);
  try {
    return read_records(reader);
  } catch (const Error& e) {
    throw Error(e.code(), text(reader.where(), ": ", e.what()), e.remedy());
  }
}

}  // namespace mpq
