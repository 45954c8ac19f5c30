// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <algorithm>
#include <string_view>

#include "codecs/webp/chunks.h"
#include "codecs/webp/webp.h"
#include "core/error.h"

namespace mpq::webp {
namespace {

// "RIFF", size of what follows (little-endian 32 bits), "WEBP"; then chunks: tag, size, payload, padding to
// even.
constexpr std::size_t chunk_header = 8, riff_header = 12;
constexpr std::string_view riff_tag = "RIFF", webp_tag = "WEBP";

std::string_view tag_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  return {reinterpret_cast<const char*>(bytes.data()) + at, 4};
}

std::size_t size_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  return bytes[at] | std::size_t{bytes[at + 1]} << 8 | std::size_t{bytes[at + 2]} << 16 |
         std::size_t{bytes[at + 3]} << 24;
}

/// Whether `bytes` at `at` agrees with `tag` as far as it goes.
bool may_be(std::span<const std::uint8_t> bytes, std::size_t at, std::string_view tag) {
  for (std::size_t i = 0; i < tag.size() && at + i < bytes.size(); ++i)
    if (bytes[at + i] != static_cast<std::uint8_t>(tag[i])) return false;
  return true;
}

bool may_start(std::span<const std::uint8_t> bytes, std::size_t at) {
  return may_be(bytes, at, riff_tag) && may_be(bytes, at + chunk_header, webp_tag);
}

}  // namespace

std::size_t payload_bytes(std::span<const std::uint8_t> file) {
  std::size_t total = 0;
  std::size_t at = riff_header;
  while (at + chunk_header <= file.size()) {
    const auto tag = tag_at(file, at);
    const std::size_t size = size_at(file, at + 4), left = file.size() - at - chunk_header;
    if (tag == "VP8 " || tag == "VP8L" || tag == "ALPH") total += std::min(size, left);
    if (size >= left) break;
    at += chunk_header + size + size % 2;
  }
  return total;
}

std::optional<std::size_t> declared_length(std::span<const std::uint8_t> bytes) {
  if (!may_start(bytes, 0))
    throw Error(ErrorCode::corrupt_data, "the bytes do not start with a WebP picture (no RIFF WEBP header)");
  if (bytes.size() < riff_header) return {};
  const std::size_t size = size_at(bytes, 4);
  // libwebp's bounds: room for a chunk, and no overflow of 32 bits when the header and a padding byte are
  // added.
  if (size < webp_tag.size() + chunk_header || size > 0xFFFFFFFFU - chunk_header - 1)
    throw Error(ErrorCode::corrupt_data, "the RIFF header of the WebP picture declares an impossible size");
  return size + chunk_header;
}

std::optional<std::size_t> frame_length(std::span<const std::uint8_t> bytes) {
  const auto length = declared_length(bytes);
  return length && *length <= bytes.size() ? length : std::nullopt;
}

std::size_t find_start(std::span<const std::uint8_t> bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && !may_start(bytes, at)) ++at;
  return at;
}

std::optional<std::size_t> FrameScanner::length(std::span<const std::uint8_t> bytes) {
  const auto declared = declared_length(bytes);
  if (!declared) return {};
  // A header that starts in the last bytes goes on behind them.
  const std::size_t end = std::min(*declared + riff_header - 1, bytes.size());
  position_ += find_start(bytes.first(end).subspan(position_));
  if (position_ < *declared) return position_ + riff_header <= end ? std::optional(position_) : std::nullopt;
  return *declared <= bytes.size() ? declared : std::nullopt;
}

}  // namespace mpq::webp
