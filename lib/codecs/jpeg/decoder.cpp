// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <algorithm>
#include <optional>

#include "codecs/jpeg/jpeg.h"
#include "codecs/jpeg/libjpeg_errors.h"
#include "codecs/jpeg/raw_rows.h"
#include "core/error.h"
#include "core/image_check.h"
#include "core/text.h"

namespace mpq::jpeg {
namespace {

/// The stream's own layout, where libjpeg's raw output gives exactly one of ours.
std::optional<PixelFormat> native_format(const jpeg_decompress_struct& info) {
  if (info.jpeg_color_space != JCS_YCbCr || info.num_components != 3) return {};
  const auto& y = info.comp_info[0];
  const auto& u = info.comp_info[1];
  const auto& v = info.comp_info[2];
  if (u.h_samp_factor != v.h_samp_factor || u.v_samp_factor != v.v_samp_factor) return {};
  const bool same_width = y.h_samp_factor == u.h_samp_factor,
             same_height = y.v_samp_factor == u.v_samp_factor;
  const bool half_width = y.h_samp_factor == 2 * u.h_samp_factor;
  const bool half_height = y.v_samp_factor == 2 * u.v_samp_factor;
  if (same_width && same_height) return PixelFormat::y444;
  if (half_width && same_height) return PixelFormat::y42b;
  if (half_width && half_height) return PixelFormat::i420;
  return {};
}

ImageHeader describe(const jpeg_decompress_struct& info) {
  ImageHeader header{static_cast<int>(info.image_width), static_cast<int>(info.image_height), {}, false};
  switch (info.jpeg_color_space) {
    case JCS_GRAYSCALE:
      header.formats = {PixelFormat::gray8, PixelFormat::rgb24, PixelFormat::rgba32};
      return header;
    case JCS_YCbCr:
    case JCS_RGB:
      header.formats = {PixelFormat::rgb24, PixelFormat::rgba32, PixelFormat::gray8};
      if (const auto native = native_format(info)) header.formats.insert(header.formats.begin() + 1, *native);
      return header;
    case JCS_CMYK:
    case JCS_YCCK:
      throw Error(ErrorCode::unsupported, "the JPEG picture has CMYK colours",
                  "convert it to RGB, with the colour profile that it was made for");
    default:
      throw Error(ErrorCode::unsupported,
                  text("the JPEG picture has ", info.num_components, " components of unknown meaning"),
                  "convert it to gray or YCbCr JPEG");
  }
}

void check_target(const ImageHeader& header, const MutableImageView& image) {
  check_view(image);
  if (image.width != header.width || image.height != header.height)
    throw Error(ErrorCode::invalid_argument, text("the JPEG picture is ", header.width, "x", header.height,
                                                  " pixels, its target ", image.width, "x", image.height));
  if (std::find(header.formats.begin(), header.formats.end(), image.format) == header.formats.end())
    throw Error(ErrorCode::invalid_argument,
                text("this JPEG picture cannot be decoded to ", format_name(image.format)),
                "choose one of the formats of its header");
}

void limit_scans(j_common_ptr common) {
  if (reinterpret_cast<j_decompress_ptr>(common)->input_scan_number > max_scans)
    fail_limit(common, "the picture has more scans than this decoder reads");
}

void read_interleaved(jpeg_decompress_struct& info, const MutableImageView& image) {
  JSAMPROW rows[16];
  while (info.output_scanline < info.output_height) {
    const unsigned count = std::min<unsigned>(std::size(rows), info.output_height - info.output_scanline);
    for (unsigned r = 0; r < count; ++r)
      rows[r] = image.planes[0].data +
                image.planes[0].stride * static_cast<std::ptrdiff_t>(info.output_scanline + r);
    jpeg_read_scanlines(&info, rows, count);
  }
}

void read_planar(jpeg_decompress_struct& info, const MutableImageView& image, std::uint8_t* scratch) {
  RawRows rows;
  while (info.output_scanline < info.output_height) {
    const int first = static_cast<int>(info.output_scanline);
    point_at_destination(rows, image, info.comp_info, info.max_v_samp_factor, first, scratch);
    jpeg_read_raw_data(&info, rows.planes, static_cast<JDIMENSION>(info.max_v_samp_factor * DCTSIZE));
    store_rows(rows, image, info.comp_info, info.max_v_samp_factor, first);
  }
}

}  // namespace

struct Decoder::State {
  jpeg_decompress_struct info{};
  ErrorHandler errors{};
  jpeg_progress_mgr progress{};
  std::vector<std::uint8_t> scratch;
  std::span<const std::uint8_t> opened;  ///< the picture that libjpeg is at the first scan of, or nothing
  std::vector<std::uint8_t> opened_header;

