// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "sources/folder/picture_list.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "core/error.h"
#include "core/text.h"

namespace mpq::folder {
namespace {

namespace fs = std::filesystem;

bool is_picture(const fs::path& file) {
  constexpr std::array<const char*, 6> endings{".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp"};
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

bool is_hidden(const fs::path& file) {
  return file.filename().string().starts_with('.');
}

[[noreturn]] void missing(const fs::path& file, const std::string& what) {
  throw Error(ErrorCode::io, text(what, " ", file.string(), " is not there"), "Check its name and folder");
}

void require_file(const fs::path& file, const char* what) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) missing(file, what);
}

void require_folder(const fs::path& folder, const char* what) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) missing(folder, what);
}

std::vector<ListedPicture> scan(const fs::path& folder) {
  std::vector<ListedPicture> pictures;
  try {
    for (auto item = fs::recursive_directory_iterator(folder); item != fs::recursive_directory_iterator();
         ++item) {
      if (is_hidden(item->path())) {
        if (item->is_directory()) item.disable_recursion_pending();
      } else if (item->is_regular_file() && is_picture(item->path())) {
        pictures.push_back({item->path().lexically_relative(folder).generic_string(), item->path(), {}, {}});
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorCode::io,
                text("the folder ", folder.string(), " cannot be read: ", error.code().message()),
                "Check its permissions");
  }
  std::sort(pictures.begin(), pictures.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return pictures;
}

std::vector<ListedPicture> read_list(const ListOptions& options) {
  const fs::path base = options.folder.empty() ? options.list_file.parent_path() : options.folder;
  const fs::path masks = options.masks_folder.empty() ? base : options.masks_folder;
  std::vector<ListedPicture> pictures;
  for (const auto& listed : accuracy::read_file_list(options.list_file)) {
    pictures.push_back({listed.file, base / listed.file, listed.label, {}});
    require_file(pictures.back().file,
                 text("the picture that ", options.list_file.string(), " lists,").c_str());
    if (!listed.mask.empty()) pictures.back().mask = masks / listed.mask;
  }
  return pictures;
}

std::vector<ListedPicture> find_pictures(const ListOptions& options) {
  if (options.folder.empty() && options.list_file.empty())
    throw Error(ErrorCode::invalid_argument, "no folder of pictures is named", "Set folder or list-file");
  if (!options.folder.empty()) require_folder(options.folder, "the folder");
  return options.list_file.empty() ? scan(options.folder) : read_list(options);
}

// By the picture's own place under the masks' folder, where the two have the same folders inside, or flat.
void find_masks(const ListOptions& options, std::vector<ListedPicture>* pictures) {
  if (options.masks_folder.empty()) return;
  require_folder(options.masks_folder, "the folder of masks");
  for (ListedPicture& picture : *pictures) {
    if (picture.mask.empty()) {
      fs::path name = picture.name;
      name.replace_filename(name.stem().string() + options.mask_suffix);
      picture.mask = options.masks_folder / name;
    }
  }
}

// Masks may lie among the pictures, told apart by their suffix.
void remove_masks(const ListOptions& options, std::vector<ListedPicture>* pictures) {
  std::error_code ignored;
  if (options.masks_folder.empty() || options.mask_suffix.starts_with('.') ||
      !fs::equivalent(options.masks_folder, options.folder, ignored))
    return;
  std::erase_if(*pictures,
                [&](const ListedPicture& picture) { return picture.name.ends_with(options.mask_suffix); });
}

void find_labels(const ListOptions& options, std::vector<ListedPicture>* pictures) {
  if (!options.labels_file.empty() && !options.label_pattern.empty())
    throw Error(ErrorCode::invalid_argument, "labels-file and label-pattern both tell the labels",
                "Set one of them");
  if (!options.labels_file.empty()) {
    const accuracy::Labels labels(options.labels_file);
    for (ListedPicture& picture : *pictures) picture.label = labels.of(picture.name);
  }
  if (!options.label_pattern.empty()) {
    const accuracy::LabelPattern pattern(options.label_pattern);
    for (ListedPicture& picture : *pictures) picture.label = pattern.of(picture.name);
  }
}

}  // namespace

std::vector<ListedPicture> list_pictures(const ListOptions& options) {
  std::vector<ListedPicture> pictures = find_pictures(options);
  if (options.list_file.empty()) remove_masks(options, &pictures);
  if (pictures.empty()) {
    const bool listed = !options.list_file.empty();
    throw Error(ErrorCode::io,
                listed ? text(options.list_file.string(), " lists no picture")
                       : text("the folder ", options.folder.string(), " holds no picture"),
                "JPEG, PNG and WebP pictures are looked for, by the ends of their names");
  }
  find_labels(options, &pictures);
  find_masks(options, &pictures);
  for (const ListedPicture& picture : pictures) {
    if (!picture.mask.empty()) require_file(picture.mask, text("the mask of ", picture.name, ",").c_str());
  }
  return pictures;
}

}  // namespace mpq::folder
