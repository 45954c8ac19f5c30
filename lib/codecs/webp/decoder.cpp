// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <webp/decode.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "codecs/webp/webp.h"
#include "core/error.h"
#include "core/image_check.h"
#include "core/text.h"

namespace mpq::webp {
namespace {

enum Coding { lossy = 1, lossless = 2 };  // WebPBitstreamFeatures::format

[[noreturn]] void throw_error(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      throw Error(ErrorCode::limit_exceeded, "libwebp is out of memory");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      throw Error(ErrorCode::unsupported, "the WebP picture uses a feature that libwebp does not know",
                  "convert the picture with a newer libwebp");
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
      throw Error(ErrorCode::corrupt_data, "the WebP picture is cut short");
    case VP8_STATUS_BITSTREAM_ERROR:
      throw Error(ErrorCode::corrupt_data, "the WebP picture is damaged");
    default:
      throw Error(ErrorCode::internal, text("libwebp failed to decode (its status ", int{status}, ")"));
  }
}

ImageHeader describe(const WebPBitstreamFeatures& features) {
  if (features.has_animation)
    throw Error(ErrorCode::unsupported, "the WebP file is an animation",
                "extract its frames, for example with anim_dump or webpmux");
  ImageHeader header{features.width, features.height, {}, features.has_alpha != 0};
  if (header.has_alpha)
    header.formats = {PixelFormat::rgba32, PixelFormat::rgb24};
  else if (features.format == lossy)
    header.formats = {PixelFormat::rgb24, PixelFormat::i420, PixelFormat::rgba32};
  else
    header.formats = {PixelFormat::rgb24, PixelFormat::rgba32};
  return header;
}

ImageHeader read(std::span<const std::uint8_t> bytes, WebPBitstreamFeatures& features) {
  if (bytes.empty()) throw_error(VP8_STATUS_NOT_ENOUGH_DATA);
  const VP8StatusCode status = WebPGetFeatures(bytes.data(), bytes.size(), &features);
  if (status != VP8_STATUS_OK) throw_error(status);
  return describe(features);
}

void check_target(const ImageHeader& header, const MutableImageView& image) {
  check_view(image);
  if (image.width != header.width || image.height != header.height)
    throw Error(ErrorCode::invalid_argument, text("the WebP picture is ", header.width, "x", header.height,
                                                  " pixels, its target ", image.width, "x", image.height));
  if (std::find(header.formats.begin(), header.formats.end(), image.format) == header.formats.end())
    throw Error(ErrorCode::invalid_argument,
                text("this WebP picture cannot be decoded to ", format_name(image.format)),
                "choose one of the formats of its header");
  for (int p = 0; p < plane_count(image.format); ++p)
    if (image.planes[static_cast<std::size_t>(p)].stride > std::numeric_limits<int>::max())
      throw Error(ErrorCode::invalid_argument, "the stride of the target does not fit libwebp's integers");
}

int row_bytes(const MutableImageView& image, int plane) {
  return plane_width(image.format, plane, image.width) * bytes_per_pixel(image.format);
}

std::size_t plane_bytes(const MutableImageView& image, int plane) {
  const int rows = plane_height(image.format, plane, image.height);
  const auto stride = image.planes[static_cast<std::size_t>(plane)].stride;
  return static_cast<std::size_t>(stride * (rows - 1) + row_bytes(image, plane));
}

void set_output(WebPDecBuffer& output, const MutableImageView& image) {
  const auto& [y, u, v] = image.planes;
  output.is_external_memory = 1;
  if (image.format == PixelFormat::i420) {
    output.colorspace = MODE_YUV;
    output.u.YUVA = {y.data,
                     u.data,
                     v.data,
                     nullptr,
                     static_cast<int>(y.stride),
                     static_cast<int>(u.stride),
                     static_cast<int>(v.stride),
                     0,
                     plane_bytes(image, 0),
                     plane_bytes(image, 1),
                     plane_bytes(image, 2),
                     0};
    return;
  }
  output.colorspace = image.format == PixelFormat::rgba32 ? MODE_RGBA : MODE_RGB;
  output.u.RGBA = {y.data, static_cast<int>(y.stride), plane_bytes(image, 0)};
}

/// Black below row `first`, opaque where there is alpha.
void blacken(const MutableImageView& image, int first) {
  for (int p = 0; p < plane_count(image.format); ++p) {
    const auto& plane = image.planes[static_cast<std::size_t>(p)];
    const auto count = static_cast<std::size_t>(row_bytes(image, p));
    const int black = !is_yuv(image.format) ? 0 : p == 0 ? 16 : 128;
    for (int y = plane_height(image.format, p, first); y < plane_height(image.format, p, image.height); ++y) {
      std::uint8_t* row = plane.data + plane.stride * y;
      std::memset(row, black, count);
      if (image.format == PixelFormat::rgba32)
        for (std::size_t x = 3; x < count; x += 4) row[x] = 255;
    }
  }
}

/// The rows that can be decoded; how many is returned.
int decode_part(std::span<const std::uint8_t> bytes, WebPDecoderConfig& config) {
  const std::unique_ptr<WebPIDecoder, decltype(&WebPIDelete)> decoder(
      WebPIDecode(bytes.data(), bytes.size(), &config), WebPIDelete);
  if (!decoder) return 0;
  WebPIUpdate(decoder.get(), bytes.data(), bytes.size());
  int left = 0, top = 0, width = 0, height = 0;
  return WebPIDecodedArea(decoder.get(), &left, &top, &width, &height) != nullptr ? height : 0;
}

}  // namespace

ImageHeader Decoder::read_header(std::span<const std::uint8_t> bytes) {
  WebPBitstreamFeatures features;
  return read(bytes, features);
}

DecodedImageInfo Decoder::decode(std::span<const std::uint8_t> bytes, const MutableImageView& image) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) throw Error(ErrorCode::internal, "libwebp is older than its headers");
  check_target(read(bytes, config.input), image);
  set_output(config.output, image);
  const VP8StatusCode status = WebPDecode(bytes.data(), bytes.size(), &config);
  if (status == VP8_STATUS_OK) return {};
  if (status != VP8_STATUS_SUSPENDED && status != VP8_STATUS_NOT_ENOUGH_DATA) throw_error(status);
  const int rows = decode_part(bytes, config);
  if (rows < 1) throw_error(status);
  blacken(image, rows);
  return {{text("the WebP picture is cut short after row ", rows, " of ", image.height)}};
}

}  // namespace mpq::webp
