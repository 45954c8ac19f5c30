// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pictures and videos of the user's own folders.
#pragma once

#include <filesystem>
#include <vector>

#include "card.h"

namespace mpq::train {

/// Copies the folders' pictures, and frames of their videos, one in five seconds, into the card's folder; the
/// card is saved at the end, and every hundred files. A tenth goes to the validation, by the file's hash, all
/// frames of a video together. What is on the card by its hash is left out; what cannot be read is counted.
/// Videos need gst-launch-1.0. Throws Error(io).
void add_own(const std::vector<std::filesystem::path>& data, const std::filesystem::path& folder, Card& card);

}  // namespace mpq::train
