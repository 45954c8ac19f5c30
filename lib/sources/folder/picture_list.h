// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Which pictures a data set consists of, with their classes and masks.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "metrics/accuracy/labels.h"

namespace mpq::folder {

struct ListOptions {
  std::filesystem::path folder{};        ///< holds the pictures; empty: list_file names them
  std::filesystem::path list_file{};     ///< which, and their labels and masks: accuracy::read_file_list()
  std::filesystem::path labels_file{};   ///< labels of all of them
  std::string label_pattern{};           ///< labels from the names (accuracy::LabelPattern)
  std::filesystem::path masks_folder{};  ///< holds a mask for each
  std::string mask_suffix = ".png";      ///< a mask's name is the picture's without its ending, and this
};

struct ListedPicture {
  std::string name;            ///< relative to the folder, with '/': "beans/healthy_00088.jpg"
  std::filesystem::path file;  ///< where it lies
  accuracy::Label label;       ///< not known where nothing tells it
  std::filesystem::path mask;  ///< empty where there is none
};

/// The pictures of a folder and of those inside it (*.jpg, *.jpeg, *.jpe, *.jfif, *.png, *.webp in small or
/// capital letters) sorted by name, byte by byte; or those of a list, in its order, relative to the folder,
/// or to the list's own where none is named. Hidden files are left out, and masks that lie among the
/// pictures. Every file that is named is there, every label and mask that is asked for is known: otherwise an
/// Error that names the file. Throws Error(io), Error(invalid_argument), Error(corrupt_data).
std::vector<ListedPicture> list_pictures(const ListOptions& options);

}  // namespace mpq::folder
