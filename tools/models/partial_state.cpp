// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "partial_state.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "files.h"

namespace mpq::models {
namespace {

using Json = nlohmann::json;

}  // namespace

PartialState read_state(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const Json json = Json::parse(std::istreambuf_iterator<char>(file), {}, nullptr, false);
  try {
    if (json.is_object()) return {json.at("url"), json.at("version"), json.at("total")};
  } catch (const Json::exception&) {  // damaged
  }
  return {};
}

void write_state(const PartialState& state, const std::filesystem::path& path) {
  const Json json = {{"url", state.url}, {"version", state.version}, {"total", state.total}};
  const std::string content = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(content.data());
  write_all(open_to_write(path, false), {bytes, content.size()}, path);
}

}  // namespace mpq::models
