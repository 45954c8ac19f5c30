// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <jerror.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "codecs/jpeg/jpeg.h"
#include "codecs/jpeg/libjpeg_errors.h"
#include "codecs/jpeg/markers.h"
#include "codecs/jpeg/raw_rows.h"
#include "core/error.h"
#include "core/image_check.h"
#include "core/text.h"

namespace mpq::jpeg {

static_assert(max_dimension == JPEG_MAX_DIMENSION);

namespace {

/// Where libjpeg writes: a buffer for each picture, a bit larger than the last one's and doubled when full.
/// From realloc(), since libjpeg's callbacks may not throw.
struct Destination : jpeg_destination_mgr {
  std::uint8_t* buffer = nullptr;
  std::size_t capacity = 0, expected = 65536;

  Destination() : jpeg_destination_mgr{} {
    init_destination = [](j_compress_ptr info) { of(info).rewind(info); };
    empty_output_buffer = [](j_compress_ptr info) { return of(info).grow(info); };
    term_destination = [](j_compress_ptr) {};
  }
  ~Destination() { std::free(buffer); }
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;

  static Destination& of(j_compress_ptr info) { return *static_cast<Destination*>(info->dest); }
  std::span<const std::uint8_t> written() const { return {buffer, capacity - free_in_buffer}; }

  /// Gives away what written() shows.
  std::shared_ptr<const void> hand_over() {
    expected = written().size() + written().size() / 8 + 4096;
    capacity = 0;
    return {static_cast<const void*>(std::exchange(buffer, nullptr)),
            [](const void* bytes) { std::free(const_cast<void*>(bytes)); }};
  }

 private:
  void rewind(j_compress_ptr info) {
    if (capacity == 0) grow(info);  // libjpeg writes before it asks for room
    next_output_byte = buffer;
    free_in_buffer = capacity;
  }

  boolean grow(j_compress_ptr info) {
    const std::size_t used = capacity;  // libjpeg calls only when the whole buffer is full
    const std::size_t wanted = std::max(2 * capacity, expected);
    void* bigger = std::realloc(buffer, wanted);
    if (bigger == nullptr) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
    buffer = static_cast<std::uint8_t*>(bigger);
    capacity = wanted;
    next_output_byte = buffer + used;
    free_in_buffer = wanted - used;
    return TRUE;
  }
};

std::optional<Subsampling> native_subsampling(PixelFormat format) {
  switch (format) {
    case PixelFormat::i420:
      return Subsampling::s420;
    case PixelFormat::y42b:
      return Subsampling::s422;
    case PixelFormat::y444:
      return Subsampling::s444;
    default:
      return {};
  }
}

void check(const ImageView& image, const EncoderOptions& options) {
  check_view(image);
  if (image.width > max_dimension || image.height > max_dimension)
    throw Error(ErrorCode::unsupported,
                text("JPEG pictures are at most ", max_dimension, " pixels wide and high, this one is ",
                     image.width, "x", image.height),
                "scale or crop the picture");
  if (options.quality < 1 || options.quality > 100)
    throw Error(ErrorCode::invalid_argument, text("JPEG quality ", options.quality, " is not in 1 to 100"));
  const auto native = native_subsampling(image.format);
  if (native && options.subsampling != *native && options.subsampling != Subsampling::gray)
    throw Error(ErrorCode::invalid_argument,
                text(format_name(image.format), " pictures keep their own chroma subsampling in JPEG"),
                "set the subsampling that the pictures have, or convert them to RGB first");
}

void configure(jpeg_compress_struct& info, PixelFormat format, const EncoderOptions& options) {
  info.input_components = is_yuv(format) ? 3 : bytes_per_pixel(format);
  info.in_color_space = is_yuv(format)                  ? JCS_YCbCr
                        : format == PixelFormat::gray8  ? JCS_GRAYSCALE
                        : format == PixelFormat::rgba32 ? JCS_EXT_RGBX
                                                        : JCS_RGB;
  jpeg_set_defaults(&info);
  if (options.subsampling == Subsampling::gray) jpeg_set_colorspace(&info, JCS_GRAYSCALE);
  jpeg_set_quality(&info, options.quality, TRUE);
  if (info.num_components == 3) {
    info.comp_info[0].h_samp_factor = options.subsampling == Subsampling::s444 ? 1 : 2;
    info.comp_info[0].v_samp_factor = options.subsampling == Subsampling::s420 ? 2 : 1;
  }
  info.raw_data_in = is_yuv(format) ? TRUE : FALSE;
  info.optimize_coding = options.optimize_coding ? TRUE : FALSE;
  if (options.progressive) jpeg_simple_progression(&info);
}

void write_interleaved(jpeg_compress_struct& info, const ImageView& image) {
  JSAMPROW rows[16];  // one row of 4:2:0 macroblocks
  while (info.next_scanline < info.image_height) {
    const unsigned count = std::min<unsigned>(std::size(rows), info.image_height - info.next_scanline);
    for (unsigned r = 0; r < count; ++r)
      rows[r] = const_cast<JSAMPROW>(  // libjpeg only reads
          image.planes[0].data +
          image.planes[0].stride * static_cast<std::ptrdiff_t>(info.next_scanline + r));
    jpeg_write_scanlines(&info, rows, count);
  }
}

void write_planar(jpeg_compress_struct& info, const ImageView& image, std::uint8_t* scratch) {
  RawRows rows;
  while (info.next_scanline < info.image_height) {
    const int first = static_cast<int>(info.next_scanline);
    point_at_source(rows, image, info.comp_info, info.max_v_samp_factor, first, scratch);
    jpeg_write_raw_data(&info, rows.planes, static_cast<JDIMENSION>(info.max_v_samp_factor * DCTSIZE));
  }
}

}  // namespace

struct Encoder::State {
  jpeg_compress_struct info{};
  ErrorHandler errors{};
  Destination destination;
  std::shared_ptr<const void> coded;  // the last picture's bytes
  std::vector<std::uint8_t> scratch;  // one row of macroblocks, for planes not a multiple of 8 wide
  std::optional<std::pair<PixelFormat, EncoderOptions>> configured;

