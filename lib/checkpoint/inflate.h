// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Unpacks deflated bytes by zlib.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <span>

#include "checkpoint/cursor.h"

namespace mpq::checkpoint {

/// One run of bytes without a header of zlib's.
class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Fills `bytes`, or less where `packed` ends. Returns how many. Once only.
  std::size_t run(Bytes packed, std::span<std::uint8_t> bytes) {
    constexpr std::size_t most = std::numeric_limits<uInt>::max() / 2;  // zlib counts in 32 bits
    std::uint8_t nowhere = 0;  // zlib takes no null, even for nothing
    std::size_t made = 0;
    for (int status = Z_OK; status == Z_OK;) {
      const std::size_t in = std::min(packed.size() - taken_, most),
                        out = std::min(bytes.size() - made, most);
      stream_.next_in = const_cast<Bytef*>(packed.data() + taken_);
      stream_.avail_in = static_cast<uInt>(in);
      stream_.next_out = bytes.empty() ? &nowhere : bytes.data() + made;
      stream_.avail_out = static_cast<uInt>(out);
      status = inflate(&stream_, Z_NO_FLUSH);
      taken_ += in - stream_.avail_in;
      made += out - stream_.avail_out;
      at_end_ = status == Z_STREAM_END;
    }
    return made;
  }
  /// Whether the last run met the end that the packed bytes name.
  bool at_end() const { return at_end_; }
  /// Packed bytes used.
  std::size_t taken() const { return taken_; }

 private:
  z_stream stream_{};
  std::size_t taken_ = 0;
  bool at_end_ = false;
};

}  // namespace mpq::checkpoint
