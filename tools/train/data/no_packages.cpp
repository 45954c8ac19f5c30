// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/error.h"
#include "packages.h"

namespace mpq::train {

void add_packages(const std::vector<PackagePhotographs>& /*list*/, const std::filesystem::path& /*folder*/,
                  bool /*keep*/, Card& /*card*/) {
  throw Error(ErrorCode::unsupported, "this mpq-train was built without libarchive",
              "Build it with libarchive, or name folders of your own with --data.");
}

}  // namespace mpq::train
