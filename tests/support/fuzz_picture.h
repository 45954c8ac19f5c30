// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What every fuzz target of a picture decoder does.
#pragma once

#include "core/image_header.h"
#include "tests/support/fuzz.h"
#include "tests/support/pictures.h"

namespace mpq::test {

inline constexpr std::int64_t most_fuzzed_pixels = 1 << 18;

/// Reads the header, then decodes into each format that it offers, as an application with a limit on pixels
/// would. The library below may be built without sanitizers, so the padding shows what it writes too far.
template <class Decoder>
void decode_into_every_format(Decoder& decoder, Bytes bytes) {
  ImageHeader header;
  if (!answers([&] { header = decoder.read_header(bytes); })) return;
  require(header.width > 0 && header.height > 0 && !header.formats.empty(), "a header describes a picture");
  if (std::int64_t{header.width} * header.height > most_fuzzed_pixels) return;
  for (const PixelFormat format : header.formats) {
    Picture picture(format, header.width, header.height, 16);
    answers([&] { decoder.decode(bytes, picture.mutable_view()); });
    require(picture.padding_is_untouched(), "a decoder writes pixels alone");
  }
}

}  // namespace mpq::test
