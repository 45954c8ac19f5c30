// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What caps and buffers tell of a coded stream: its raw format, its frames, its bytes and its time.
#pragma once

#include <gst/gst.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "metrics/rate/rate.h"

namespace mpq::gst {

inline constexpr int gray_bits_per_pixel = 8, color_bits_per_pixel = 24;

inline bool is_gray(const GstStructure* s) {
  const char* format = gst_structure_get_string(s, "format");
  const char* sampling = gst_structure_get_string(s, "sampling");
  const char* chroma = gst_structure_get_string(s, "chroma-format");
  return (format != nullptr && g_str_has_prefix(format, "GRAY")) ||
         (sampling != nullptr && g_str_equal(sampling, "GRAYSCALE")) ||
         (chroma != nullptr && g_str_equal(chroma, "4:0:0"));
}

inline rate::RawFormat raw_format(const GstStructure* s) {
  rate::RawFormat raw;
  int width = 0;
  int height = 0;
  if (gst_structure_get_int(s, "width", &width) && gst_structure_get_int(s, "height", &height)) {
    raw.kind = rate::Kind::video;
    raw.pixels = static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
    raw.raw_bits_per_pixel = is_gray(s) ? gray_bits_per_pixel : color_bits_per_pixel;
  } else if (gst_structure_get_int(s, "rate", &raw.rate) &&
             gst_structure_get_int(s, "channels", &raw.channels)) {
    raw.kind = rate::Kind::audio;
  }
  return raw;
}

// Whether a buffer may be a part of a frame: NAL units of H.264 and H.265, OBUs and frames of AV1, ...
inline bool has_parts(const GstStructure* s) {
  const char* alignment = gst_structure_get_string(s, "alignment");
  for (const char* part : {"nal", "obu", "frame", "stripe"}) {
    if (g_strcmp0(alignment, part) == 0) return true;
  }
  return false;
}

inline std::optional<std::int64_t> frame_duration(const GstStructure* s) {
  int numerator = 0;
  int denominator = 0;
  if (!gst_structure_get_fraction(s, "framerate", &numerator, &denominator) || numerator <= 0)
    return std::nullopt;
  return gst_util_uint64_scale_int_round(GST_SECOND, denominator, numerator);
}

inline std::optional<std::int64_t> duration_of(const GstBuffer* buffer) {
  const GstClockTime duration = GST_BUFFER_DURATION(buffer);
  if (!GST_CLOCK_TIME_IS_VALID(duration) || duration == 0 || duration > G_MAXINT64) return std::nullopt;
  return static_cast<std::int64_t>(duration);
}

// Where the stream's bytes go in a file, so that those that a muxer writes twice count once.
struct FilePosition {
  std::uint64_t position = 0, end = 0;

  // How many of the next `size` bytes are new.
  std::uint64_t write(std::uint64_t size) {
    const std::uint64_t begin = position;
    position += size;
    if (position <= end) return 0;
    const std::uint64_t fresh = position - std::max(begin, end);
    end = position;
    return fresh;
  }
};

// From the first to the last instant that buffers spoke of; for streams whose buffers have no durations.
struct Span {
  std::optional<std::int64_t> begin, end;

  void add(const GstBuffer* buffer) {
    if (!GST_BUFFER_PTS_IS_VALID(buffer) || GST_BUFFER_PTS(buffer) > G_MAXINT64) return;
    const auto pts = static_cast<std::int64_t>(GST_BUFFER_PTS(buffer));
    begin = std::min(begin.value_or(pts), pts);
    end = std::max(end.value_or(pts), pts + duration_of(buffer).value_or(0));
  }
  std::optional<double> bit_rate(std::uint64_t bytes) const {
    if (!begin || *end <= *begin) return std::nullopt;
    return static_cast<double>(bytes) * 8 * GST_SECOND / static_cast<double>(*end - *begin);
  }
};

}  // namespace mpq::gst
