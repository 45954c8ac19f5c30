// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the codecs are fed with: photographs and music of the development data where they are, otherwise
// synthetic ones that are the same on every machine.
#pragma once

#include "benchmarks/pipeline.h"
#include "core/audio.h"
#include "core/image.h"

namespace mpq::bench {

enum class Size { vga_class, full_hd };  ///< 768x512 and 1920x1080

struct SizeInfo {
  Size size;
  const char* name;
  int width, height;
};
inline constexpr SizeInfo sizes[] = {{Size::vga_class, "768x512", 768, 512},
                                     {Size::full_hd, "1920x1080", 1920, 1080}};

/// Several photographs, one a buffer, rows without padding. `format` is "RGB" or "I420"; `colorimetry` for
/// the latter, as GStreamer writes it: "1:4:0:0" (JPEG's) or "bt601".
StreamPtr photographs(Size size, const std::string& format, const std::string& colorimetry = "1:4:0:0");

/// The view of one of these buffers' memory, as I420 or RGB.
ImageView view_of(const std::string& format, const SizeInfo& size, const std::uint8_t* bytes);

/// Some 27 s of music or 20 s of speech, S16, in buffers of `frames` samples a channel.
enum class Sound { music, speech };
StreamPtr sound(Sound kind, int rate, int channels, std::size_t frames);

/// All buffers in one piece, for loops without GStreamer.
Bytes joined(const Stream& stream);

/// Where the photographs and the sound come from: "kodak" or "synthetic".
std::string media_source();

}  // namespace mpq::bench
