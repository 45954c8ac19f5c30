// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Files of label maps: PNG, whose numbers are classes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace mpq::folder {

enum class MaskCoding {
  index,   ///< the number stored in a gray picture, or the index into a palette
  ade20k,  ///< ADE20K's *_seg.png: miou::ade20k_class() of R and G
};

struct Mask {
  int width = 0;                       ///< pixels
  int height = 0;                      ///< pixels
  bool wide = false;                   ///< the file's classes may exceed 255
  std::vector<std::uint16_t> classes;  ///< [height, width]
};

/// Throws Error(io), Error(corrupt_data), Error(limit_exceeded), and Error(unsupported) for a file of the
/// other coding; each names the file.
Mask read_mask(const std::filesystem::path& file, MaskCoding coding, std::uint64_t max_pixels);

}  // namespace mpq::folder
