// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <cstring>

#include "codecs/jpeg/jpeg.h"
#include "codecs/jpeg/markers.h"
#include "core/error.h"

namespace mpq::jpeg {
namespace {

constexpr std::size_t marker_size = 2;

bool is_restart(std::uint8_t code) {
  return code >= marker::rst0 && code <= marker::rst7;
}

std::size_t find_ff(std::span<const std::uint8_t> bytes, std::size_t from) {
  if (from >= bytes.size()) return from;
  const void* hit = std::memchr(bytes.data() + from, 0xFF, bytes.size() - from);
  if (hit == nullptr) return bytes.size();
  return static_cast<std::size_t>(static_cast<const std::uint8_t*>(hit) - bytes.data());
}

std::size_t big_endian_16(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::size_t>(bytes[at] << 8 | bytes[at + 1]);
}

}  // namespace

MarkerSearch find_marker(std::span<const std::uint8_t> bytes, std::size_t from) {
  std::size_t at = find_ff(bytes, from);
  while (at + 1 < bytes.size()) {
    const std::uint8_t code = bytes[at + 1];
    if (code != 0x00 && code != 0xFF && !is_restart(code)) return {at, true};
    at = find_ff(bytes, code == 0xFF ? at + 1 : at + marker_size);
  }
  return {at, false};
}

std::size_t scan_bytes(std::span<const std::uint8_t> picture, bool several_scans) {
  std::size_t total = 0;
  std::size_t at = marker_size;  // after SOI
  while (at + 4 <= picture.size() && picture[at + 1] != marker::eoi) {
    const bool scan = picture[at + 1] == marker::sos;
    at += marker_size + big_endian_16(picture, at + marker_size);
    if (!scan) continue;
    if (!several_scans) return picture.size() - at - marker_size;  // EOI
    const std::size_t end = find_marker(picture, at).position;
    total += end - at;
    at = end;
  }
  return total;
}

std::optional<std::size_t> FrameScanner::length(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < marker_size) return {};
  if (bytes[0] != 0xFF || bytes[1] != marker::soi)
    throw Error(ErrorCode::corrupt_data, "the bytes do not start with a JPEG picture (no SOI marker)");
  if (position_ < marker_size) position_ = marker_size;
  while (true) {
    const MarkerSearch search = find_marker(bytes, position_);
    position_ = search.position;
    if (!search.found) return {};
    const std::uint8_t code = bytes[position_ + 1];
    if (code == marker::eoi) return position_ + marker_size;
    if (position_ + 2 * marker_size > bytes.size()) return {};
    if (code == marker::soi && bytes[position_ + marker_size] == 0xFF) return position_;
    position_ += marker_size;
    if (code != marker::soi && code != marker::tem) position_ += big_endian_16(bytes, position_);
  }
}

std::optional<std::size_t> frame_length(std::span<const std::uint8_t> bytes) {
  return FrameScanner().length(bytes);
}

std::size_t find_start(std::span<const std::uint8_t> bytes) {
  std::size_t at = find_ff(bytes, 0);
  while (at < bytes.size()) {
    const std::size_t left = bytes.size() - at;
    if (left == 1 || (bytes[at + 1] == marker::soi && (left == 2 || bytes[at + 2] == 0xFF))) return at;
    at = find_ff(bytes, at + 1);
  }
  return at;
}

}  // namespace mpq::jpeg
