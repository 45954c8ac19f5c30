// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/model_store.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"
#include "models/folders.h"
#include "models/model_list.h"

namespace mpq {
namespace {

namespace fs = std::filesystem;
using Record = nlohmann::ordered_json;

constexpr const char* record_name = "model.json";
constexpr std::size_t max_record = std::size_t{64} << 10;

[[noreturn]] void damaged(const fs::path& record, const std::string& problem) {
  throw Error(ErrorCode::corrupt_data, text("the record ", record.string(), " is damaged: ", problem),
              "Remove the folder that it is in and install the model again with mpq-models.");
}

Record read_json(const fs::path& record) {
  std::ifstream file(record, std::ios::binary);
  std::string content(max_record, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
  try {
    return Record::parse(content);
  } catch (const Record::exception&) {
    damaged(record, "it is not JSON");
  }
}

std::string record_field(const Record& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

bool is_regular(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// The list serves the message only: without it the message says less.
ModelList list_or_none() {
  try {
    return ModelList::read(model_list_file());
  } catch (const Error&) {
    return {};
  }
}

[[noreturn]] void not_found(const std::string& name) {
  if (name == default_codec_model) {
    throw Error(
        ErrorCode::io, text("the model ", name, ", which comes with mpq, is not installed"),
        text("Install mpq completely, set MPQ_SHIPPED_MODELS to the folder models of its sources, or name "
             "another model"));
  }
  const ModelList list = list_or_none();
  if (list.find(name) != nullptr) {
    throw Error(ErrorCode::io, text("the model ", name, " is not installed"),
                text("Run: mpq-models fetch ", name));
  }
  const std::string closest = list.closest(name);
  throw Error(ErrorCode::io, text("there is neither a model nor a file called \"", name, "\""),
              text(closest.empty() ? "" : "Did you mean " + closest + "? ",
                   "mpq-models list names the published models; a file is best named by its path."));
}

fs::path existing_path(const std::string& path) {
  if (is_regular(path)) return path;
  throw Error(ErrorCode::io, text("there is no file ", path),
              "Check the path, or give the name of a model: mpq-models list names them.");
}

fs::path existing_file(const StoredModel& model) {
  if (is_regular(model.path())) return model.path();
  throw Error(ErrorCode::io, text("the model ", model.name, " has lost its file ", model.path().string()),
              text("Run: mpq-models fetch --force ", model.name));
}

constexpr const char* shipped_ending = ".safetensors";

std::optional<StoredModel> shipped_model_in(const fs::path& folder, const std::string& name) {
  StoredModel model;
  model.name = name;
  model.folder = folder;
  model.file = name + shipped_ending;
  model.shipped = true;
  if (!is_model_name(name) || !is_regular(model.path())) return std::nullopt;
  std::error_code ignored;
  model.size = fs::file_size(model.path(), ignored);
  return model;
}

}  // namespace

void write_record(const StoredModel& model) {
  const Record json = {{"schema", 1},
                       {"file", model.file},
                       {"size", model.size},
                       {"sha256", model.sha256},
                       {"listed-sum", model.listed_sum},
                       {"source", model.source},
                       {"installed", model.date}};
  const fs::path record = model.folder / record_name;
  const fs::path draft = model.folder / text(".", record_name, ".", getpid());
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  file << json.dump(2, ' ', false, Record::error_handler_t::replace) << '\n';
  file.close();
  if (file) std::rename(draft.c_str(), record.c_str());
  if (!file || !is_regular(record)) {
    const int reason = errno;
    std::error_code ignored;
    fs::remove(draft, ignored);
    throw Error(ErrorCode::io, text("cannot write ", record.string(), ": ", std::strerror(reason)),
                "Check the permissions of the folder and the space on its disk.");
  }
}

std::optional<StoredModel> stored_model_in(const fs::path& store, const std::string& name) {
  if (!is_model_name(name)) return std::nullopt;
  const fs::path record = store / name / record_name;
  if (!is_regular(record)) return std::nullopt;
  const Record json = read_json(record);
  StoredModel model;
  model.name = name;
  model.folder = store / name;
  model.file = record_field(json, "file");
  if (!is_file_name(model.file)) damaged(record, "it names no file");
  const Record size = json.value("size", Record());
  model.size = size.is_number_unsigned() ? size.get<std::uint64_t>() : 0;
  model.sha256 = record_field(json, "sha256");
  model.listed_sum = json.value("listed-sum", Record()) == true;
  model.source = record_field(json, "source");
  model.date = record_field(json, "installed");
  return model;
}

std::optional<StoredModel> stored_model(const std::string& name) {
  for (const fs::path& store : model_folders()) {
    if (auto model = stored_model_in(store, name)) return model;
  }
  const auto shipped = shipped_model_folder();
  return shipped ? shipped_model_in(*shipped, name) : std::nullopt;
}

std::vector<StoredModel> stored_models() {
  std::vector<StoredModel> models;
  const auto has = [&](const std::string& name) {
    return std::any_of(models.begin(), models.end(), [&](const auto& model) { return model.name == name; });
  };
  std::error_code ignored;
  for (const fs::path& store : model_folders()) {
    for (const auto& folder : fs::directory_iterator(store, ignored)) {
      const std::string name = folder.path().filename().string();
      if (has(name)) continue;
      try {
        if (auto model = stored_model_in(store, name)) models.push_back(*model);
      } catch (const Error&) {  // what cannot be read is not installed; naming the model tells why
      }
    }
  }
  if (const auto shipped = shipped_model_folder()) {
    for (const auto& file : fs::directory_iterator(*shipped, ignored)) {
      const std::string name = file.path().stem().string();
      if (file.path().extension() != shipped_ending || has(name)) continue;
      if (const auto model = shipped_model_in(*shipped, name)) models.push_back(*model);
    }
  }
  std::sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return models;
}

fs::path find_model(const std::string& name_or_path) {
  if (name_or_path.find('/') != std::string::npos) return existing_path(name_or_path);
  if (const auto model = stored_model(name_or_path)) return existing_file(*model);
  if (is_regular(name_or_path)) return name_or_path;
  not_found(name_or_path);
}

}  // namespace mpq
