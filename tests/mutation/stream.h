// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A coded stream outside of any pipeline, and damage to it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "support/mutate.h"

namespace mpq::test {

using Data = std::vector<std::uint8_t>;

/// What goes into a pipeline: a whole file as one packet, or the packets that an encoder made.
struct Stream {
  Data header;  ///< the first packet of the caps' stream header; empty where there is none
  std::vector<Data> packets;
};

/// What may be done to a stream.
enum class Framing {
  file,  ///< one packet, any bytes of it
  ogg,   ///< likewise; the pages' checksums are mostly put right, or damage would get no further than these
  packets,  ///< each packet and the header; packets are also lost, doubled, exchanged
};

Stream damaged(const Stream& clean, Framing framing, std::uint32_t seed);

/// A stream as the bytes of one file: a file as it is; packets each after its length (16 bits, low byte
/// first), the header first.
Data pack(const Stream& stream, Framing framing);
Stream unpack(const Data& bytes, Framing framing);

/// Writes the checksum (RFC 3533) of every page that is whole.
void fix_ogg_checksums(Data* bytes);

}  // namespace mpq::test
