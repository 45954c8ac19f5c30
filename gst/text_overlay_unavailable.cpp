// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Stands in for text_overlay.cpp in builds without Pango.
#include "core/error.h"
#include "gst/text_overlay.h"

namespace mpq::gst {

struct TextOverlay::State {};

bool TextOverlay::available() {
  return false;
}

TextOverlay::TextOverlay() {
  throw Error(ErrorCode::unsupported, "this build draws no text on pictures",
              "Build with libpango1.0-dev installed and the meson option overlay enabled");
}

TextOverlay::~TextOverlay() = default;

void TextOverlay::draw(const std::vector<std::string>&, const MutableImageView&, const std::vector<Colour>&) {
}

}  // namespace mpq::gst
