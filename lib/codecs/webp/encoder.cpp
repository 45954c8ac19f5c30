// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <webp/encode.h>

#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include "codecs/webp/chunks.h"
#include "codecs/webp/webp.h"
#include "core/error.h"
#include "core/image_check.h"
#include "core/text.h"

namespace mpq::webp {

static_assert(max_dimension == WEBP_MAX_DIMENSION);

namespace {

class Picture : public WebPPicture {
 public:
  Picture() {
    if (!WebPPictureInit(this)) throw Error(ErrorCode::internal, "libwebp is older than its headers");
  }
  ~Picture() { WebPPictureFree(this); }  // of what libwebp allocated; never of borrowed planes
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;
};

WebPPreset native(Preset preset) {
  switch (preset) {
    case Preset::default_:
      return WEBP_PRESET_DEFAULT;
    case Preset::picture:
      return WEBP_PRESET_PICTURE;
    case Preset::photo:
      return WEBP_PRESET_PHOTO;
    case Preset::drawing:
      return WEBP_PRESET_DRAWING;
    case Preset::icon:
      return WEBP_PRESET_ICON;
    case Preset::text:
      return WEBP_PRESET_TEXT;
  }
  throw Error(ErrorCode::invalid_argument, "unknown WebP preset");
}

WebPConfig make_config(const EncoderOptions& options) {
  WebPConfig config;
  if (!WebPConfigPreset(&config, native(options.preset), 75))  // quality: set below, presets ignore it
    throw Error(ErrorCode::internal, "libwebp is older than its headers");
  config.quality = options.quality;
  config.method = options.method;
  config.lossless = options.lossless ? 1 : 0;
  config.near_lossless = options.near_lossless;
  config.alpha_quality = options.alpha_quality;
  config.exact = options.exact ? 1 : 0;
  if (!(options.quality >= 0) || !WebPValidateConfig(&config))
    throw Error(ErrorCode::invalid_argument,
                text("WebP settings out of range: quality ", options.quality, " (0 to 100), method ",
                     options.method, " (0 to 6), near-lossless ", options.near_lossless,
                     " (0 to 100), alpha quality ", options.alpha_quality, " (0 to 100)"));
  return config;
}

void check(const ImageView& image) {
  check_view(image);
  if (image.width > max_dimension || image.height > max_dimension)
    throw Error(ErrorCode::unsupported,
                text("WebP pictures are at most ", max_dimension, " pixels wide and high, this one is ",
                     image.width, "x", image.height),
                "scale or crop the picture, or use JPEG");
  if (image.format == PixelFormat::y42b || image.format == PixelFormat::y444)
    throw Error(ErrorCode::invalid_argument,
                text("WebP does not take ", format_name(image.format), " pictures"),
                "convert them to RGB or I420");
  for (int p = 0; p < plane_count(image.format); ++p)
    if (image.planes[static_cast<std::size_t>(p)].stride > std::numeric_limits<int>::max())
      throw Error(ErrorCode::invalid_argument, "the stride of the picture does not fit libwebp's integers");
}

[[noreturn]] void throw_error(WebPEncodingError code) {
  switch (code) {
    case VP8_ENC_ERROR_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY:
      throw Error(ErrorCode::limit_exceeded, "libwebp is out of memory");
    case VP8_ENC_ERROR_PARTITION0_OVERFLOW:
    case VP8_ENC_ERROR_PARTITION_OVERFLOW:
    case VP8_ENC_ERROR_FILE_TOO_BIG:
      throw Error(ErrorCode::unsupported, "the picture has too much detail for the partitions of a WebP file",
                  "lower the quality or scale the picture");
    default:
      throw Error(ErrorCode::internal, text("libwebp failed to encode (its error ", int{code}, ")"));
  }
}

}  // namespace

struct Encoder::State {
  std::optional<EncoderOptions> configured;
  WebPConfig config{};
  WebPMemoryWriter writer{};
  std::vector<std::uint8_t> scratch;

  State() { WebPMemoryWriterInit(&writer); }
  ~State() { WebPMemoryWriterClear(&writer); }

  void import(WebPPicture& picture, const ImageView& image) {
    bool done = true;
    const auto& plane = image.planes[0];
    switch (image.format) {
      case PixelFormat::rgb24:
        done = WebPPictureImportRGB(&picture, plane.data, static_cast<int>(plane.stride));
        break;
      case PixelFormat::rgba32:
        done = WebPPictureImportRGBA(&picture, plane.data, static_cast<int>(plane.stride));
        break;
      case PixelFormat::gray8:
        expand_gray(image);
        done = WebPPictureImportRGB(&picture, scratch.data(), 3 * image.width);
        break;
      default:
        borrow_planes(picture, image);
    }
    if (!done) throw_error(picture.error_code);
  }

  void expand_gray(const ImageView& image) {
    const auto width = static_cast<std::size_t>(image.width);
    scratch.resize(3 * width * static_cast<std::size_t>(image.height));
    std::uint8_t* out = scratch.data();
    for (int y = 0; y < image.height; ++y) {
      const std::uint8_t* row = image.planes[0].data + image.planes[0].stride * y;
      for (std::size_t x = 0; x < width; ++x, out += 3) out[0] = out[1] = out[2] = row[x];
    }
  }

  /// libwebp only reads the planes of a picture that has no alpha.
  void borrow_planes(WebPPicture& picture, const ImageView& image) {
    picture.colorspace = WEBP_YUV420;
    picture.use_argb = 0;
    picture.y = const_cast<std::uint8_t*>(image.planes[0].data);
    picture.u = const_cast<std::uint8_t*>(image.planes[1].data);
    picture.v = const_cast<std::uint8_t*>(image.planes[2].data);
    picture.y_stride = static_cast<int>(image.planes[0].stride);
    picture.uv_stride = static_cast<int>(image.planes[1].stride);
    if (image.planes[1].stride != image.planes[2].stride) copy_chroma(picture, image);
  }

  /// libwebp has one stride for both chroma planes.
  void copy_chroma(WebPPicture& picture, const ImageView& image) {
    const auto width = static_cast<std::size_t>(plane_width(image.format, 1, image.width));
    const int height = plane_height(image.format, 1, image.height);
    const std::size_t size = width * static_cast<std::size_t>(height);
    scratch.resize(2 * size);
    for (std::size_t p = 0; p < 2; ++p)
      for (int y = 0; y < height; ++y)
        std::memcpy(scratch.data() + p * size + width * static_cast<std::size_t>(y),
                    image.planes[p + 1].data + image.planes[p + 1].stride * y, width);
    picture.u = scratch.data();
    picture.v = scratch.data() + size;
    picture.uv_stride = static_cast<int>(width);
  }
};

Encoder::Encoder() : state_(std::make_unique<State>()) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

EncodedImage Encoder::encode(const ImageView& image, const EncoderOptions& options) {
  check(image);
  State& s = *state_;
  if (s.configured != options) {
    s.configured.reset();
    s.config = make_config(options);
    s.configured = options;
  }
  Picture picture;
  picture.width = image.width;
  picture.height = image.height;
  picture.use_argb = s.config.lossless || s.config.preprocessing > 0;  // photo: dithers while converting
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &s.writer;
  s.writer.size = 0;  // its memory stays
  s.import(picture, image);
  if (!WebPEncode(&s.config, &picture)) throw_error(picture.error_code);
  const std::span<const std::uint8_t> bytes(s.writer.mem, s.writer.size);
  return {bytes, payload_bytes(bytes)};
}

}  // namespace mpq::webp
