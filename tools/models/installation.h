// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Puts one model into a folder of the store. While it exists no other process installs the same model there.
#pragma once

#include <filesystem>
#include <string>

#include "files.h"
#include "models/model_store.h"

namespace mpq::models {

class Installation {
 public:
  /// Makes the model's folder and waits, saying so, while another process installs the model. Throws
  /// Error(io).
  Installation(const std::filesystem::path& store, const std::string& name);
  ~Installation();
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  /// The model's own folder.
  const std::filesystem::path& folder() const noexcept { return folder_; }

  /// Where the file grows; what an interrupted download left is still there.
  std::filesystem::path partial() const { return folder_ / ".partial"; }

  /// What is known of the partial file (download.h).
  std::filesystem::path partial_state() const { return folder_ / ".partial.json"; }

  /// Removes both.
  void discard_partial() const noexcept;

  /// An empty folder for packages, which is removed with this object.
  std::filesystem::path package_folder();

  /// Gives the partial file (or link) its name and writes the record; `model` needs no folder and no date. A
  /// file that was installed before is replaced at once. Throws Error(io).
  StoredModel commit(StoredModel model);

 private:
  void remove_packages() const noexcept;

  std::string name_;
  std::filesystem::path folder_;
  FileDescriptor lock_;
};

}  // namespace mpq::models
