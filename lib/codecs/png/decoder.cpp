// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <limits>

#include "codecs/png/png.h"
#include "core/error.h"
#include "core/image_check.h"
#include "core/text.h"

namespace mpq::png {
namespace {

/// libpng's state for one file; its errors become ours.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : left_(bytes) {
    if (!is_png(bytes)) throw Error(ErrorCode::corrupt_data, "this is no PNG file");
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, &info_, nullptr);
      throw Error(ErrorCode::internal, "libpng is older than its headers, or out of memory");
    }
    png_set_read_fn(png_, this, on_read);
  }
  ~Reader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  png_structp get() const { return png_; }
  png_infop info() const { return info_; }

  /// Calls `body`, which libpng may leave by longjmp(): it owns nothing and must not throw.
  template <class Body>
  void run(const Body& body) {
    static_assert(std::is_trivially_destructible_v<Body>, "longjmp() would not run the destructors");
    if (!comes_to_its_end(body))
      throw Error(ErrorCode::corrupt_data, text("the PNG file is damaged: ", message_));
  }

 private:
  template <class Body>
  [[gnu::noinline]] bool comes_to_its_end(const Body& body) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    body();
    return true;
  }

  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    auto* self = static_cast<Reader*>(png_get_error_ptr(png));
    std::strncpy(self->message_, message, sizeof(self->message_) - 1);
    png_longjmp(png, 1);
  }

  // Ancillary chunks out of order and the like: nothing that changes a pixel.
  static void on_warning(png_structp, png_const_charp) {}

  static void on_read(png_structp png, png_bytep target, std::size_t size) {
    auto* self = static_cast<Reader*>(png_get_io_ptr(png));
    if (size > self->left_.size()) png_error(png, "it is cut short");
    std::memcpy(target, self->left_.data(), size);
    self->left_ = self->left_.subspan(size);
  }

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::span<const std::uint8_t> left_;
  char message_[128] = {};
};

struct Format {
  png_uint_32 width = 0, height = 0;
  int depth = 0, colour = 0;
  bool transparent = false;  // an alpha channel, or a transparent colour

  bool is_gray() const { return (colour & PNG_COLOR_MASK_COLOR) == 0; }
};

Format read_format(Reader& reader) {
  Format format;
  reader.run([&] {
    png_read_info(reader.get(), reader.info());
    png_get_IHDR(reader.get(), reader.info(), &format.width, &format.height, &format.depth, &format.colour,
                 nullptr, nullptr, nullptr);
    format.transparent = (format.colour & PNG_COLOR_MASK_ALPHA) != 0 ||
                         png_get_valid(reader.get(), reader.info(), PNG_INFO_tRNS) != 0;
  });
  return format;
}

ImageHeader describe(const Format& format) {
  ImageHeader header{static_cast<int>(format.width), static_cast<int>(format.height), {}, format.transparent};
  if (format.transparent)
    header.formats = {PixelFormat::rgba32, PixelFormat::rgb24};
  else if (format.is_gray())
    header.formats = {PixelFormat::gray8, PixelFormat::rgb24, PixelFormat::rgba32};
  else
    header.formats = {PixelFormat::rgb24, PixelFormat::rgba32};
  return header;
}

void check_target(const ImageHeader& header, const MutableImageView& image) {
  check_view(image);
  if (image.width != header.width || image.height != header.height)
    throw Error(ErrorCode::invalid_argument, text("the PNG picture is ", header.width, "x", header.height,
                                                  " pixels, its target ", image.width, "x", image.height));
  if (std::find(header.formats.begin(), header.formats.end(), image.format) == header.formats.end())
    throw Error(ErrorCode::invalid_argument,
                text("this PNG picture cannot be decoded to ", format_name(image.format)),
                "choose one of the formats of its header");
}

// libpng's transformations from what is stored to 8 bits a sample of `target`.
void set_transformations(png_structp png, const Format& stored, PixelFormat target) {
  png_set_expand(png);  // palettes, fewer than 8 bits, transparent colours
  if (stored.depth == 16) png_set_scale_16(png);
  if (target != PixelFormat::gray8) png_set_gray_to_rgb(png);
  if (target != PixelFormat::rgba32 && stored.transparent) png_set_strip_alpha(png);
  if (target == PixelFormat::rgba32 && !stored.transparent) png_set_filler(png, 0xFF, PNG_FILLER_AFTER);
}

void read_rows(Reader& reader, std::vector<png_bytep>& rows) {
  reader.run([&] {
    png_read_image(reader.get(), rows.data());
    png_read_end(reader.get(), nullptr);  // the end must be there: a file cut short is damaged
  });
}

}  // namespace

bool is_png(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 8 && png_sig_cmp(bytes.data(), 0, 8) == 0;
}

ImageHeader Decoder::read_header(std::span<const std::uint8_t> bytes) {
  Reader reader(bytes);
  return describe(read_format(reader));
}

DecodedImageInfo Decoder::decode(std::span<const std::uint8_t> bytes, const MutableImageView& image) {
  Reader reader(bytes);
  const Format stored = read_format(reader);
  check_target(describe(stored), image);
  std::vector<png_bytep> rows;
  for (int y = 0; y < image.height; ++y) rows.push_back(image.planes[0].data + image.planes[0].stride * y);
  reader.run([&] {
    set_transformations(reader.get(), stored, image.format);
    png_set_interlace_handling(reader.get());
    png_read_update_info(reader.get(), reader.info());
  });
  read_rows(reader, rows);
  return {};
}

Samples Decoder::read_samples(std::span<const std::uint8_t> bytes, std::uint64_t max_pixels) {
  Reader reader(bytes);
  const Format stored = read_format(reader);
  if (std::uint64_t{stored.width} * stored.height > max_pixels)
    throw Error(ErrorCode::limit_exceeded,
                text(stored.width, "x", stored.height, " is more than ", max_pixels, " pixels"));
  std::size_t row_bytes = 0;
  Samples samples{static_cast<int>(stored.width), static_cast<int>(stored.height), 0, stored.depth, {}};
  reader.run([&] {
    png_set_packing(reader.get());  // a byte for each sample of less
    png_set_interlace_handling(reader.get());
    png_read_update_info(reader.get(), reader.info());
    row_bytes = png_get_rowbytes(reader.get(), reader.info());
    samples.channels = png_get_channels(reader.get(), reader.info());
  });
  std::vector<std::uint8_t> stored_bytes(row_bytes * stored.height);
  std::vector<png_bytep> rows;
  for (std::size_t y = 0; y < stored.height; ++y) rows.push_back(stored_bytes.data() + y * row_bytes);
  read_rows(reader, rows);
  if (stored.depth < 16) {
    samples.values.assign(stored_bytes.begin(), stored_bytes.end());
    return samples;
  }
  samples.values.resize(stored_bytes.size() / 2);
  for (std::size_t i = 0; i < samples.values.size(); ++i)
    samples.values[i] = static_cast<std::uint16_t>(stored_bytes[2 * i] << 8 | stored_bytes[2 * i + 1]);
  return samples;
}

}  // namespace mpq::png
