// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Names and colours of classes, and the colouring of pictures by label maps.
#pragma once

#include <filesystem>

#include "tasks/segformer/segformer.h"

namespace mpq::segformer {

using Colour = std::array<std::uint8_t, 3>;  ///< R, G, B

struct Classes {
  std::vector<std::string> names;  ///< empty: they are called by their numbers
  std::vector<Colour> colours;     ///< one for each class

  /// Its name, or its number where it has none.
  std::string name(std::size_t index) const;
};

/// Names and a colour for each; neighbouring numbers have colours far apart (those of the Pascal VOC data
/// set, but that the first is not black).
Classes classes_with(std::vector<std::string> names, int count);

/// A class a line, in their order: its name, or its colour as #RRGGBB, a space, and its name. Classes without
/// a colour have that of classes_with(). Throws Error(io) for a file that cannot be read, Error(corrupt_data)
/// for a line whose colour is none, Error(mismatch) for fewer or more than `count` lines; each names the
/// file.
Classes read_classes(const std::filesystem::path& file, int count);

/// Mixes the classes' colours into an rgb24 picture of the map's size. `opacity`: 0 (the picture stays) to 1.
void colour(const LabelMap& map, const Classes& classes, double opacity, const MutableImageView& picture);

}  // namespace mpq::segformer
