// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/model_list.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/error.h"
#include "core/text.h"

namespace mpq {
namespace {

using Json = nlohmann::json;

constexpr int schema_version = 1;
constexpr int max_depth = 8;
constexpr std::uintmax_t max_bytes = std::uintmax_t{16} << 20;

[[noreturn]] void bad(const std::string& problem) {
  throw Error(ErrorCode::corrupt_data, problem);
}

// Absent is empty.
std::string string_field(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (!found->is_string()) bad(text("\"", name, "\" is not a string"));
  return found->get<std::string>();
}

std::string required_field(const Json& object, const char* name) {
  std::string value = string_field(object, name);
  if (value.empty()) bad(text("\"", name, "\" is missing"));
  return value;
}

std::optional<std::uint64_t> size_field(const Json& object) {
  const auto found = object.find("size");
  if (found == object.end()) return std::nullopt;
  if (!found->is_number_unsigned()) bad("\"size\" is not a number of bytes");
  return found->get<std::uint64_t>();
}

const Json& array_field(const Json& object, const char* name) {
  static const Json none = Json::array();
  const auto found = object.find(name);
  if (found == object.end()) return none;
  if (!found->is_array()) bad(text("\"", name, "\" is not a list"));
  return *found;
}

bool is_sum(const std::string& sum) {
  return sum.size() >= 8 && sum.size() <= 64 &&
         sum.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// A member is named as it stands in the package, and never becomes a path here; ".." is a mistake all the
// same.
bool is_member(const std::string& member) {
  const std::filesystem::path path(member);
  return path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end();
}

ModelSource source_from(const Json& object) {
  if (!object.is_object()) bad("a source is not an object");
  constexpr std::pair<const char*, ModelSource::Kind> kinds[] = {
      {"url", ModelSource::Kind::url}, {"pypi", ModelSource::Kind::pypi}, {"npm", ModelSource::Kind::npm}};
  for (const auto& [name, kind] : kinds) {
    if (!object.contains(name)) continue;
    ModelSource source{kind, required_field(object, name), string_field(object, "member")};
    if (source.location.starts_with('-')) bad(text("\"", name, "\" begins with '-'"));
    if (kind != ModelSource::Kind::url && source.member.empty()) bad("\"member\" of a package is missing");
    if (!is_member(source.member)) bad("\"member\" leaves its package");
    return source;
  }
  bad("a source has neither \"url\" nor \"pypi\" nor \"npm\"");
}

void read_licence(const Json& object, ModelEntry& entry) {
  const auto found = object.find("licence");
  if (found == object.end()) return;
  if (!found->is_object()) bad("\"licence\" is not an object");
  entry.licence = string_field(*found, "name");
  entry.licence_text = string_field(*found, "text");
}

void check(const ModelEntry& entry) {
  if (!is_model_name(entry.name))
    bad("\"name\" is no model name (lower-case letters, digits, '.', '_', '-')");
  if (!is_file_name(entry.file)) bad("\"file\" is no file name");
  if (!entry.sha256.empty() && !is_sum(entry.sha256)) bad("\"sha256\" is not 8 to 64 hexadecimal digits");
}

ModelEntry entry_from(const Json& object) {
  if (!object.is_object()) bad("it is not an object");
  ModelEntry entry;
  entry.name = required_field(object, "name");
  entry.architecture = string_field(object, "architecture");
  entry.variant = string_field(object, "variant");
  entry.task = string_field(object, "task");
  entry.file = required_field(object, "file");
  entry.format = string_field(object, "format");
  entry.size = size_field(object);
  entry.sha256 = string_field(object, "sha256");
  entry.sha256_from = string_field(object, "sha256-from");
  read_licence(object, entry);
  entry.preprocessing = string_field(object, "preprocessing");
  entry.home = string_field(object, "home");
  for (const Json& source : array_field(object, "sources")) entry.sources.push_back(source_from(source));
  for (const Json& name : array_field(object, "needs")) {
    if (!name.is_string()) bad("\"needs\" holds what is not a string");
    entry.needs.push_back(name.get<std::string>());
  }
  check(entry);
  return entry;
}

Json document(const std::string& json) {
  const auto limit_depth = [](int depth, Json::parse_event_t, Json&) {
    if (depth > max_depth) bad("JSON is nested too deeply");
    return true;
  };
  try {
    return Json::parse(json, limit_depth);
  } catch (const Json::exception& e) {
    bad(text("not valid JSON: ", e.what()));
  }
}

void check_schema(const Json& list) {
  if (!list.is_object()) bad("the list of models is not a JSON object");
  const auto schema = list.find("schema");
  if (schema == list.end() || !schema->is_number_unsigned())
    bad("\"schema\" of the list of models is missing");
  if (*schema > schema_version) {
    throw Error(ErrorCode::unsupported,
                "the list of models has a newer schema than this version of mpq knows",
                "Update mpq, or use the list that came with it.");
  }
}

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

}  // namespace

ModelList ModelList::parse(const std::string& json) {
  const Json root = document(json);
  check_schema(root);
  ModelList list;
  for (const Json& object : array_field(root, "models")) {
    try {
      ModelEntry entry = entry_from(object);
      if (list.find(entry.name) != nullptr) bad(text("\"", entry.name, "\" is listed twice"));
      list.entries_.push_back(std::move(entry));
    } catch (const Error& e) {
      throw Error(e.code(), text("model ", list.entries_.size() + 1, " of the list: ", e.what()), e.remedy());
    }
  }
  for (const ModelEntry& entry : list.entries_) {
    for (const std::string& name : entry.needs) {
      if (list.find(name) == nullptr)
        bad(text("\"", entry.name, "\" needs \"", name, "\", which is not listed"));
    }
  }
  return list;
}

ModelList ModelList::read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (!file || error) {
    throw Error(ErrorCode::io, text("cannot read ", path.string()),
                "Check the name and the permissions of the file.");
  }
  try {
    if (size > max_bytes) bad("the list of models is larger than 16 MiB");
    return parse(std::string(std::istreambuf_iterator<char>(file), {}));
  } catch (const Error& e) {
    throw Error(e.code(), text(path.string(), ": ", e.what()), e.remedy());
  }
}

const ModelEntry* ModelList::find(std::string_view name) const noexcept {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

std::string ModelList::closest(std::string_view name) const {
  std::string best;
  if (name.size() > 64) return best;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const ModelEntry& entry : entries_) {
    if (const std::size_t d = distance(name, entry.name); d < least) {
      least = d;
      best = entry.name;
    }
  }
  return best;
}

bool is_model_name(std::string_view name) noexcept {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::string_view all = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  return !name.empty() && name.size() <= 64 && letters.find(name[0]) != letters.npos &&
         name.find_first_not_of(all) == name.npos;
}

bool is_file_name(std::string_view name) noexcept {
  const auto unfit = [](char c) { return c == '/' || (c >= 0 && c < ' ') || c == 127; };
  return !name.empty() && name.size() <= 200 && name[0] != '.' &&
         std::none_of(name.begin(), name.end(), unfit);
}

}  // namespace mpq
