// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/folders.h"

#include <dlfcn.h>

#include <cstdlib>
#include <sstream>
#include <string>

#include "core/error.h"
#include "core/text.h"

namespace mpq {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<fs::path> split(const std::string& list) {
  std::vector<fs::path> folders;
  std::istringstream in(list);
  for (std::string folder; std::getline(in, folder, ':');) {
    if (fs::path(folder).is_absolute()) folders.emplace_back(folder);
  }
  return folders;
}

// Empty where the user has no home.
fs::path user_data() {
  if (fs::path data = environment("XDG_DATA_HOME"); data.is_absolute()) return data;
  const fs::path home = environment("HOME");
  return home.is_absolute() ? home / ".local/share" : fs::path();
}

std::vector<fs::path> system_data() {
  const std::string list = environment("XDG_DATA_DIRS");
  return split(list.empty() ? "/usr/local/share:/usr/share" : list);
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// In the share folder of the tree that this library is installed in, wherever that tree lies now: lib/ or
// lib/TRIPLET/ is beside share/. Empty where there is none.
fs::path own_path(const std::string& name, bool (*is_it)(const fs::path&)) {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&data_file), &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code error;
  fs::path folder = fs::canonical(info.dli_fname, error).parent_path();
  for (int level = 0; level < 2 && !error && folder.has_relative_path(); ++level) {
    folder = folder.parent_path();
    if (fs::path path = folder / "share/mpq" / name; is_it(path)) return path;
  }
  return {};
}

}  // namespace

fs::path data_file(const std::string& name, const char* variable) {
  if (fs::path named = environment(variable); !named.empty()) {
    if (is_file(named)) return named;
    throw Error(ErrorCode::io, text(variable, " names ", named.string(), ", which is no file"),
                "Correct the variable, or unset it to use the list that is installed with mpq.");
  }
  if (fs::path own = own_path(name, is_file); !own.empty()) return own;
  for (const fs::path& data : system_data()) {
    if (fs::path file = data / "mpq" / name; is_file(file)) return file;
  }
  throw Error(
      ErrorCode::io, text("the list mpq/", name, " is not found"),
      text("Install mpq completely, or set ", variable, " to the file data/", name, " of its sources."));
}

std::vector<fs::path> model_folders() {
  std::vector<fs::path> folders = split(environment("MPQ_MODEL_PATH"));
  if (const fs::path data = user_data(); !data.empty()) folders.push_back(data / "mpq/models");
  for (const fs::path& data : system_data()) folders.push_back(data / "mpq/models");
  return folders;
}

fs::path writable_model_folder() {
  if (user_data().empty() && split(environment("MPQ_MODEL_PATH")).empty()) {
    throw Error(ErrorCode::io, "there is no folder for models: neither HOME nor MPQ_MODEL_PATH is set",
                "Set MPQ_MODEL_PATH to a folder, as an absolute path.");
  }
  return model_folders().front();
}

std::optional<fs::path> shipped_model_folder() {
  fs::path folder = environment("MPQ_SHIPPED_MODELS");
  if (!folder.is_absolute()) folder = own_path("models", is_folder);
  if (!is_folder(folder)) return std::nullopt;
  return folder;
}

fs::path model_list_file() {
  return data_file("models.json", "MPQ_MODEL_LIST");
}

}  // namespace mpq
