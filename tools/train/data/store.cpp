// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "store.h"

#include <algorithm>
#include <cctype>
#include <span>

#include "checkpoint/new_file.h"
#include "codecs/jpeg/jpeg.h"
#include "core/error.h"
#include "core/resize.h"
#include "core/text.h"
#include "sources/folder/picture_file.h"
#include "tools/models/checksum.h"
#include "train/pictures.h"

namespace mpq::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// A name that no shell and no file system stumbles over.
std::string plain(std::string name) {
  std::replace_if(
      name.begin(), name.end(),
      [](unsigned char c) { return c > 127 || (std::isalnum(c) == 0 && c != '-' && c != '.' && c != '_'); },
      '-');
  name.resize(std::min<std::size_t>(name.size(), 100));
  return name;
}

Picture reduced(const Picture& picture) {
  const double scale = double{longest_side} / std::max(picture.width, picture.height);
  const auto side = [&](int pixels) { return std::max(1, static_cast<int>(pixels * scale + 0.5)); };
  Picture small = blank_picture(side(picture.width), side(picture.height));
  Resizer(picture.width, picture.height, small.width, small.height, ResizeFilter::bicubic)
      .resize(picture.view(), small.view());
  return small;
}

void write(std::span<const std::uint8_t> bytes, const fs::path& path) {
  checkpoint::NewFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace

Json store_picture(const fs::path& file, const fs::path& output, const std::string& role,
                   const std::string& name) {
  const Picture picture = read_picture(file);
  const std::string sum = models::sha256_of(file);
  const bool large = std::max(picture.width, picture.height) > longest_side;
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const fs::path target = fs::path(role) / text(plain(name), '-', sum.substr(0, 8), large ? ".jpg" : ending);
  Json item = {{"file", target.string()}, {"role", role}, {"sha256", sum}};
  fs::create_directories(output / role);
  if (large) {
    const Picture small = reduced(picture);
    jpeg::Encoder encoder;
    write(encoder.encode(small.view(), {.quality = 97, .subsampling = jpeg::Subsampling::s444}).bytes,
          output / target);
    item["width"] = small.width;
    item["height"] = small.height;
    item["reduced_from"] = {picture.width, picture.height};
  } else {
    write(folder::read_file(file), output / target);
    item["width"] = picture.width;
    item["height"] = picture.height;
  }
  return item;
}

}  // namespace mpq::train