  ~State() { jpeg_destroy_compress(&info); }

  /// Sets up libjpeg anew where format or options changed; not by changing the old state, in which Huffman
  /// tables made for a picture would stay.
  bool prepare(PixelFormat format, const EncoderOptions& options) {
    if (configured == std::pair(format, options)) return true;
    configured.reset();
    jpeg_destroy_compress(&info);
    info.err = install(errors);
    const bool done = run_guarded(errors, [&] {
      jpeg_create_compress(&info);
      info.dest = &destination;
      configure(info, format, options);
    });
    if (done) configured = {format, options};
    return done;
  }

  bool write(const ImageView& image) {
    if (is_yuv(image.format)) scratch.resize(raw_scratch_size(image.format, image.width));
    return run_guarded(errors, [&] {
      info.image_width = static_cast<JDIMENSION>(image.width);
      info.image_height = static_cast<JDIMENSION>(image.height);
      jpeg_start_compress(&info, TRUE);
      is_yuv(image.format) ? write_planar(info, image, scratch.data()) : write_interleaved(info, image);
      jpeg_finish_compress(&info);
    });
  }
};

Encoder::Encoder() : state_(std::make_unique<State>()) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

EncodedImage Encoder::encode(const ImageView& image, const EncoderOptions& options) {
  check(image, options);
  ImageView source = image;
  if (is_yuv(image.format) && options.subsampling == Subsampling::gray) source.format = PixelFormat::gray8;
  begin(state_->errors);
  if (!state_->prepare(source.format, options) || !state_->write(source)) {
    state_->configured.reset();
    throw_error(state_->errors);
  }
  const auto bytes = state_->destination.written();
  const std::size_t entropy_coded_bytes = scan_bytes(bytes, options.progressive);
  state_->coded = state_->destination.hand_over();
  return {bytes, entropy_coded_bytes, state_->coded};
}

}  // namespace mpq::jpeg
