// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/frame_converter.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace mpq::gst {
namespace {

constexpr int fraction_bits = 13;  // so that factors fit 16 bits, which vectorizes well

double fixed(double value) {
  return value * (1 << fraction_bits);
}

std::int16_t factor(double value) {
  return static_cast<std::int16_t>(std::lround(fixed(value)));
}

int offset(double value) {
  return static_cast<int>(std::lround(fixed(value + 0.5)));
}

std::uint8_t to_sample(int value) {
  return static_cast<std::uint8_t>(std::clamp(value >> fraction_bits, 0, 255));
}

bool is_full(const GstVideoInfo& info) {
  return info.colorimetry.range != GST_VIDEO_COLOR_RANGE_16_235;
}

// Values of black, and steps from there to white; steps of chroma.
double black(const GstVideoInfo& info) {
  return is_full(info) ? 0 : 16;
}
double luma_span(const GstVideoInfo& info) {
  return is_full(info) ? 255 : 219;
}
double chroma_span(const GstVideoInfo& info) {
  return is_full(info) ? 255 : 224;
}

// The share of red and blue in luma.
struct Weights {
  double red = 0, blue = 0;
  double green() const { return 1 - red - blue; }
};

Weights weights_of(const GstVideoInfo& info) {
  Weights weights;
  if (!gst_video_color_matrix_get_Kr_Kb(info.colorimetry.matrix, &weights.red, &weights.blue)) {
    throw Error(ErrorCode::unsupported, "This video's colour matrix is not known",
                "Insert videoconvert before this element");
  }
  return weights;
}

}  // namespace

FrameConverter::FrameConverter(const GstVideoInfo& from, const GstVideoInfo& to) : from_(from), to_(to) {
  const GstVideoColorMatrix matrix = from.colorimetry.matrix;
  const bool same_matrix = !GST_VIDEO_INFO_IS_YUV(&from) || matrix == to.colorimetry.matrix ||
                           matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN;
  if (same_matrix && is_full(from) == is_full(to)) return;
  if (same_matrix) from_.colorimetry.matrix = to.colorimetry.matrix;
  set_luma();
  if (GST_VIDEO_INFO_IS_YUV(&from)) set_matrix();
  chroma_.resize(static_cast<std::size_t>(GST_VIDEO_INFO_WIDTH(&from)) + 1);
  scratch_.reset(gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&to), nullptr));
}

void FrameConverter::set_luma() {
  const double scale = luma_span(to_) / luma_span(from_);
  to_luma_ = {.luma = factor(scale), .offset = offset(black(to_) - black(from_) * scale)};
}

// From the definitions R - Y = 2 (1 - Kr) Cr, B - Y = 2 (1 - Kb) Cb, Y = Kr R + Kg G + Kb B (ITU-R BT.601,
// BT.709) on both sides. Gray stays gray, so that chroma does not depend on luma.
void FrameConverter::set_matrix() {
  const Weights a = weights_of(from_), b = weights_of(to_);
  const double red = 2 * (1 - a.red), blue = 2 * (1 - a.blue);  // R - Y of Cr, and B - Y of Cb
  const double luma_cr = red * (b.red - a.red * b.green() / a.green());
  const double luma_cb = blue * (b.blue - a.blue * b.green() / a.green());
  const double scale = chroma_span(to_) / chroma_span(from_),
               luma_scale = luma_span(to_) / chroma_span(from_);
  to_luma_.cb = factor(luma_cb * luma_scale);
  to_luma_.cr = factor(luma_cr * luma_scale);
  to_cb_ = {.cb = factor((blue - luma_cb) / (2 * (1 - b.blue)) * scale),
            .cr = factor(-luma_cr / (2 * (1 - b.blue)) * scale),
            .offset = offset(128)};
  to_cr_ = {.cb = factor(-luma_cb / (2 * (1 - b.red)) * scale),
            .cr = factor((red - luma_cr) / (2 * (1 - b.red)) * scale),
            .offset = offset(128)};
}

