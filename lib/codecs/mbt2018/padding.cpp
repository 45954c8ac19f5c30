// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/padding.h"

#include <algorithm>

namespace mpq::mbt2018 {

void copy_padded_row(const ImageView& picture, const Padding& padding, int y, std::uint8_t* to) {
  const int from = std::clamp(y - padding.top, 0, picture.height - 1);
  const std::uint8_t* source = picture.planes[0].data + picture.planes[0].stride * from;
  const std::ptrdiff_t begin = padding.left, end = begin + picture.width;
  std::copy_n(source, picture.width * std::ptrdiff_t{3}, to + 3 * begin);
  for (std::ptrdiff_t x = 0; x < begin; ++x) std::copy_n(to + 3 * begin, 3, to + 3 * x);
  for (std::ptrdiff_t x = end; x < padding.width; ++x) std::copy_n(to + 3 * (end - 1), 3, to + 3 * x);
}

}  // namespace mpq::mbt2018