  ~State() { jpeg_destroy_decompress(&info); }

  /// Starts from nothing for each picture: one that lacks tables must not get its predecessor's.
  ImageHeader open(std::span<const std::uint8_t> bytes) {
    opened = {};
    jpeg_destroy_decompress(&info);
    info.err = install(errors);
    const bool done = run_guarded(errors, [&] {
      jpeg_create_decompress(&info);
      progress.progress_monitor = limit_scans;
      info.progress = &progress;
      jpeg_mem_src(&info, bytes.data(), static_cast<unsigned long>(bytes.size()));
      jpeg_read_header(&info, TRUE);
    });
    if (!done) throw_error(errors);
    ImageHeader header = describe(info);
    remember(bytes);
    return header;
  }

  void remember(std::span<const std::uint8_t> bytes) {
    // At the end of its data libjpeg reads on in bytes of its own.
    if (info.src->next_input_byte + info.src->bytes_in_buffer != bytes.data() + bytes.size()) return;
    opened = bytes;
    opened_header.assign(bytes.data(), info.src->next_input_byte);
  }

  /// A header that was read just now, to make room for the picture, is not read a second time. Its bytes are
  /// compared: the memory may hold another picture by now.
  ImageHeader open_unless_open(std::span<const std::uint8_t> bytes) {
    const bool same = !opened.empty() && bytes.data() == opened.data() && bytes.size() == opened.size() &&
                      std::equal(opened_header.begin(), opened_header.end(), bytes.begin());
    if (!same) return open(bytes);
    return describe(info);
  }

  bool read(const MutableImageView& image) {
    if (is_yuv(image.format)) scratch.resize(raw_scratch_size(image.format, image.width));
    return run_guarded(errors, [&] {
      info.raw_data_out = is_yuv(image.format) ? TRUE : FALSE;
      if (!is_yuv(image.format))
        info.out_color_space = image.format == PixelFormat::gray8    ? JCS_GRAYSCALE
                               : image.format == PixelFormat::rgba32 ? JCS_EXT_RGBA
                                                                     : JCS_RGB;
      jpeg_start_decompress(&info);
      is_yuv(image.format) ? read_planar(info, image, scratch.data()) : read_interleaved(info, image);
    });
  }
};

Decoder::Decoder() : state_(std::make_unique<State>()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

ImageHeader Decoder::read_header(std::span<const std::uint8_t> bytes) {
  return state_->open(bytes);
}

DecodedImageInfo Decoder::decode(std::span<const std::uint8_t> bytes, const MutableImageView& image) {
  check_target(state_->open_unless_open(bytes), image);
  state_->opened = {};
  if (!state_->read(image)) throw_error(state_->errors);
  DecodedImageInfo result;
  // What is wrong after the last row spoils no pixel.
  const bool sound_end = run_guarded(state_->errors, [&] { jpeg_finish_decompress(&state_->info); });
  result.warnings = collect_warnings(state_->errors);
  if (!sound_end) result.warnings.emplace_back(state_->errors.error);
  return result;
}

}  // namespace mpq::jpeg
