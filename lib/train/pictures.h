// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pictures to train on, decoded, in memory. No LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/image.h"

namespace mpq::train {

struct Picture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  ///< [height][width][3]

  ImageView view() const { return {PixelFormat::rgb24, width, height, {{{rgb.data(), width * 3}}}}; }
  MutableImageView view() { return {PixelFormat::rgb24, width, height, {{{rgb.data(), width * 3}}}}; }
};

/// Black. Throws Error(limit_exceeded) for more than 2^28 pixels.
Picture blank_picture(int width, int height);

/// Reads JPEG, PNG, WebP, and PPM (P6, 8 bits) by its ending; alpha is dropped. Throws Error: io
/// (cannot be read), unsupported (another format), corrupt_data (damaged, cut short), limit_exceeded (more
/// than 2^28 pixels).
Picture read_picture(const std::filesystem::path& path);

/// Files in these folders and those within that have one of the endings (".mp4"; capitals do not count), each
/// once, by their path. Throws Error(io) for a folder that is not there or cannot be read.
std::vector<std::filesystem::path> find_files(const std::vector<std::filesystem::path>& folders,
                                              std::span<const char* const> endings);

/// Those with a picture's ending: .jpg, .jpeg, .png, .webp, .ppm.
std::vector<std::filesystem::path> find_pictures(const std::vector<std::filesystem::path>& folders);

struct Pictures {
  std::vector<Picture> pictures;
  std::size_t small = 0;             ///< files whose picture is smaller than asked for
  std::size_t left_out = 0;          ///< files that no memory was left for
  std::vector<std::string> damaged;  ///< what is wrong with the files that cannot be read
};

struct PictureLimits {
  int least_side = 1;                         ///< pixels
  std::size_t memory = std::size_t{2} << 30;  ///< bytes of all pictures
};

/// Reads all pictures of the folders, in an order that depends on nothing but the paths: where memory ends, a
/// sample from all of them. Throws what find_pictures() throws, and Error(invalid_argument) where not one
/// picture can be used, with the reason.
Pictures load_pictures(const std::vector<std::filesystem::path>& folders, const PictureLimits& limits);

/// The same for files.
Pictures load_files(std::vector<std::filesystem::path> files, const PictureLimits& limits);

}  // namespace mpq::train
