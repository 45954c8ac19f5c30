// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/ppm.h"

#include <algorithm>
#include <cctype>

#include "core/error.h"
#include "core/text.h"

namespace mpq::train {
namespace {

using Bytes = std::span<const std::uint8_t>;

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

}  // namespace

Picture decode_ppm(Bytes bytes) {
  if (bytes.size() < 2 || bytes[0] != 'P' || bytes[1] != '6')
    throw Error(ErrorCode::unsupported, "this is no PPM (P6) file", "Convert it to one, or to PNG.");
  PpmHeader header(bytes);
  const int width = header.number(), height = header.number(), most = header.number();
  if (most != 255)
    throw Error(ErrorCode::unsupported, text("a PPM with values up to ", most),
                "Convert it to one with values up to 255.");
  Picture picture = blank_picture(width, height);
  const Bytes pixels = header.rest();
  if (pixels.size() < picture.rgb.size()) throw Error(ErrorCode::corrupt_data, "the PPM is cut short");
  std::copy_n(pixels.begin(), picture.rgb.size(), picture.rgb.begin());
  return picture;
}

}  // namespace mpq::train
