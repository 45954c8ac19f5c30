// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#pragma once

#include <cstdint>

#include "codecs/mbt2018/transforms.h"
#include "core/image.h"

namespace mpq::mbt2018 {

/// Where a picture lies in the padded one.
struct Padding {
  Padding(int picture_width, int picture_height)
      : latents(latent_size(picture_width, picture_height)),
        width(latents.width * latent_stride),
        height(latents.height * latent_stride),
        left((width - picture_width) / 2),
        top((height - picture_height) / 2) {}

  LatentSize latents;
  int width, height;  ///< of the padded picture
  int left, top;
};

/// Row `y` of the padded picture (rgb24), whose padding is filled with its edges: 3 * width bytes.
void copy_padded_row(const ImageView& picture, const Padding& padding, int y, std::uint8_t* to);

}  // namespace mpq::mbt2018
