// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Where a frame ends in a run of bytes that may be damaged. One CRC runs over all bytes; that of any piece
// follows from its values at both ends, so that every place that looks like the start of a frame can be
// checked without reading its bytes again.
#include <zlib.h>

#include <algorithm>

#include "stream/frame.h"
#include "stream/framing.h"

namespace mpq::stream {
namespace {

// Sound streams have one at a time, damaged ones a few; only hostile ones lose frames by this limit.
constexpr std::size_t max_pending = 64;

std::uint32_t combine(std::uint32_t first, std::uint32_t second, std::size_t second_length) {
  return static_cast<std::uint32_t>(crc32_combine(first, second, static_cast<z_off_t>(second_length)));
}

}  // namespace

void FrameScanner::hash_up_to(Bytes bytes, std::size_t end) {
  crc_ = crc32(bytes.first(end).subspan(hashed_), crc_);
  hashed_ = end;
}

// `start` begins a prefix, which is whole.
void FrameScanner::add_candidate(Bytes bytes, std::size_t start) {
  const Bytes prefix = bytes.subspan(start, prefix_bytes);
  searched_ = start + 1;
  if (pending_.size() >= max_pending) return;
  hash_up_to(bytes, start + prefix_bytes);
  pending_.push_back({start, start + *declared_length(prefix), crc_ ^ crc32(prefix)});
}

// combine() is linear, and so takes what came before the candidate out of crc_ and puts its prefix in. The
// CRC of a whole frame with its stored CRC is the latter continued by its own four bytes.
bool FrameScanner::is_whole(Bytes bytes, const Candidate& candidate) const {
  const std::size_t behind_prefix = candidate.end - candidate.start - prefix_bytes;
  const Bytes stored = bytes.subspan(candidate.end - crc_bytes, crc_bytes);
  const auto expected = crc32(stored, static_cast<std::uint32_t>(big_endian(stored)));
  return combine(candidate.seed, crc_, behind_prefix) == expected;
}

// Where a damaged first frame is given up, knowing the bytes up to hashed_: at the first place that may still
// turn out to be a frame. Bytes behind that place are read again, so it must not be in the first half of what
// was read, for the sake of linear time; nothing until then.
std::optional<std::size_t> FrameScanner::give_up(Bytes bytes) const {
  const std::size_t tail = hashed_ - prefix_bytes;
  std::size_t next = tail + find_start(bytes.first(hashed_).subspan(tail));
  if (!pending_.empty()) next = std::min(next, pending_.front().start);
  return next >= hashed_ / 2 ? std::optional(next) : std::nullopt;
}

std::optional<std::size_t> FrameScanner::take_end(Bytes bytes, std::vector<Candidate>::iterator candidate) {
  const Candidate ended = *candidate;
  hash_up_to(bytes, ended.end);
  if (is_whole(bytes, ended)) return ended.start == 0 ? ended.end : ended.start;
  pending_.erase(candidate);
  damaged_ = damaged_ || ended.start == 0;
  return damaged_ ? give_up(bytes) : std::nullopt;
}

std::optional<std::size_t> FrameScanner::length(Bytes bytes) {
  if (!declared_length(bytes)) return {};
  // Starts and ends in the order in which they become known, so that pieces do not matter.
  for (;;) {
    searched_ += find_start(bytes.subspan(searched_));
    const std::size_t known = searched_ + prefix_bytes;
    const auto by_end = [](const Candidate& a, const Candidate& b) { return a.end < b.end; };
    const auto first = std::min_element(pending_.begin(), pending_.end(), by_end);
    if (first != pending_.end() && first->end <= std::min(known, bytes.size())) {
      if (const auto found = take_end(bytes, first)) return found;
    } else if (known <= bytes.size()) {
      add_candidate(bytes, searched_);
    } else {
      return {};
    }
  }
}

}  // namespace mpq::stream
