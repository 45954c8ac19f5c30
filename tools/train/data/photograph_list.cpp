// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "photograph_list.h"

#include <algorithm>

#include "core/csv.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::train {
namespace {

/// What apt-get takes for an option or a path is no name.
bool is_package_name(const std::string& name) {
  return name.size() > 1 && name.front() != '-' && name.front() != '.' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") == std::string::npos;
}

}  // namespace

std::vector<PackagePhotographs> read_photograph_list(const std::filesystem::path& file) {
  RecordReader reader(file);
  std::vector<PackagePhotographs> packages;
  std::string record;
  for (bool header = true; reader.next(record, true); header = false) {
    const std::vector<std::string> fields = split_csv(record);
    if (header) continue;
    if (fields.size() != 3 || !is_package_name(fields[0]) || fields[1].empty() ||
        (fields[2] != "train" && fields[2] != "validate"))
      throw Error(ErrorCode::corrupt_data, text(reader.where(), " is no photograph"),
                  "A line is package,path,role; the role is train or validate.");
    auto package = std::find_if(packages.begin(), packages.end(),
                                [&](const auto& known) { return known.package == fields[0]; });
    if (package == packages.end()) package = packages.insert(package, {fields[0], {}});
    package->photographs.push_back({fields[1], fields[2]});
  }
  return packages;
}

}  // namespace mpq::train
