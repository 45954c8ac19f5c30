// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The wire format of Protocol Buffers, as far as reading needs it:
// https://protobuf.dev/programming-guides/encoding
#pragma once

#include <optional>

#include "checkpoint/cursor.h"

namespace mpq::checkpoint::protobuf {

/// One field of a message.
struct Field {
  std::uint32_t number = 0;
  bool is_bytes = false;    ///< else a number, of a varint or of 4 or 8 bytes
  std::uint64_t value = 0;  ///< the number's bits
  Bytes bytes;              ///< text, a message, or packed numbers
  std::uint64_t place = 0;  ///< of the value in the file
  std::size_t width = 0;    ///< bytes of a number of fixed size, 0 for a varint
};

/// A number of 7 bits a byte.
std::uint64_t varint(Cursor& cursor);

/// The fields of a message one after another. `budget` is counted down and shared by all messages of a file.
/// Throws Error(corrupt_data), Error(limit_exceeded) when the budget is used up.
class Message {
 public:
  Message(Bytes bytes, std::uint64_t place, std::size_t& budget) : cursor_(bytes, place), budget_(budget) {}
  Message(const Field& field, std::size_t& budget) : Message(field.bytes, field.place, budget) {}

  /// None at the end.
  std::optional<Field> next();

 private:
  Cursor cursor_;
  std::size_t& budget_;
};

}  // namespace mpq::checkpoint::protobuf
