// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/csv.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/text.h"

namespace mpq {
namespace {

constexpr std::size_t max_line = std::size_t{1} << 20;

// A quoted field that starts at `at`; leaves `at` behind its closing quote.
std::string take_quoted(const std::string& record, std::size_t& at) {
  std::string field;
  for (++at; at < record.size(); ++at) {
    if (record[at] != '"') {
      field += record[at];
    } else if (at + 1 < record.size() && record[at + 1] == '"') {
      field += record[++at];
    } else {
      ++at;
      return field;
    }
  }
  throw Error(ErrorCode::corrupt_data, "CSV quote is not closed");
}

}  // namespace

std::string csv_quoted(const std::string& field) {
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string csv_field(const std::string& field) {
  return field.find_first_of(",\"\r\n") == std::string::npos ? field : csv_quoted(field);
}

std::vector<std::string> split_csv(const std::string& record) {
  std::vector<std::string> fields;
  std::size_t at = 0;
  while (true) {
    if (at < record.size() && record[at] == '"') {
      fields.push_back(take_quoted(record, at));
    } else {
      const auto end = std::min(record.find(',', at), record.size());
      fields.push_back(record.substr(at, end - at));
      at = end;
    }
    if (at == record.size()) return fields;
    if (record[at++] != ',') throw Error(ErrorCode::corrupt_data, "CSV field goes on behind its quote");
  }
}

RecordReader::RecordReader(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary) {
  if (!file_) {
    throw Error(ErrorCode::io, text("cannot open ", path.string(), ": ", std::strerror(errno)),
                "Check the name and the permissions of the file.");
  }
}

bool RecordReader::next(std::string& record, bool csv) {
  record.clear();
  in_quotes_ = false;
  first_line_ = line_ + 1;
  if (!append_line(record)) return false;
  while (csv && in_quotes_) {
    append('\n', record);
    if (!append_line(record)) throw Error(ErrorCode::corrupt_data, "CSV quote is not closed");
  }
  if (csv && record.ends_with('\r')) record.pop_back();
  return true;
}

std::string RecordReader::where() const {
  return text(path_.string(), ":", first_line_);
}

bool RecordReader::append_line(std::string& record) {
  std::streambuf& in = *file_.rdbuf();
  int c = in.sbumpc();
  if (c == EOF) return false;
  ++line_;
  for (; c != EOF && c != '\n'; c = in.sbumpc()) append(static_cast<char>(c), record);
  return true;
}

void RecordReader::append(char c, std::string& record) {
  if (record.size() >= max_line) throw Error(ErrorCode::corrupt_data, "line is longer than 1 MiB");
  if (c == '"') in_quotes_ = !in_quotes_;
  record += c;
}

}  // namespace mpq
