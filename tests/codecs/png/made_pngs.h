// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// PNG files of any kind, made in memory. Users link libpng.
#pragma once

#include <png.h>

#include <cstdint>
#include <vector>

namespace mpq::test {

struct PngKind {
  int colour = PNG_COLOR_TYPE_GRAY;
  int depth = 8;
  int interlace = PNG_INTERLACE_NONE;
  bool transparent = false;  ///< RGB (1, 2, 3), gray 1 or palette entry 1 is transparent
};

/// `rows` holds the packed rows as the file stores them; palettes hold 4 entries (i, 10 i, 100 + i).
inline std::vector<std::uint8_t> png_of(int width, int height, std::vector<std::uint8_t> rows,
                                        const PngKind& kind = {}) {
  std::vector<std::uint8_t> file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  const auto write = [](png_structp writer, png_bytep bytes, std::size_t size) {
    auto* target = static_cast<std::vector<std::uint8_t>*>(png_get_io_ptr(writer));
    target->insert(target->end(), bytes, bytes + size);
  };
  png_set_write_fn(png, &file, write, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), kind.depth,
               kind.colour, kind.interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  const png_color palette[] = {{0, 0, 100}, {1, 10, 101}, {2, 20, 102}, {3, 30, 103}};
  if (kind.colour == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette, 4);
  if (kind.transparent) {
    const png_byte alpha[] = {255, 0};
    png_color_16 colour{};
    colour.red = 1, colour.green = 2, colour.blue = 3, colour.gray = 1;
    png_set_tRNS(png, info, alpha, kind.colour == PNG_COLOR_TYPE_PALETTE ? 2 : 0, &colour);
  }
  png_write_info(png, info);
  const std::size_t row_bytes = rows.size() / static_cast<std::size_t>(height);
  std::vector<png_bytep> pointers;
  for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y)
    pointers.push_back(rows.data() + y * row_bytes);
  png_write_image(png, pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return file;
}

}  // namespace mpq::test
