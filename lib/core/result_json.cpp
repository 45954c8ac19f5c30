// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Results as JSON objects, one a line.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/result_field.h"
#include "core/result_io.h"
#include "core/text.h"

namespace mpq {
namespace {

using Json = nlohmann::ordered_json;  // keeps the order of the details

constexpr int max_depth = 8;  // ours need two; more is kept for fields of later versions

Json number_to_json(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

double number_from_json(const Json& json, const std::string& name) {
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) {
    const auto& word = json.get_ref<const std::string&>();
    if (word == "inf") return std::numeric_limits<double>::infinity();
    if (word == "-inf") return -std::numeric_limits<double>::infinity();
    if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  }
  bad_field(name, "is not a number");
}

const Json& field(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) bad_field(name, "is missing");
  return *found;
}

std::string string_field(const Json& object, const char* name) {
  const Json& json = field(object, name);
  if (!json.is_string()) bad_field(name, "is not a string");
  return json.get<std::string>();
}

// Integers beyond 64 bits are floating point to the parser, so that get<> cannot wrap.
std::optional<std::int64_t> time_field(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return std::nullopt;
  if (!found->is_number_integer()) bad_field(name, "is not an integer");
  constexpr auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > limit) bad_field(name, "is out of range");
  return found->get<std::int64_t>();
}

std::uint64_t index_field(const Json& object) {
  const Json& json = field(object, "index");
  if (!json.is_number_unsigned()) bad_field("index", "is not an integer from 0");
  return json.get<std::uint64_t>();
}

Scope scope_field(const Json& object) {
  const std::string word = string_field(object, "scope");
  if (word != "frame" && word != "pooled") bad_field("scope", "is neither \"frame\" nor \"pooled\"");
  return word == "frame" ? Scope::frame : Scope::pooled;
}

void check_schema(const Json& object) {
  const Json& schema = field(object, "schema");
  if (!schema.is_number_unsigned() || schema == 0) bad_field("schema", "is not an integer from 1");
  if (schema > result_schema_version) {
    throw Error(ErrorCode::unsupported,
                text("result has schema version ", schema.get<std::uint64_t>(), ", newer than ",
                     result_schema_version),
                "Read it with a newer version of mpq.");
  }
}

Json parse(const std::string& line) {
  const auto limit_depth = [](int depth, Json::parse_event_t, Json&) {
    if (depth > max_depth) throw Error(ErrorCode::corrupt_data, "JSON is nested too deeply");
    return true;
  };
  try {
    return Json::parse(line, limit_depth);
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::corrupt_data, text("not valid JSON: ", e.what()));
  }
}

void put_time(Json& object, const char* name, const std::optional<std::int64_t>& time) {
  if (time) object[name] = *time;
}

}  // namespace

std::string to_json(const Result& result) {
  Json object;
  object["schema"] = result_schema_version;
  object["element"] = result.element;
  object["metric"] = result.metric;
  object["scope"] = result.scope == Scope::frame ? "frame" : "pooled";
  object["input"] = result.input;
  object["index"] = result.index;
  put_time(object, "stream-time", result.stream_time);
  put_time(object, "running-time", result.running_time);
  put_time(object, "duration", result.duration);
  object["value"] = number_to_json(result.value);
  object["unit"] = result.unit;
  if (!result.label.empty()) object["label"] = result.label;
  Json details = Json::object();
  for (const auto& [name, value] : result.details) details[name] = number_to_json(value);
  object["details"] = std::move(details);
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result result_from_json(const std::string& line) {
  const Json object = parse(line);
  if (!object.is_object()) throw Error(ErrorCode::corrupt_data, "result is not a JSON object");
  check_schema(object);
  Result result;
  result.element = string_field(object, "element");
  result.metric = string_field(object, "metric");
  result.scope = scope_field(object);
  result.input = object.contains("input") ? string_field(object, "input") : "";
  result.index = index_field(object);
  result.stream_time = time_field(object, "stream-time");
  result.running_time = time_field(object, "running-time");
  result.duration = time_field(object, "duration");
  result.value = number_from_json(field(object, "value"), "value");
  result.unit = string_field(object, "unit");
  if (object.contains("label")) result.label = string_field(object, "label");
  const Json none = Json::object();
  const Json& details = object.contains("details") ? object["details"] : none;
  if (!details.is_object()) bad_field("details", "is not an object");
  for (const auto& [name, value] : details.items()) {
    result.details.emplace_back(name, number_from_json(value, name));
  }
  return result;
}

}  // namespace mpq
