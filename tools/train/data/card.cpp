// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "card.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "checkpoint/new_file.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::train {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr int schema = 1;

std::string field(const Json& object, const std::string& name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

void replace(Json& list, const Json& object, std::initializer_list<const char*> key) {
  const auto same = [&](const Json& other) {
    return std::all_of(key.begin(), key.end(),
                       [&](const char* name) { return field(other, name) == field(object, name); });
  };
  const auto old = std::find_if(list.begin(), list.end(), same);
  if (old != list.end())
    *old = object;
  else
    list.push_back(object);
}

}  // namespace

Card::Card(fs::path folder) : folder_(std::move(folder)) {
  json_ = {{"schema", schema},
           {"made_by", "mpq-train data"},
           {"packages", Json::array()},
           {"items", Json::array()},
           {"absent", Json::array()}};
  const fs::path file = folder_ / "card.json";
  if (!fs::exists(file)) return;
  std::ifstream in(file, std::ios::binary);
  const Json read = Json::parse(in, nullptr, false);
  const auto is_list = [&](const char* name) {
    const auto list = read.find(name);
    return list != read.end() && list->is_array() &&
           std::all_of(list->begin(), list->end(), [](const Json& entry) { return entry.is_object(); });
  };
  if (!read.is_object() || read.value("schema", Json()) != schema || !is_list("packages") ||
      !is_list("items") || !is_list("absent"))
    throw Error(ErrorCode::corrupt_data, text(file.string(), " is no data card of this version"),
                "Delete the folder, or name another one with --output.");
  json_ = read;
}

bool Card::is_there(const Json& item) const {
  std::error_code ignored;
  return fs::is_regular_file(folder_ / field(item, "file"), ignored);
}

bool Card::has(const std::string& name, const std::string& value) const {
  return std::any_of(json_["items"].begin(), json_["items"].end(),
                     [&](const Json& item) { return field(item, name) == value && is_there(item); });
}

bool Card::knows(const std::string& package, const std::string& path) const {
  const auto is = [&](const Json& entry) {
    return field(entry, "package") == package && field(entry, "path") == path;
  };
  return std::any_of(json_["items"].begin(), json_["items"].end(),
                     [&](const Json& item) { return is(item) && is_there(item); }) ||
         std::any_of(json_["absent"].begin(), json_["absent"].end(), is);
}

void Card::add_package(const Json& package) {
  replace(json_["packages"], package, {"package"});
}

void Card::add_item(const Json& item) {
  replace(json_["items"], item, {"package", "path"});
}

void Card::add_absent(const Json& absent) {
  replace(json_["absent"], absent, {"package", "path"});
}

void Card::save() const {
  // What is no UTF-8, in names of files for example, is marked and no reason to have no card.
  const std::string content = json_.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
  checkpoint::NewFile file(folder_ / "card.json");
  file.write({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
  file.commit();
}

std::size_t Card::count(const std::string& role) const {
  return static_cast<std::size_t>(
      std::count_if(json_["items"].begin(), json_["items"].end(),
                    [&](const Json& item) { return field(item, "role") == role && is_there(item); }));
}

}  // namespace mpq::train
