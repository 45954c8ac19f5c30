// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Reads numbers and runs of bytes off a span, and never beyond its end.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/text.h"

namespace mpq::checkpoint {

using Bytes = std::span<const std::uint8_t>;

[[noreturn]] inline void corrupt(const std::string& cause) {
  throw Error(ErrorCode::corrupt_data, cause);
}

/// The numbers are little-endian. Every function throws Error(corrupt_data) where the bytes end too early.
class Cursor {
 public:
  /// `origin` is where `bytes` begin in the file, for messages.
  explicit Cursor(Bytes bytes, std::uint64_t origin = 0) : bytes_(bytes), origin_(origin) {}

  std::size_t at() const noexcept { return at_; }
  std::size_t left() const noexcept { return bytes_.size() - at_; }
  /// The place in the file.
  std::uint64_t place() const noexcept { return origin_ + at_; }

  Bytes take(std::uint64_t count) {
    if (count > left())
      corrupt(text(count, " bytes are expected at byte ", place(), ", where only ", left(), " are left"));
    const Bytes taken = bytes_.subspan(at_, static_cast<std::size_t>(count));
    at_ += taken.size();
    return taken;
  }

  template <class Number>
  Number number() {
    std::array<std::uint8_t, sizeof(Number)> bytes;
    std::ranges::copy(take(bytes.size()), bytes.begin());
    if constexpr (std::endian::native == std::endian::big) std::ranges::reverse(bytes);
    return std::bit_cast<Number>(bytes);
  }
  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }

  std::string_view text_of(std::uint64_t count) {
    const Bytes taken = take(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  /// Up to the next newline, which is taken but not returned.
  std::string_view line() {
    const void* end = left() == 0 ? nullptr : std::memchr(bytes_.data() + at_, '\n', left());
    if (end == nullptr) corrupt(text("a line that begins at byte ", place(), " has no end"));
    const auto size = static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - (bytes_.data() + at_));
    const std::string_view found = text_of(size);
    take(1);
    return found;
  }

 private:
  Bytes bytes_;
  std::uint64_t origin_;
  std::size_t at_ = 0;
};

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline bool starts_with(Bytes bytes, std::string_view beginning) {
  return as_text(bytes).starts_with(beginning);
}

}  // namespace mpq::checkpoint
