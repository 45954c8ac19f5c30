// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/pictures.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "sources/folder/picture_file.h"
#include "train/generator.h"
#include "train/ppm.h"

namespace mpq::train {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t most_pixels = std::int64_t{1} << 28;

std::string ending_of(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

/// The same order on every machine, and no folder after the other.
void shuffle(std::vector<fs::path>& files) {
  Generator generator(0, Purpose::crops, 0);
  for (std::size_t i = files.size(); i > 1; --i) std::swap(files[i - 1], files[generator.below(i)]);
}

[[noreturn]] void no_picture(const Pictures& found, const PictureLimits& limits) {
  std::string cause = "there is no picture to train on";
  if (found.small > 0) cause += text(": ", found.small, " are smaller than ", limits.least_side, " pixels");
  if (!found.damaged.empty())
    cause += text(": ", found.damaged.size(), " cannot be read, the first: ", found.damaged.front());
  throw Error(
      ErrorCode::invalid_argument, cause,
      "Name folders with JPEG, PNG, WebP or PPM files that are at least as large as a crop (--crop).");
}

}  // namespace

Picture blank_picture(int width, int height) {
  if (std::int64_t{width} * height > most_pixels)
    throw Error(ErrorCode::limit_exceeded, text(width, 'x', height, " pixels are too many"),
                "Use pictures of at most 2^28 pixels.");
  Picture picture{width, height, {}};
  picture.rgb.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  return picture;
}

Picture read_picture(const fs::path& path) {
  if (ending_of(path) == ".ppm") {
    try {
      return decode_ppm(folder::read_file(path));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::io) throw;  // which names the file
      throw Error(error.code(), text(path.string(), ": ", error.what()), error.remedy());
    }
  }
  folder::PictureFile file;
  const ImageHeader& header = file.open(path, most_pixels);
  Picture picture = blank_picture(header.width, header.height);
  const DecodedImageInfo info = file.decode(picture.view());
  if (!info.warnings.empty())
    throw Error(ErrorCode::corrupt_data, text(path.string(), " is damaged: ", info.warnings.front()));
  return picture;
}

std::vector<fs::path> find_files(const std::vector<fs::path>& folders, std::span<const char* const> endings) {
  const auto fits = [&](const fs::path& path) {
    return std::find(endings.begin(), endings.end(), ending_of(path)) != endings.end();
  };
  std::set<fs::path> files;
  for (const fs::path& folder : folders) {
    std::error_code error;
    for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      std::error_code ignored;
      if (entry->is_regular_file(ignored) && fits(entry->path())) files.insert(entry->path());
    }
    if (error)
      throw Error(ErrorCode::io, text("cannot read the folder ", folder.string(), ": ", error.message()),
                  "Name a folder that is there and that you may read.");
  }
  return {files.begin(), files.end()};
}

std::vector<fs::path> find_pictures(const std::vector<fs::path>& folders) {
  constexpr std::array endings{".jpg", ".jpeg", ".png", ".webp", ".ppm"};
  return find_files(folders, endings);
}

Pictures load_pictures(const std::vector<fs::path>& folders, const PictureLimits& limits) {
  return load_files(find_pictures(folders), limits);
}

Pictures load_files(std::vector<fs::path> files, const PictureLimits& limits) {
  shuffle(files);
  Pictures found;
  std::size_t used = 0;
  for (const fs::path& file : files) {
    if (used >= limits.memory) {
      ++found.left_out;
      continue;
    }
    try {
      Picture picture = read_picture(file);
      if (std::min(picture.width, picture.height) < limits.least_side) {
        ++found.small;
        continue;
      }
      used += picture.rgb.size();
      found.pictures.push_back(std::move(picture));
    } catch (const Error& error) {
      found.damaged.emplace_back(error.what());
    }
  }
  if (found.pictures.empty()) no_picture(found, limits);
  return found;
}

}  // namespace mpq::train
