// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Input: an OpusHead packet, taken as an audio packet too.
#include "codecs/opus/head.h"
#include "codecs/opus/packet.h"
#include "tests/support/fuzz.h"

namespace {

using mpq::test::Bytes;
using mpq::test::require;

void write_back(const mpq::opus::Head& head) {
  const auto bytes = mpq::opus::write_head(head);
  const mpq::opus::Head again = mpq::opus::parse_head(bytes);
  require(mpq::opus::write_head(again) == bytes, "a head that was read can be written and read again");
  require(again.channels == head.channels && again.pre_skip == head.pre_skip &&
              again.gain_q8 == head.gain_q8 && again.stream_count == head.stream_count &&
              again.coupled_count == head.coupled_count,
          "writing a head changes nothing");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  mpq::opus::Head head;
  if (mpq::test::answers([&] { head = mpq::opus::parse_head(bytes); })) write_back(head);
  for (const int rate : {48000, 24000, 16000, 12000, 8000}) {
    const auto samples = mpq::opus::packet_samples(bytes, rate);
    require(!samples || (*samples > 0 && *samples <= rate / 1000 * 120), "a packet plays at most 120 ms");
  }
  for (const int streams : {1, 2, 255})
    require(mpq::opus::compressed_bytes(bytes, streams) <= size, "a packet's frames are part of it");
  return 0;
}
