// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Lines of text in a picture's upper left corner, for elements that show what they found.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/image.h"

namespace mpq::gst {

/// One object a stream, used by one thread at a time.
class TextOverlay {
 public:
  /// Whether this build draws text (meson option `overlay`).
  static bool available();

  /// Throws Error(unsupported) where this build draws none, or the system has no font.
  TextOverlay();
  ~TextOverlay();
  TextOverlay(const TextOverlay&) = delete;
  TextOverlay& operator=(const TextOverlay&) = delete;

  using Colour = std::array<std::uint8_t, 3>;  ///< R, G, B

  /// Draws lines of UTF-8 in white on a darkened box, and before each a square of its colour, where `colours`
  /// has one for each line. Letters are a 24th of the picture's shorter side high,
  /// 10 to 200 pixels. Lines that are too wide lose their middle, lines below the picture's end are left out,
  /// and what is not UTF-8 becomes replacement characters. The same text on the same size costs the blending
  /// alone. Throws Error(unsupported) for layouts other than rgb24.
  void draw(const std::vector<std::string>& lines, const MutableImageView& picture,
            const std::vector<Colour>& colours = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mpq::gst
