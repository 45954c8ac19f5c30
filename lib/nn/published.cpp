// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nn/published.h"

#include <fstream>

#include "core/error.h"
#include "core/text.h"

namespace mpq::nn {

using nlohmann::json;

json read_json(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) return json::object();
  try {
    return json::parse(stream);
  } catch (const json::exception& error) {
    throw Error(ErrorCode::corrupt_data, text(file.string(), " is no JSON: ", error.what()),
                "Download it again, or remove it");
  }
}

std::vector<std::string> labels_of(const json& config, int classes) {
  std::vector<std::string> labels;
  const auto found = config.find("id2label");
  if (found == config.end() || !found->is_object()) return labels;
  for (int i = 0; i < classes; ++i) labels.push_back(found->value(std::to_string(i), ""));
  return labels;
}

}  // namespace mpq::nn
