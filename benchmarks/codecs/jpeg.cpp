// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// JPEG: the elements against libjpeg alone and against jpegenc and jpegdec, at the same settings.
#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>

#include <algorithm>

#include "benchmarks/media.h"
#include "core/text.h"

namespace mpq::bench {
namespace {

constexpr int block_rows = 16;  // of 4:2:0 macroblocks

// Row pointers of an I420 picture for libjpeg's raw interface; rows below the picture repeat the last one, or
// go to a scratch row where libjpeg writes.
struct RawRows {
  JSAMPROW rows[3][block_rows];
  JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};

  void point(const ImageView& picture, int first, std::uint8_t* below) {
    for (int p = 0; p < 3; ++p) {
      const int height = plane_height(picture.format, p, picture.height), start = p == 0 ? first : first / 2;
      const auto& plane = picture.planes[static_cast<std::size_t>(p)];
      for (int r = 0; r < (p == 0 ? block_rows : block_rows / 2); ++r) {
        const int y = start + r;
        auto* row = const_cast<JSAMPROW>(plane.data + plane.stride * std::min(y, height - 1));
        rows[p][r] = y < height || below == nullptr ? row : below;
      }
    }
  }
};

class EncodeLoop {
 public:
  EncodeLoop(StreamPtr stream, const std::string& format, const SizeInfo& size, int quality)
      : stream_(std::move(stream)), format_(format), size_(size), output_(std::size_t{8} << 20) {
    info_.err = jpeg_std_error(&errors_);
    jpeg_create_compress(&info_);
    info_.image_width = static_cast<JDIMENSION>(size.width);
    info_.image_height = static_cast<JDIMENSION>(size.height);
    info_.input_components = 3;
    info_.in_color_space = format == "RGB" ? JCS_RGB : JCS_YCbCr;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    info_.raw_data_in = format == "RGB" ? FALSE : TRUE;
  }
  ~EncodeLoop() { jpeg_destroy_compress(&info_); }
  EncodeLoop(const EncodeLoop&) = delete;
  EncodeLoop& operator=(const EncodeLoop&) = delete;

  void operator()(std::size_t i, Bytes* output) {
    const gst::ReadMap map(stream_->buffers[i % stream_->buffers.size()].get());
    const ImageView picture = view_of(format_, size_, map.data());
    unsigned char* bytes = output_.data();
    unsigned long count = output_.size();
    jpeg_mem_dest(&info_, &bytes, &count);
    jpeg_start_compress(&info_, TRUE);
    info_.raw_data_in ? write_planes(picture) : write_rows(picture);
    jpeg_finish_compress(&info_);
    if (output != nullptr) output->insert(output->end(), bytes, bytes + count);
  }

 private:
  void write_rows(const ImageView& picture) {
    JSAMPROW rows[block_rows];
    while (info_.next_scanline < info_.image_height) {
      const unsigned count = std::min<unsigned>(block_rows, info_.image_height - info_.next_scanline);
      for (unsigned r = 0; r < count; ++r) {
        rows[r] = const_cast<JSAMPROW>(picture.planes[0].data) +
                  picture.planes[0].stride * (info_.next_scanline + r);
      }
      jpeg_write_scanlines(&info_, rows, count);
    }
  }
  void write_planes(const ImageView& picture) {
    RawRows rows;
    while (info_.next_scanline < info_.image_height) {
      rows.point(picture, static_cast<int>(info_.next_scanline), nullptr);
      jpeg_write_raw_data(&info_, rows.planes, block_rows);
    }
  }

  StreamPtr stream_;
  std::string format_;
  SizeInfo size_;
  Bytes output_;
  jpeg_compress_struct info_{};
  jpeg_error_mgr errors_{};
};

class DecodeLoop {
 public:
  DecodeLoop(StreamPtr stream, const std::string& format, const SizeInfo& size)
      : stream_(std::move(stream)),
        format_(format),
        size_(size),
        below_(static_cast<std::size_t>(size.width)) {
    const auto pixels = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
    output_.resize(format == "RGB" ? 3 * pixels : pixels + pixels / 2);
    info_.err = jpeg_std_error(&errors_);
    jpeg_create_decompress(&info_);
  }
  ~DecodeLoop() { jpeg_destroy_decompress(&info_); }
  DecodeLoop(const DecodeLoop&) = delete;
  DecodeLoop& operator=(const DecodeLoop&) = delete;

