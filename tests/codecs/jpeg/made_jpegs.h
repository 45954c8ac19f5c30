// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// JPEG pictures for the decoder's tests, some of kinds that our encoder does not write.
#pragma once

#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>

#include <utility>
#include <vector>

#include "codecs/jpeg/jpeg.h"
#include "tests/support/pictures.h"

namespace mpq::test {

/// Width and height of pictures that fill no whole blocks, and of some that do.
inline constexpr std::pair<int, int> odd_sizes[] = {{1, 1}, {1, 7}, {17, 33}, {4097, 3}, {64, 48}};

inline std::vector<std::uint8_t> jpeg_of(const Picture& picture, const jpeg::EncoderOptions& options) {
  jpeg::Encoder encoder;
  const auto bytes = encoder.encode(picture.view(), options).bytes;
  return {bytes.begin(), bytes.end()};
}

/// The options that suit a picture of any format.
inline jpeg::EncoderOptions options_for(PixelFormat format, int quality) {
  jpeg::EncoderOptions options{.quality = quality};
  if (format == PixelFormat::y42b) options.subsampling = jpeg::Subsampling::s422;
  if (format == PixelFormat::y444) options.subsampling = jpeg::Subsampling::s444;
  return options;
}

/// An 8x8 picture by libjpeg itself, stored in the colour space `space`. `scans` empty: one scan.
inline std::vector<std::uint8_t> libjpeg_picture(J_COLOR_SPACE space, int components,
                                                 const std::vector<jpeg_scan_info>& scans = {}) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_width = info.image_height = 8;
  info.input_components = components;
  info.in_color_space = space;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, space);
  if (!scans.empty()) info.scan_info = scans.data();
  info.num_scans = static_cast<int>(scans.size());
  jpeg_start_compress(&info, TRUE);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(8 * components), 100);
  for (JSAMPROW pointer = row.data(); info.next_scanline < 8;) jpeg_write_scanlines(&info, &pointer, 1);
  jpeg_finish_compress(&info);
  std::vector<std::uint8_t> bytes(memory, memory + size);
  jpeg_destroy_compress(&info);
  std::free(memory);
  return bytes;
}

/// A gray progressive picture with 1 + 2 * `coefficients` scans: DC, then each AC coefficient in two steps.
inline std::vector<std::uint8_t> picture_with_many_scans(int coefficients) {
  std::vector<jpeg_scan_info> scans = {{1, {0}, 0, 0, 0, 0}};
  for (int k = 1; k <= coefficients; ++k) {
    scans.push_back({1, {0}, k, k, 0, 1});
    scans.push_back({1, {0}, k, k, 1, 0});
  }
  return libjpeg_picture(JCS_GRAYSCALE, 1, scans);
}

/// `bytes` without its segments of one kind.
inline std::vector<std::uint8_t> without_segments(const std::vector<std::uint8_t>& bytes, std::uint8_t code) {
  std::vector<std::uint8_t> out(bytes.begin(), bytes.begin() + 2);
  std::size_t at = 2;
  while (bytes[at + 1] != 0xDA) {
    const std::size_t size = 2U + static_cast<std::size_t>(bytes[at + 2] << 8 | bytes[at + 3]);
    if (bytes[at + 1] != code) out.insert(out.end(), &bytes[at], &bytes[at] + size);
    at += size;
  }
  out.insert(out.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end());
  return out;
}

}  // namespace mpq::test
