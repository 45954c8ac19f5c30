// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Results as CSV records, quoted as in RFC 4180.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/csv.h"
#include "core/error.h"
#include "core/result_field.h"
#include "core/result_io.h"
#include "core/text.h"

namespace mpq {
namespace {

enum Column {
  schema,
  element,
  metric,
  scope,
  input,
  index,
  stream_time,
  running_time,
  duration,
  value,
  unit,
  label,
  details,
  column_count
};
constexpr std::array<const char*, column_count> column_names{
    "schema",       "element",  "metric", "scope", "input", "index",  "stream-time",
    "running-time", "duration", "value",  "unit",  "label", "details"};

using Fields = std::vector<std::string>;

// Bytes that are no UTF-8 become U+FFFD, as in JSON.
std::string as_utf8(const std::string& words) {
  if (std::all_of(words.begin(), words.end(), [](unsigned char c) { return c < 0x80; })) return words;
  using nlohmann::json;
  return json::parse(json(words).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

// Shortest digits that read back to the same value, whatever the locale.
std::string number_text(double number) {
  if (std::isnan(number)) return "nan";
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  return {digits.data(), end.ptr};
}

std::string time_text(const std::optional<std::int64_t>& time) {
  return time ? std::to_string(*time) : "";
}

std::string escaped_name(const std::string& name) {
  std::string out;
  for (const char c : name) {
    out += c == '%' ? "%25" : c == ';' ? "%3B" : c == '=' ? "%3D" : std::string(1, c);
  }
  return out;
}

template <class Number>
Number parse_number(std::string_view digits, std::string_view name) {
  Number number{};
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (end.ec != std::errc() || end.ptr != digits.data() + digits.size()) {
    bad_field(name, "is missing or not a number of its kind");
  }
  return number;
}

std::optional<std::int64_t> parse_time(const Fields& fields, Column column) {
  if (fields[column].empty()) return std::nullopt;
  return parse_number<std::int64_t>(fields[column], column_names[column]);
}

std::string unescaped_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '%') {
      out += name[i];
      continue;
    }
    const auto code = name.substr(i + 1, 2);
    if (code != "25" && code != "3B" && code != "3D") bad_field("details", "has an unknown % escape");
    out += code == "25" ? '%' : code == "3B" ? ';' : '=';
    i += 2;
  }
  return out;
}

void parse_details(std::string_view list, Result& result) {
  while (!list.empty()) {
    const auto end = std::min(list.find(';'), list.size());
    const auto item = list.substr(0, end);
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) bad_field("details", "is not a list of name=number");
    result.details.emplace_back(unescaped_name(item.substr(0, equals)),
                                parse_number<double>(item.substr(equals + 1), "details"));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

// JSON, which any result may be written as, holds no other text.
void check_text(const std::string& record) {
  try {
    static_cast<void>(nlohmann::json(record).dump());
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorCode::corrupt_data, "CSV record is not UTF-8 text");
  }
}

void check_schema(const std::string& version) {
  const auto number = parse_number<std::uint64_t>(version, "schema");
  if (number == 0) bad_field("schema", "is not an integer from 1");
  if (number > result_schema_version) {
    throw Error(ErrorCode::unsupported,
                text("result has schema version ", number, ", newer than ", result_schema_version),
                "Read it with a newer version of mpq.");
  }
}

}  // namespace

std::string csv_header() {
  std::string header;
  for (const char* name : column_names) header += (header.empty() ? "" : ",") + std::string(name);
  return header;
}

std::string to_csv(const Result& result) {
  std::string list;
  for (const auto& [name, number] : result.details) {
    list += (list.empty() ? "" : ";") + escaped_name(name) + '=' + number_text(number);
  }
  std::string record = std::to_string(result_schema_version);
  const auto append = [&record](const std::string& field) { record += ',' + csv_field(field); };
  append(result.element);
  append(result.metric);
  append(result.scope == Scope::frame ? "frame" : "pooled");
  append(result.input);
  append(std::to_string(result.index));
  append(time_text(result.stream_time));
  append(time_text(result.running_time));
  append(time_text(result.duration));
  append(number_text(result.value));
  append(result.unit);
  append(result.label);
  return as_utf8(record + ',' + csv_quoted(list));
}

Result result_from_csv(const std::string& record) {
  check_text(record);
  const Fields fields = split_csv(record);
  if (fields.size() != column_count) {
    throw Error(ErrorCode::corrupt_data,
                text("CSV record has ", fields.size(), " columns instead of ", int{column_count}));
  }
  check_schema(fields[schema]);
  if (fields[scope] != "frame" && fields[scope] != "pooled") {
    bad_field("scope", "is neither \"frame\" nor \"pooled\"");
  }
  Result result;
  result.element = fields[element];
  result.metric = fields[metric];
  result.scope = fields[scope] == "frame" ? Scope::frame : Scope::pooled;
  result.input = fields[input];
  result.index = parse_number<std::uint64_t>(fields[index], "index");
  result.stream_time = parse_time(fields, stream_time);
  result.running_time = parse_time(fields, running_time);
  result.duration = parse_time(fields, duration);
  result.value = parse_number<double>(fields[value], "value");
  result.unit = fields[unit];
  result.label = fields[label];
  parse_details(fields[details], result);
  return result;
}

}  // namespace mpq
