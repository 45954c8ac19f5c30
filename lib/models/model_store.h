// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The models that are on this machine. In a folder of the store each has a folder of its own name, with its
// file and a record of what was installed, model.json; mpq-models writes them (docs/models.md). The models
// that come with mpq are files NAME.safetensors in a folder of their own, without records.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mpq {

/// A model that is installed.
struct StoredModel {
  std::string name;
  std::filesystem::path folder;  ///< its own
  std::string file;              ///< in `folder`; may be a symbolic link
  std::uint64_t size = 0;        ///< bytes, when it was installed
  std::string sha256;            ///< of the file, when it was installed
  bool listed_sum = false;       ///< it agreed with the one that the list of models has
  std::string source;            ///< where it came from
  std::string date;              ///< of the installation, UTC, "2026-01-31T12:00:00Z"
  bool shipped = false;          ///< it came with mpq: there is no checksum, source or date

  std::filesystem::path path() const { return folder / file; }
};

/// Writes `model`'s record into its folder, whole or not at all. Throws Error(io).
void write_record(const StoredModel& model);

/// The model of this name in one folder of the store; nothing where there is no record. Throws
/// Error(corrupt_data) for a damaged record and Error(io) for one that cannot be read.
std::optional<StoredModel> stored_model_in(const std::filesystem::path& store, const std::string& name);

/// The same in the first of model_folders() that has it, or else the shipped model of this name.
std::optional<StoredModel> stored_model(const std::string& name);

/// All that are installed in model_folders() or shipped, by name; where a name occurs twice, the first
/// folder's. Folders without a readable record are left out.
std::vector<StoredModel> stored_models();

/// The model that learned codecs take where the user names none.
constexpr const char* default_codec_model = "mbt2018-nano";

/// The file that an element's property names: a path if it holds a '/'; otherwise the name of a model in the
/// store, or else a file in the working folder. What is returned exists. Errors name the remedy, such as the
/// command that fetches the model. Thread-safe unless another thread changes the environment. Throws
/// Error(io) if there is no such file or model, and as stored_model_in.
std::filesystem::path find_model(const std::string& name_or_path);

}  // namespace mpq