  void operator()(std::size_t i, Bytes* output) {
    const gst::ReadMap map(stream_->buffers[i % stream_->buffers.size()].get());
    jpeg_mem_src(&info_, map.data(), map.size());
    jpeg_read_header(&info_, TRUE);
    info_.raw_data_out = format_ == "RGB" ? FALSE : TRUE;
    jpeg_start_decompress(&info_);
    const ImageView picture = view_of(format_, size_, output_.data());
    info_.raw_data_out ? read_planes(picture) : read_rows(picture);
    jpeg_finish_decompress(&info_);
    if (output != nullptr) output->insert(output->end(), output_.begin(), output_.end());
  }

 private:
  void read_rows(const ImageView& picture) {
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row =
          const_cast<JSAMPROW>(picture.planes[0].data) + picture.planes[0].stride * info_.output_scanline;
      JSAMPROW rows[] = {row, row + picture.planes[0].stride};  // 4:2:0 comes two rows at a time
      jpeg_read_scanlines(&info_, rows, std::min(2U, info_.output_height - info_.output_scanline));
    }
  }
  void read_planes(const ImageView& picture) {
    RawRows rows;
    while (info_.output_scanline < info_.output_height) {
      rows.point(picture, static_cast<int>(info_.output_scanline), below_.data());
      jpeg_read_raw_data(&info_, rows.planes, block_rows);
    }
  }

  StreamPtr stream_;
  std::string format_;
  SizeInfo size_;
  Bytes output_, below_;
  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
};

// jpegenc and jpegdec have other settings by default (faster and less exact), and no RGB of their own:
// jpegenc codes R, G and B as they are, which no other program reads, and jpegdec gives YUV.
void encode(Bench& bench, const SizeInfo& size, const std::string& format, int quality) {
  const std::string name = text("jpeg/encode/", format, "/", size.name, "/q", quality);
  if (!bench.wants(name)) return;
  const StreamPtr pictures = photographs(size.size, format);
  Comparison c{.name = name,
               .unit = "picture",
               .legs = {},
               .bars = {{"library", 0.98}},
               .check = pictures->buffers.size()};
  c.legs = {element_leg("mpqjpegenc", text("mpqjpegenc quality=", quality), pictures),
            loop_leg("library", [=] { return EncodeLoop(pictures, format, size, quality); })};
  if (have_elements({"jpegenc"})) {
    const char* before =
        format == "RGB" ? "videoconvert ! video/x-raw,format=I420,colorimetry=1:4:0:0 ! " : "";
    const std::string stock = format == "RGB" ? "videoconvert ! jpegenc" : "jpegenc";
    c.legs.push_back(
        element_leg(stock, text(before, "jpegenc idct-method=islow quality=", quality), pictures));
    c.bars.push_back({stock, 1});
  }
  bench.compare(c);
}

void decode(Bench& bench, const SizeInfo& size, const std::string& format, int quality) {
  const std::string name = text("jpeg/decode/", format, "/", size.name, "/q", quality);
  if (!bench.wants(name)) return;
  const StreamPtr coded = through(text("mpqjpegenc quality=", quality), photographs(size.size, "RGB"));
  const std::string caps = text(" ! video/x-raw,format=", format);
  Comparison c{.name = name,
               .unit = "picture",
               .legs = {},
               .bars = {{"library", 0.98}},
               .check = coded->buffers.size()};
  c.legs = {element_leg("mpqjpegdec", "mpqjpegdec" + caps, coded),
            loop_leg("library", [=] { return DecodeLoop(coded, format, size); })};
  if (have_elements({"jpegdec"})) {
    const std::string stock = format == "RGB" ? "jpegdec ! videoconvert" : "jpegdec";
    c.legs.push_back(element_leg(stock, text("jpegdec idct-method=islow", stock.substr(7), caps), coded));
    c.bars.push_back({stock, 1});
  }
  bench.compare(c);
}

void run(Bench& bench) {
  for (const SizeInfo& size : sizes) {
    for (const char* format : {"RGB", "I420"}) {
      for (const int quality : {5, 85}) {
        encode(bench, size, format, quality);
        decode(bench, size, format, quality);
      }
    }
  }
}

}  // namespace
}  // namespace mpq::bench

MPQ_BENCHMARK("jpeg", mpq::bench::run)
