// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/picture_formats.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "codecs/jpeg/jpeg.h"
#include "codecs/webp/webp.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::train {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::int64_t most_pixels = std::int64_t{1} << 28;

Picture blank(int width, int height) {
  if (std::int64_t{width} * height > most_pixels)
    throw Error(ErrorCode::limit_exceeded, text(width, 'x', height, " pixels are too many"),
                "Use pictures of at most 2^28 pixels.");
  Picture picture{width, height, {}};
  picture.rgb.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  return picture;
}

template <class Decoder>
Picture decode(Bytes bytes) {
  Decoder decoder;
  const ImageHeader header = decoder.read_header(bytes);
  Picture picture = blank(header.width, header.height);
  const DecodedImageInfo info = decoder.decode(bytes, picture.view());
  if (!info.warnings.empty())
    throw Error(ErrorCode::corrupt_data, text("the picture is damaged: ", info.warnings.front()));
  return picture;
}

/// Numbers of a PPM's header: white space and comments lie between them.
class PpmHeader {
 public:
  explicit PpmHeader(Bytes bytes) : bytes_(bytes) {}

  int number() {
    while (position_ < bytes_.size() && (std::isspace(bytes_[position_]) != 0 || bytes_[position_] == '#'))
      if (bytes_[position_++] == '#')
        while (position_ < bytes_.size() && bytes_[position_] != '\n') ++position_;
    int value = 0, digits = 0;
    for (; position_ < bytes_.size() && std::isdigit(bytes_[position_]) != 0 && digits < 6; ++digits)
      value = value * 10 + (bytes_[position_++] - '0');
    if (digits == 0 || value == 0) throw Error(ErrorCode::corrupt_data, "the PPM header is damaged");
    return value;
  }
  /// One white space ends the header.
  Bytes rest() const { return bytes_.subspan(std::min(position_ + 1, bytes_.size())); }

 private:
  Bytes bytes_;
  std::size_t position_ = 2;
};

Picture decode_ppm(Bytes bytes) {
  PpmHeader header(bytes);
  const int width = header.number(), height = header.number(), most = header.number();
  if (most != 255)
    throw Error(ErrorCode::unsupported, text("a PPM with values up to ", most),
                "Convert it to one with values up to 255.");
  Picture picture = blank(width, height);
  const Bytes pixels = header.rest();
  if (pixels.size() < picture.rgb.size()) throw Error(ErrorCode::corrupt_data, "the PPM is cut short");
  std::copy_n(pixels.begin(), picture.rgb.size(), picture.rgb.begin());
  return picture;
}

}  // namespace

Picture decode_picture(Bytes bytes) {
  const auto begins = [&](std::string_view magic) {
    return bytes.size() >= magic.size() &&
           std::equal(magic.begin(), magic.end(), bytes.begin(),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
  };
  if (begins("\xFF\xD8")) return decode<jpeg::Decoder>(bytes);
  if (begins("RIFF")) return decode<webp::Decoder>(bytes);
  if (begins("P6")) return decode_ppm(bytes);
  throw Error(ErrorCode::unsupported, "this is no JPEG, WebP or PPM (P6) file",
              "Convert it to one of these.");
}

}  // namespace mpq::train
