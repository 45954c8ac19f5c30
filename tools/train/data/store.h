// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pictures as a training wants them: in the folder of their role, and no larger than of use.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace mpq::train {

/// The long side, in pixels, of the largest pictures that are kept: what a crop shows of a larger one is blur
/// and the camera's own filters, and all pictures are to fit in memory.
constexpr int longest_side = 2000;

/// Reads the picture and puts it into FOLDER/ROLE as NAME with the first digits of its SHA-256 and its
/// ending: the file as it is where it is small enough; otherwise reduced (core/resize.h,
/// bicubic) as a JPEG of quality 97 without chroma subsampling. Returns the fields "file", "role", "sha256"
/// (of the file as it came), "width", "height" and "reduced_from" of the card. Throws what read_picture()
/// throws, and Error(io).
nlohmann::ordered_json store_picture(const std::filesystem::path& file, const std::filesystem::path& output,
                                     const std::string& role, const std::string& name);

}  // namespace mpq::train
