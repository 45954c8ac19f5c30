// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// PyTorch files from 1.6 on (zip archives with data.pkl and data/KEY), those before, and bare pickles.
#pragma once

#include "checkpoint/contents.h"
#include "checkpoint/cursor.h"
#include "checkpoint/zip.h"

namespace mpq::checkpoint {

/// The folder of data.pkl in the archive, with its slash; none where there is no such member.
std::optional<std::string> torch_folder(const Zip& zip);

/// Reads an archive that has a torch_folder().
Contents read_torch_zip(std::shared_ptr<const Zip> zip, const std::string& folder);

}  // namespace mpq::checkpoint
