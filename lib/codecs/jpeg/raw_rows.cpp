// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/jpeg/raw_rows.h"

#include <algorithm>
#include <cstring>

namespace mpq::jpeg {
namespace {

/// One plane's share of a row of macroblocks.
struct Band {
  int width, height;  // of the plane, samples
  int first, rows;    // of the band; it may reach below the plane
  int padded;         // width in whole blocks, samples

  bool whole_blocks() const { return padded == width; }
  bool is_inside() const { return whole_blocks() && first + rows <= height; }
};

Band band(PixelFormat format, int plane, int width, int height, const jpeg_component_info& component,
          int max_v_samp_factor, int first) {
  const int plane_w = plane_width(format, plane, width);
  return {.width = plane_w,
          .height = plane_height(format, plane, height),
          .first = first / max_v_samp_factor * component.v_samp_factor,
          .rows = component.v_samp_factor * DCTSIZE,
          .padded = (plane_w + DCTSIZE - 1) / DCTSIZE * DCTSIZE};
}

template <class Byte>
Byte* row_of(const BasicImageView<Byte>& image, int plane, int y) {
  const auto& p = image.planes[static_cast<std::size_t>(plane)];
  return p.data + p.stride * y;
}

/// The picture's own rows; most bands need no more.
template <class Byte>
void point_at_picture(JSAMPROW* rows, const BasicImageView<Byte>& image, int plane, const Band& b) {
  const std::ptrdiff_t stride = image.planes[static_cast<std::size_t>(plane)].stride;
  Byte* row = row_of(image, plane, b.first);
  for (int r = 0; r < b.rows; ++r, row += stride)
    rows[r] = const_cast<JSAMPROW>(row);  // a source is only read
}

JSAMPROW padded_copy(const std::uint8_t* source, const Band& b, std::uint8_t* scratch) {
  const auto width = static_cast<std::size_t>(b.width);
  std::memcpy(scratch, source, width);
  std::memset(scratch + width, source[width - 1], static_cast<std::size_t>(b.padded) - width);
  return scratch;
}

}  // namespace

std::size_t raw_scratch_size(PixelFormat format, int width) {
  std::size_t bytes = 0;
  for (int p = 0; p < plane_count(format); ++p)
    bytes += static_cast<std::size_t>(plane_width(format, p, width) + DCTSIZE) * RawRows::max_rows;
  return bytes;
}

void point_at_source(RawRows& rows, const ImageView& image, const jpeg_component_info* components,
                     int max_v_samp_factor, int first, std::uint8_t* scratch) {
  for (int p = 0; p < 3; ++p) {
    const Band b = band(image.format, p, image.width, image.height, components[p], max_v_samp_factor, first);
    if (b.is_inside()) {
      point_at_picture(rows.rows[p], image, p, b);
      continue;
    }
    for (int r = 0; r < b.rows; ++r, scratch += b.padded) {
      const int y = b.first + r;
      if (y >= b.height && r > 0) {
        rows.rows[p][r] = rows.rows[p][r - 1];
        continue;
      }
      const std::uint8_t* source = row_of(image, p, std::min(y, b.height - 1));
      rows.rows[p][r] = b.whole_blocks() ? const_cast<JSAMPROW>(source) : padded_copy(source, b, scratch);
    }
  }
}

void point_at_destination(RawRows& rows, const MutableImageView& image, const jpeg_component_info* components,
                          int max_v_samp_factor, int first, std::uint8_t* scratch) {
  for (int p = 0; p < 3; ++p) {
    const Band b = band(image.format, p, image.width, image.height, components[p], max_v_samp_factor, first);
    if (b.is_inside()) {
      point_at_picture(rows.rows[p], image, p, b);
      continue;
    }
    for (int r = 0; r < b.rows; ++r, scratch += b.padded) {
      const bool direct = b.whole_blocks() && b.first + r < b.height;
      rows.rows[p][r] = direct ? row_of(image, p, b.first + r) : scratch;
    }
  }
}

void store_rows(const RawRows& rows, const MutableImageView& image, const jpeg_component_info* components,
                int max_v_samp_factor, int first) {
  for (int p = 0; p < 3; ++p) {
    const Band b = band(image.format, p, image.width, image.height, components[p], max_v_samp_factor, first);
    if (b.whole_blocks()) continue;
    const int count = std::min(b.rows, b.height - b.first);
    for (int r = 0; r < count; ++r)
      std::memcpy(row_of(image, p, b.first + r), rows.rows[p][r], static_cast<std::size_t>(b.width));
  }
}

}  // namespace mpq::jpeg
