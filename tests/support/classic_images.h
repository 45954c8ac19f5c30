// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The photographs whose JPEG and WebP sizes and PSNR the development data pin (parity/classic_measures).
// Users link libpng.
#pragma once

#include <png.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/npy.h"
#include "tests/support/pictures.h"

namespace mpq::test {

struct ClassicImage {
  Picture original;  ///< rgb24
  std::string name;
  std::filesystem::path coded;  ///< as the reference encoder wrote it
  double bytes = 0;             ///< of that file
  double psnr = 0;              ///< dB, of what the reference decoder made of it
};

inline Picture picture_of(int width, int height, const std::vector<std::uint8_t>& rgb) {
  Picture picture(PixelFormat::rgb24, width, height);
  std::copy(rgb.begin(), rgb.end(), picture.mutable_view().planes[0].data);
  return picture;
}

inline Picture read_png(const std::filesystem::path& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_file(&image, path.c_str())) throw std::runtime_error(path.string());
  image.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> rgb(PNG_IMAGE_SIZE(image));
  if (!png_image_finish_read(&image, nullptr, rgb.data(), 0, nullptr))
    throw std::runtime_error(path.string());
  return picture_of(static_cast<int>(image.width), static_cast<int>(image.height), rgb);
}

/// `classic` is parity/classic_measures, `kodak` data/kodak; `suffix` chooses the codec: ".jpg" or ".webp".
inline std::vector<ClassicImage> classic_images(const std::filesystem::path& classic,
                                                const std::filesystem::path& kodak,
                                                const std::string& suffix) {
  std::vector<ClassicImage> images;
  const auto expected = nlohmann::json::parse(std::ifstream(classic / "expected.json"));
  for (const auto& entry : expected.at("bpp")) {
    const std::filesystem::path coded = entry.at("file").get<std::string>();
    if (coded.extension() != suffix) continue;
    const int width = entry.at("width"), height = entry.at("height");
    const bool array = entry.contains("image_npy");
    const std::string name = entry.at(array ? "image_npy" : "image");
    images.push_back(
        {array ? picture_of(width, height, read_npy(classic / name).data) : read_png(kodak / name), name,
         classic / coded, entry.at("bytes"), entry.at("psnr_db_of_decoded")});
  }
  return images;
}

}  // namespace mpq::test
