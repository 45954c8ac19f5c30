// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Row pointers for libjpeg's raw (planar YUV) interface, which moves whole 8x8 blocks: one row of macroblocks
// a call. Rows go from and to the picture itself where its planes are whole blocks wide, otherwise through a
// scratch buffer of one row of macroblocks. Private to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>

#include "core/image.h"

namespace mpq::jpeg {

struct RawRows {
  static constexpr int max_rows = MAX_SAMP_FACTOR * DCTSIZE;
  JSAMPROW rows[3][max_rows];
  JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};

  RawRows() = default;
  RawRows(const RawRows&) = delete;  // `planes` points into the object
  RawRows& operator=(const RawRows&) = delete;
};

/// Bytes of scratch that the functions below need for a picture of this layout and width.
std::size_t raw_scratch_size(PixelFormat format, int width);

/// Rows to compress, of the macroblocks that start at luma row `first`. Right and bottom edges are repeated
/// up to the block's end.
void point_at_source(RawRows& rows, const ImageView& image, const jpeg_component_info* components,
                     int max_v_samp_factor, int first, std::uint8_t* scratch);

/// Rows for decompressed samples. After libjpeg filled them, store_rows() copies into the picture what went
/// to the scratch buffer.
void point_at_destination(RawRows& rows, const MutableImageView& image, const jpeg_component_info* components,
                          int max_v_samp_factor, int first, std::uint8_t* scratch);
void store_rows(const RawRows& rows, const MutableImageView& image, const jpeg_component_info* components,
                int max_v_samp_factor, int first);

}  // namespace mpq::jpeg
