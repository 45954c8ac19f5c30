// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/protobuf.h"

namespace mpq::checkpoint::protobuf {

std::uint64_t varint(Cursor& cursor) {
  std::uint64_t number = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    const std::uint8_t byte = cursor.u8();
    if (shift == 63 && byte > 1) break;
    number |= std::uint64_t{byte & 127U} << shift;
    if (byte < 128) return number;
  }
  corrupt(text("a number before byte ", cursor.place(), " has more than 64 bits"));
}

std::optional<Field> Message::next() {
  if (cursor_.left() == 0) return std::nullopt;
  if (budget_ == 0) throw Error(ErrorCode::limit_exceeded, "its messages have too many fields");
  --budget_;
  const std::uint64_t key = varint(cursor_);
  if (key >> 3 == 0 || key >> 32 != 0)
    corrupt(text("a field before byte ", cursor_.place(), " has an impossible number"));
  Field field;
  field.number = static_cast<std::uint32_t>(key >> 3);
  const auto type = key & 7;
  const std::uint64_t size = type == 2 ? varint(cursor_) : 0;
  field.place = cursor_.place();
  field.is_bytes = type == 2;
  field.width = type == 1 ? 8 : type == 5 ? 4 : 0;
  if (type == 2)
    field.bytes = cursor_.take(size);
  else if (type == 0)
    field.value = varint(cursor_);
  else if (type == 1)
    field.value = cursor_.u64();
  else if (type == 5)
    field.value = cursor_.u32();
  else
    corrupt(text("a field before byte ", cursor_.place(), " is of an unknown kind"));
  return field;
}

}  // namespace mpq::checkpoint::protobuf
