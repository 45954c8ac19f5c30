// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The data card: where each picture of a folder of training data is from (docs/training.md).
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace mpq::train {

/// FOLDER/card.json. Not thread-safe.
class Card {
 public:
  /// Reads the card that is there; otherwise begins one. Throws Error(corrupt_data) for a file that is no
  /// card.
  explicit Card(std::filesystem::path folder);

  /// Whether an item with this value of the field is on the card and its file still there.
  bool has(const std::string& field, const std::string& value) const;
  /// Whether this file of the package is on the card, as an item with its file or as absent.
  bool knows(const std::string& package, const std::string& path) const;

  /// Objects with the fields of docs/training.md. Of the same package, or the same file of it, the new one
  /// replaces the old.
  void add_package(const nlohmann::ordered_json& package);
  void add_item(const nlohmann::ordered_json& item);
  void add_absent(const nlohmann::ordered_json& absent);

  /// Replaces the file, whole or not at all. Throws Error(io).
  void save() const;

  std::size_t count(const std::string& role) const;

 private:
  bool is_there(const nlohmann::ordered_json& item) const;

  std::filesystem::path folder_;
  nlohmann::ordered_json json_;
};

}  // namespace mpq::train