void FrameConverter::convert_packed(const ImageView& source, const MutableImageView& target) const {
  const int bytes = bytes_per_pixel(source.format);
  for (int y = 0; y < source.height; ++y) {
    const std::uint8_t* in = source.planes[0].data + y * source.planes[0].stride;
    std::uint8_t* out = target.planes[0].data + y * target.planes[0].stride;
    for (int x = 0; x < source.width * bytes; ++x)
      out[x] = bytes == 4 && x % 4 == 3 ? in[x] : to_sample(to_luma_.luma * in[x] + to_luma_.offset);
  }
}

void FrameConverter::convert_chroma(const ImageView& source, const MutableImageView& target) const {
  const int width = plane_width(source.format, 1, source.width);
  const Mix b = to_cb_, r = to_cr_;  // copies, which no sample can alias
  for (int y = 0; y < plane_height(source.format, 1, source.height); ++y) {
    const std::uint8_t* in_cb = source.planes[1].data + y * source.planes[1].stride;
    const std::uint8_t* in_cr = source.planes[2].data + y * source.planes[2].stride;
    std::uint8_t* cb = target.planes[1].data + y * target.planes[1].stride;
    std::uint8_t* cr = target.planes[2].data + y * target.planes[2].stride;
    for (int x = 0; x < width; ++x) {
      const auto u = static_cast<std::int16_t>(in_cb[x] - 128), v = static_cast<std::int16_t>(in_cr[x] - 128);
      cb[x] = to_sample(b.cb * u + b.cr * v + b.offset);
      cr[x] = to_sample(r.cb * u + r.cr * v + r.offset);
    }
  }
}

// Each chroma sample goes to the one or two luma samples of its row that it belongs to.
void FrameConverter::mix_chroma_into_luma(const ImageView& source, int chroma_row) {
  const int width = plane_width(source.format, 1, source.width);
  const int copies = source.format == PixelFormat::y444 ? 1 : 2;
  const std::uint8_t* cb = source.planes[1].data + chroma_row * source.planes[1].stride;
  const std::uint8_t* cr = source.planes[2].data + chroma_row * source.planes[2].stride;
  int* out = chroma_.data();
  for (int x = 0; x < width; ++x, out += copies) {
    const auto u = static_cast<std::int16_t>(cb[x] - 128), v = static_cast<std::int16_t>(cr[x] - 128);
    out[0] = out[copies - 1] = to_luma_.cb * u + to_luma_.cr * v;
  }
}

void FrameConverter::convert_luma(const ImageView& source, const MutableImageView& target) {
  const bool mixed = to_luma_.cb != 0 || to_luma_.cr != 0;
  const int rows = source.format == PixelFormat::i420 ? 2 : 1;  // of luma for each of chroma
  const Mix luma = to_luma_;
  const int* chroma = chroma_.data();
  for (int y = 0; y < source.height; ++y) {
    if (mixed && y % rows == 0) mix_chroma_into_luma(source, y / rows);
    const std::uint8_t* in = source.planes[0].data + y * source.planes[0].stride;
    std::uint8_t* out = target.planes[0].data + y * target.planes[0].stride;
    for (int x = 0; x < source.width; ++x) out[x] = to_sample(luma.luma * in[x] + chroma[x] + luma.offset);
  }
}

GstBuffer* FrameConverter::convert(GstBuffer* input) {
  if (scratch_ == nullptr) return input;
  const MappedFrame source(from_, input, GST_MAP_READ);
  const MappedFrame target(to_, scratch_.get(), GST_MAP_WRITE);
  if (is_yuv(source.view().format)) {
    convert_luma(source.view(), target.mutable_view());
    convert_chroma(source.view(), target.mutable_view());
  } else {
    convert_packed(source.view(), target.mutable_view());
  }
  return scratch_.get();
}

}  // namespace mpq::gst
