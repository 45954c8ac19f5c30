// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pictures of the parity cases, which all have one size.
#pragma once

#include <cmath>
#include <filesystem>

#include "support/pictures.h"
#include "support/reference.h"

namespace mpq::test {

constexpr int parity_width = 176, parity_height = 112;
constexpr int parity_padding = 8;  ///< on each side, where a case has a padded picture

/// From [3][rows][columns] of numbers from 0 to 1, without `border` pixels on each side.
inline Picture parity_picture(const std::filesystem::path& file, int border) {
  const std::vector<float> planes = read_floats(file);
  const int columns = parity_width + 2 * border, rows = parity_height + 2 * border;
  Picture picture(PixelFormat::rgb24, parity_width, parity_height);
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < parity_height; ++y)
      for (int x = 0; x < parity_width; ++x)
        picture.at(0, static_cast<std::size_t>(y), static_cast<std::size_t>(3 * x + c)) =
            static_cast<std::uint8_t>(std::lround(
                255 * planes[static_cast<std::size_t>((c * rows + y + border) * columns + x + border)]));
  return picture;
}

}  // namespace mpq::test
