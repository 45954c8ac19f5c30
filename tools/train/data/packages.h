// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Photographs out of Debian packages.
#pragma once

#include <filesystem>
#include <vector>

#include "card.h"
#include "photograph_list.h"

namespace mpq::train {

/// Fetches the packages that hold something that the card does not know yet, one after the other, and stores
/// what is listed of them in the card's folder; the card is saved after each. Packages are deleted when
/// they are unpacked, unless `keep`. Tells what it does on standard error. Throws Error: unsupported (no
/// apt-get, or built without libarchive), io (apt-get fails, disk full), corrupt_data.
void add_packages(const std::vector<PackagePhotographs>& list, const std::filesystem::path& folder, bool keep,
                  Card& card);

}  // namespace mpq::train
