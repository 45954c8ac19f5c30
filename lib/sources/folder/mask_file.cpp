// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "sources/folder/mask_file.h"

#include "codecs/png/png.h"
#include "core/error.h"
#include "core/text.h"
#include "metrics/miou/label_map.h"
#include "sources/folder/picture_file.h"

namespace mpq::folder {
namespace {

[[noreturn]] void other_coding(const png::Samples& samples, const char* remedy) {
  throw Error(ErrorCode::unsupported,
              text("it has ", samples.channels, " channels of ", samples.depth, " bits"), remedy);
}

Mask indices(png::Samples samples) {
  if (samples.channels != 1)
    other_coding(samples, "A map of class indices has one; for ADE20K's *_seg.png set mask-coding=ade20k");
  return {samples.width, samples.height, samples.depth > 8, std::move(samples.values)};
}

Mask ade20k(const png::Samples& samples) {
  if (samples.channels != 3 || samples.depth != 8)
    other_coding(samples,
                 "ADE20K's own maps are RGB of 8 bits; for maps of class indices set mask-coding=index");
  Mask mask{samples.width, samples.height, true, {}};
  mask.classes.reserve(samples.values.size() / 3);
  for (std::size_t i = 0; i < samples.values.size(); i += 3)
    mask.classes.push_back(miou::ade20k_class(samples.values[i], samples.values[i + 1]));
  return mask;
}

}  // namespace

Mask read_mask(const std::filesystem::path& file, MaskCoding coding, std::uint64_t max_pixels) {
  const std::vector<std::uint8_t> bytes = read_file(file);
  try {
    png::Samples samples = png::Decoder().read_samples(bytes, max_pixels);
    return coding == MaskCoding::index ? indices(std::move(samples)) : ade20k(samples);
  } catch (const Error& error) {
    throw Error(error.code(), text("the mask ", file.string(), " cannot be read: ", error.what()),
                error.remedy());
  }
}

}  // namespace mpq::folder
