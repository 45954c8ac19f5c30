// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The list of photographs in Debian packages (data/training/photographs.csv).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mpq::train {

/// "train" or "validate": the folder that a picture goes to.
using Role = std::string;

struct Photograph {
  /// Within the package, without a leading slash. After an archive's path and "!", within that archive.
  std::string path;
  Role role;
};

struct PackagePhotographs {
  std::string package;
  std::vector<Photograph> photographs;
};

/// Lines of package,path,role after a header; packages in the order in which they begin. Throws Error(io),
/// and Error(corrupt_data) that names file and line.
std::vector<PackagePhotographs> read_photograph_list(const std::filesystem::path& file);

}  // namespace mpq::train
