// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/accuracy/labels_json.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace mpq::accuracy {
namespace {

using Json = nlohmann::json;

[[noreturn]] void bad(const std::string& entry, const char* problem) {
  throw Error(ErrorCode::corrupt_data, text(entry, ' ', problem));
}

std::string string_field(const Json& object, const char* name, const std::string& entry) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (!found->is_string()) bad(entry, text("has a \"", name, "\" that is no string").c_str());
  return found->get<std::string>();
}

int index_of(const Json& number, const std::string& entry) {
  constexpr std::uint64_t largest = 0x7fffffff;
  if (!number.is_number_unsigned() || number.get<std::uint64_t>() > largest)
    bad(entry, "has an index that is no number from 0");
  return number.get<int>();
}

Label label_fields(const Json& object, const std::string& entry) {
  Label label{{}, string_field(object, "label", entry)};
  if (const auto index = object.find("index"); index != object.end()) label.index = index_of(*index, entry);
  return label;
}

ListedFile from_object(const Json& object, std::size_t place) {
  const std::string entry = text("entry ", place);
  if (!object.is_object()) bad(entry, "is no object");
  ListedFile listed{string_field(object, "file", entry), label_fields(object, entry),
                    string_field(object, "mask", entry)};
  if (listed.file.empty()) bad(entry, "names no \"file\"");
  return listed;
}

ListedFile from_member(const std::string& file, const Json& label) {
  const std::string entry = text("the entry \"", file, '"');
  if (label.is_object()) return {file, label_fields(label, entry), string_field(label, "mask", entry)};
  if (label.is_string()) return {file, {{}, label.get<std::string>()}, {}};
  return {file, {index_of(label, entry), {}}, {}};
}

}  // namespace

std::vector<ListedFile> read_json_list(const std::filesystem::path& list) {
  std::ifstream stream(list, std::ios::binary);
  if (!stream)
    throw Error(ErrorCode::io, text("cannot open ", list.string(), ": ", std::strerror(errno)),
                "Check the name and the permissions of the file");
  const Json all = Json::parse(stream, nullptr, false);
  std::vector<ListedFile> files;
  if (all.is_array()) {
    for (const Json& object : all) files.push_back(from_object(object, files.size() + 1));
  } else if (all.is_object()) {
    for (const auto& [file, label] : all.items()) files.push_back(from_member(file, label));
  } else {
    throw Error(ErrorCode::corrupt_data, "it is no JSON list or object");
  }
  return files;
}

}  // namespace mpq::accuracy
