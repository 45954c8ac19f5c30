// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#pragma once

#include "codecs/mbt2018/transforms.h"

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

}  // namespace mpq::mbt2018
