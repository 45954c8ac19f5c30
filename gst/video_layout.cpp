// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/video_layout.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace mpq::gst {
namespace {

constexpr int probe_width = 8, probe_height = 2;
using Bytes = std::vector<std::uint8_t>;

/// A picture of one colour whose component `raised` (none: -1) has another value than the rest.
Bytes packed(const GstVideoInfo& info, int raised) {
  const bool wide = GST_VIDEO_FORMAT_INFO_BITS(gst_video_format_get_info(info.finfo->unpack_format)) > 8;
  Bytes row;
  for (int part = 0; part < 4 * probe_width; ++part)  // alpha, then Y U V or R G B
    row.insert(row.end(), wide ? 2 : 1, part % 4 == raised + 1 && raised >= 0 ? 0xC0 : 0x40);
  Bytes bytes(GST_VIDEO_INFO_SIZE(&info));
  std::array<gpointer, GST_VIDEO_MAX_PLANES> planes{};
  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES(&info); ++p)
    planes.at(p) = bytes.data() + GST_VIDEO_INFO_PLANE_OFFSET(&info, p);
  for (int y = 0; y < probe_height; ++y)
    info.finfo->pack_func(info.finfo, GST_VIDEO_PACK_FLAG_NONE, row.data(), 0, planes.data(), info.stride,
                          GST_VIDEO_CHROMA_SITE_UNKNOWN, y, probe_width);
  return bytes;
}

/// Whether the described samples of the picture's first pixel differ in this component alone.
bool differs_in(const GstVideoInfo& info, const Bytes& a, const Bytes& b, int component) {
  const std::size_t size = GST_VIDEO_INFO_COMP_DEPTH(&info, 0) > 8 ? 2 : 1;
  const int components = std::min(3, static_cast<int>(GST_VIDEO_INFO_N_COMPONENTS(&info)));
  for (int c = 0; c < components; ++c) {
    const auto at = static_cast<std::ptrdiff_t>(GST_VIDEO_INFO_COMP_OFFSET(&info, c));
    const auto end = at + static_cast<std::ptrdiff_t>(size);
    if (end > static_cast<std::ptrdiff_t>(a.size())) return false;
    const bool same = std::equal(a.begin() + at, a.begin() + end, b.begin() + at);
    if (same == (c == component)) return false;
  }
  return true;
}

}  // namespace

bool lies_as_described(GstVideoFormat format) {
  GstVideoInfo info;
  if (!gst_video_info_set_format(&info, format, probe_width, probe_height) ||
      info.finfo->pack_func == nullptr)
    return false;
  const Bytes plain = packed(info, -1);
  const int components = std::min(3, static_cast<int>(GST_VIDEO_INFO_N_COMPONENTS(&info)));
  for (int c = 0; c < components; ++c)
    if (!differs_in(info, plain, packed(info, c), c)) return false;
  return true;
}

}  // namespace mpq::gst
