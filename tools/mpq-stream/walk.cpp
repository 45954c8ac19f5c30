// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "walk.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/error.h"

namespace mpq::stream {
namespace {

constexpr std::size_t chunk = 1 << 20;

// The bytes that are at hand: they begin at offset() in the stream and grow by more().
class Window {
 public:
  explicit Window(std::istream& input) : input_(input) {}

  std::span<const std::uint8_t> bytes() const { return std::span(buffer_).subspan(begin_); }
  std::uint64_t offset() const { return offset_; }
  void drop(std::size_t count) { begin_ += count, offset_ += count; }

  /// False at the stream's end.
  bool more() {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
    const std::size_t size = buffer_.size();
    buffer_.resize(size + chunk);
    input_.read(reinterpret_cast<char*>(buffer_.data()) + size, chunk);
    buffer_.resize(size + static_cast<std::size_t>(input_.gcount()));
    if (input_.bad()) throw Error(ErrorCode::io, "the stream cannot be read to its end");
    return buffer_.size() > size;
  }

 private:
  std::istream& input_;
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;
  std::uint64_t offset_ = 0;
};

Piece piece_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  Piece piece{.kind = Piece::Kind::frame, .offset = offset, .length = bytes.size(), .frame = {}, .cause = {}};
  try {
    piece.frame = read(bytes);
  } catch (const Error& error) {
    piece.kind = Piece::Kind::damage;
    piece.cause = error.what();
  }
  return piece;
}

}  // namespace

void walk(std::istream& input, const std::function<void(const Piece&)>& use) {
  Window window(input);
  FrameScanner scanner;
  Piece garbage;
  const auto finish_garbage = [&] {
    if (garbage.length > 0) use(garbage);
    garbage.length = 0;
  };
  for (bool at_end = false;;) {
    if (const std::size_t other = find_start(window.bytes()); other > 0) {
      if (garbage.length == 0) garbage.offset = window.offset();
      garbage.length += other;
      window.drop(other);
      scanner.reset();
    }
    auto length = scanner.length(window.bytes());
    if (!length && !at_end) {
      at_end = !window.more();
      continue;
    }
    if (!length && window.bytes().empty()) return finish_garbage();
    finish_garbage();
    const auto bytes = window.bytes().first(length.value_or(window.bytes().size()));
    use(piece_at(window.offset(), bytes));
    window.drop(bytes.size());
    scanner.reset();
  }
}

}  // namespace mpq::stream
