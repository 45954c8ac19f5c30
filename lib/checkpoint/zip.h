// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Reads zip archives: those of PyTorch and NumPy, with members stored or deflated, 64-bit sizes too.
#pragma once

#include <atomic>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "checkpoint/contents.h"
#include "checkpoint/cursor.h"

namespace mpq::checkpoint {

struct ZipMember {
  std::string name;
  std::uint64_t size = 0;  ///< unpacked
  std::uint64_t packed_size = 0;
  std::uint32_t crc = 0;
  bool deflated = false;
  std::uint64_t place = 0;                    ///< of the data in the file
  mutable std::atomic<bool> checked = false;  ///< the data fit the CRC
};

/// The archive. Members do not overlap, lie within the file, and their two headers agree.
class Zip {
 public:
  /// Reads the directory. Throws Error(corrupt_data, unsupported, limit_exceeded).
  explicit Zip(Source source);

  const std::deque<ZipMember>& members() const { return members_; }
  const ZipMember* find(std::string_view name) const;

  /// A member's bytes: in place where it is stored. Checks the CRC the first time.
  /// Throws Error(corrupt_data). Any thread.
  Data read(const ZipMember& member) const;
  /// Its first bytes, at most `count`, without a check.
  Data read_head(const ZipMember& member, std::size_t count) const;

 private:
  Bytes packed(const ZipMember& member) const;
  void read_member(Cursor& directory);
  void find_data(ZipMember& member, std::uint64_t header, std::uint64_t limit);

  Source source_;
  std::deque<ZipMember> members_;
  std::unordered_map<std::string_view, const ZipMember*> by_name_;
};

}  // namespace mpq::checkpoint
